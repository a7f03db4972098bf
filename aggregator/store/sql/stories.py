"""Stories in SQL: what waits to be published, what was, and the newest of all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from aggregator.links import feed_name, without_credentials
from aggregator.models import Also, Related, Source, Story, StorySummary
from aggregator.store.sql import feed_states, related, rows, values
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.values import dumps, to_text, to_time
from aggregator.text import tag_key

_STORY = """
SELECT s.id, s.atom_id, s.title, s.link, s.published, s.updated, s.first_published, s.feed_id, s.entry_id,
       e.authors, e.tags, e.tag_keys, e.summary, e.enclosures, e.episode, e.image, e.language, e.untitled, coalesce(c.html, '') AS html
FROM stories s JOIN entries e ON e.id = s.entry_id LEFT JOIN contents c ON c.entry_id = e.id
"""


def publication_id(db: Database) -> str | None:
    """The merged feed's own id, once it was made."""
    row = db.execute("SELECT value FROM meta WHERE key = 'publication id'").fetchone()
    return None if row is None else str(row["value"])


def make_publication_id(db: Database) -> str:
    """Makes the id unless another process just has; it never changes."""
    from uuid import uuid4

    minted = f"urn:uuid:{uuid4()}"
    db.execute("INSERT INTO meta (key, value) VALUES ('publication id', ?) ON CONFLICT DO NOTHING", (minted,))
    return publication_id(db) or minted


def mark_changed(db: Database) -> None:
    """Notes that what PublishStore tells was changed. By chance, so that a copy that is restored is another store, too."""
    from uuid import uuid4

    db.execute(rows.SET_META, ("content version", uuid4().hex))


def content_version(db: Database) -> str:
    """Differs from an earlier one where that was changed.

    Feeds change with each poll; of them, the versions of what their readers see are compared.
    """
    from hashlib import blake2b  # late, as it takes longer than the newest stories

    row = db.execute("SELECT value FROM meta WHERE key = 'content version'").fetchone()
    shown = db.execute(
        "SELECT group_concat(feed.mark) AS marks FROM (SELECT id || ' ' || version AS mark FROM feeds"
        " WHERE subscribed = 1 ORDER BY position, id) AS feed"
    ).fetchone()
    digest = blake2b(row["value"].encode() if row else b"", digest_size=16)
    digest.update((shown["marks"] or "").encode())
    return digest.hexdigest()


def publish_pending(db: Database, now: datetime) -> int:
    """Publishes what waits; how many stories that is.

    Never earlier than what is published already, whatever the clock says: archives count on it.
    """
    last = db.execute(
        "SELECT max(first_published) AS at FROM stories WHERE first_published IS NOT NULL"
    ).fetchone()["at"]
    changed = db.execute(
        "UPDATE stories SET first_published = :now, is_published = 1, position = coalesce(position, :now)"
        " WHERE first_published IS NULL AND publishable = 1",
        {"now": max(to_text(now), last or "")},
    )
    return changed.rowcount


def any_pending(db: Database) -> bool:
    """Whether any story waits to be published."""
    pending = db.execute("SELECT 1 FROM stories WHERE first_published IS NULL AND publishable = 1 LIMIT 1")
    return pending.fetchone() is not None


def summaries(
    db: Database,
    since: datetime | None = None,
    before: datetime | None = None,
    feed_ids: Collection[int] | None = None,
    subscribed_only: bool = True,
) -> Iterator[StorySummary]:
    """Published stories of subscribed feeds, or of all, in the order of the merged feed, newest first, one by one.

    Of those that came at one moment, the one that stood first in its document, as feeds list the newest first.
    `since`, `before`: those with a position from then on, or before; `feed_ids`: of these feeds alone.
    """
    chosen = " AND s.position >= :since" if since else ""
    chosen += " AND s.position < :before" if before else ""
    chosen += " AND s.feed_id IN (SELECT value FROM json_each(:feeds))" if feed_ids is not None else ""
    subscribed = " JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1" if subscribed_only else ""
    found = db.stream(
        "SELECT s.id, s.feed_id, s.position, s.published, coalesce(length(CAST(c.html AS BLOB)), 0) AS size FROM stories s"
        f"{subscribed} JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL LEFT JOIN contents c ON c.entry_id = s.entry_id"
        f" WHERE s.first_published IS NOT NULL{chosen} ORDER BY s.position DESC, s.published DESC, s.id",
        {
            "since": values.maybe_text(since),
            "before": values.maybe_text(before),
            "feeds": dumps(sorted(feed_ids or ())),
        },
    )
    for story_id, feed_id, position, published, size in found:
        yield StorySummary(story_id, feed_id, to_time(position), size, published)


def published(db: Database, ids: Iterable[int]) -> list[int]:
    """Of these those of stories that are published: of subscribed feeds, and not blocked."""
    found = db.execute(
        "SELECT s.id FROM stories s JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1"
        " JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
        " WHERE s.id IN (SELECT value FROM json_each(?)) AND s.first_published IS NOT NULL",
        (dumps(list(ids)),),
    )
    return [row["id"] for row in found]


def load_stories(
    db: Database, ids: Iterable[int], every_source: tuple[Source, ...] | None = None
) -> tuple[Story, ...]:
    """The stories with these ids, in their order. `every_source`: all of them, if they were read before."""
    wanted = list(ids)
    chosen = dumps(wanted)
    tellers = db.execute(
        "SELECT v.story_id, e.feed_id, e.link, e.title FROM sightings v JOIN stories s ON s.id = v.story_id"
        " JOIN entries e ON e.id = v.entry_id JOIN feeds f ON f.id = e.feed_id AND f.subscribed = 1"
        " WHERE v.story_id IN (SELECT value FROM json_each(?)) AND e.id <> s.entry_id AND e.feed_id <> s.feed_id"
        " AND e.blocked IS NULL"
        " ORDER BY f.position, e.published, e.id",
        (chosen,),
    ).fetchall()
    linked = list(related.linked_stories(db, chosen))
    found = db.execute(f"{_STORY} WHERE s.id IN (SELECT value FROM json_each(?))", (chosen,)).fetchall()
    needed = {row["feed_id"] for row in (*tellers, *linked, *found)}
    by_feed = {source.feed_id: source for source in every_source or sources(db, ids=needed)}
    also: dict[int, list[Also]] = {}
    for row in tellers:
        also.setdefault(row["story_id"], []).append(Also(by_feed[row["feed_id"]], row["link"], row["title"]))
    near: dict[int, list[Related]] = {}
    for row in linked:
        near.setdefault(row["here"], []).append(
            Related(
                row["there"],
                by_feed[row["feed_id"]],
                row["link"],
                row["title"],
                tuple(row["words"].split(", ")),
                row["cosine"],
            )
        )
    by_id = {
        row["id"]: _story(row, by_feed, tuple(also.get(row["id"], ())), tuple(near.get(row["id"], ())))
        for row in found
    }
    return tuple(by_id[story_id] for story_id in wanted if story_id in by_id)


def latest(
    db: Database, limit: int, feed: str | None, tag: str | None, since: datetime | None
) -> tuple[Story, ...]:
    """The newest stories by their own date. `feed`: its URL, name, or part of its name; `tag`: any case.

    Of feeds in feeds.yaml: what a feed that was dropped has told stays in the store, but nobody lists it.
    """
    wanted_tag = None if tag is None else tag_key(tag)
    chosen = "EXISTS (SELECT 1 FROM feeds f WHERE f.id = e.feed_id AND f.subscribed = 1)"
    feeds, tagged = [], []
    if feed is not None or wanted_tag is not None:
        chosen = "e.feed_id IN (SELECT value FROM json_each(:feeds))"
        known = sources(db, subscribed_only=True)
        feeds = [source.feed_id for source in known if feed is None or _names(source, feed)]
        tagged = [source.feed_id for source in known if wanted_tag in {*map(tag_key, source.tags)}]
    found = db.execute(
        "SELECT s.id FROM stories s WHERE (CAST(:since AS TEXT) IS NULL OR s.published >= :since) AND EXISTS ("
        "  SELECT 1 FROM sightings v JOIN entries e ON e.id = v.entry_id WHERE v.story_id = s.id"
        f"  AND e.blocked IS NULL AND {chosen} AND (CAST(:tag AS TEXT) IS NULL"
        "    OR e.feed_id IN (SELECT value FROM json_each(:tagged))"
        "    OR EXISTS (SELECT 1 FROM json_each(e.tag_keys) WHERE value = :tag)))"
        " ORDER BY s.published DESC, s.id LIMIT :limit",
        {
            "since": values.maybe_text(since),
            "feeds": dumps(feeds),
            "tag": wanted_tag,
            "tagged": dumps(tagged),
            "limit": limit,
        },
    )
    return load_stories(db, [row["id"] for row in found])


def touched_by(db: Database, feed_ids: Iterable[int]) -> tuple[int, ...]:
    """Stories told by one of these feeds and by another one too."""
    found = db.execute(
        "SELECT DISTINCT v.story_id FROM entries e JOIN sightings v ON v.entry_id = e.id"
        " JOIN sightings other ON other.story_id = v.story_id AND other.entry_id <> v.entry_id"
        " WHERE e.feed_id IN (SELECT value FROM json_each(?))",
        (dumps(sorted(feed_ids)),),
    )
    return tuple(row["story_id"] for row in found)


def sources(
    db: Database, subscribed_only: bool = False, ids: Collection[int] | None = None
) -> tuple[Source, ...]:
    """Feeds as readers see them, in the order of feeds.yaml; those dropped from it come last. `ids`: these alone."""
    chosen = "" if ids is None else " AND f.id IN (SELECT value FROM json_each(:ids))"
    found = db.execute(
        "SELECT f.id, f.url, f.name, f.title, f.link, f.source_id, f.rights, f.language, f.icon, f.tags, f.status,"
        f" f.last_error, f.subscribed, {feed_states.UPDATED} AS newest {feed_states.EACH}"
        f" WHERE f.subscribed >= :least{chosen} ORDER BY f.subscribed DESC, f.position, f.id",
        {"least": int(subscribed_only), "ids": dumps(sorted(ids or ()))},
    )
    return tuple(
        rows.source(
            row,
            feed_name(row["name"], row["title"], row["url"]),
            without_credentials(row["url"]),
        )
        for row in found
    )


def _story(row: Row, by_feed: dict[int, Source], also: tuple[Also, ...], near: tuple[Related, ...]) -> Story:
    source = by_feed[row["feed_id"]]
    tags = values.texts(row["tags"])
    if source.tags:
        have = set(values.texts(row["tag_keys"]))
        tags += tuple(tag for tag in source.tags if tag_key(tag) not in have)
    return Story(
        id=row["id"],
        atom_id=row["atom_id"],
        title=row["title"],
        link=row["link"],
        published=to_time(row["published"]),
        updated=to_time(row["updated"]),
        first_published=values.maybe_time(row["first_published"]),
        source=source,
        authors=values.people(row["authors"]),
        tags=tags,
        summary=row["summary"],
        content=row["html"],
        enclosures=values.enclosures(row["enclosures"]),
        episode=values.episode(row["episode"]),
        image=row["image"],
        language=row["language"],
        untitled=bool(row["untitled"]),
        also=also,
        related=near,
    )


def _names(source: Source, wanted: str) -> bool:
    return wanted == source.url or wanted.casefold() in source.name.casefold()
