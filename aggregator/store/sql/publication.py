"""What the outputs are made of beyond the merged feed itself: tags, archives, the last thirty days, marks."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from aggregator.models import Archive, ArchiveList, StoryDates, StorySummary
from aggregator.store.interfaces import ShownArchive
from aggregator.store.sql import rows, values
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.values import to_text, to_time

# The newest stories, among which a tag is looked for with everybody who tells them; older ones are found by
# their own feed, since there may be any number.
RECENT = 2000
DAYS = 30

_RULES, _SHOWN = "archive_rules", "archive shown "  # in `meta`; a document's name follows the latter

_ORDER = "position DESC, published DESC, id"
_ORDER_S = "s.position DESC, s.published DESC, s.id"
_HEAD = "SELECT s.id, s.feed_id, s.position, s.published, coalesce(length(CAST(c.html AS BLOB)), 0) AS size"


def tagged(
    db: Database, feeds_of: Mapping[str, frozenset[int]], limit: int
) -> dict[str, tuple[StorySummary, ...]]:
    """Of each tag the published stories that have it, in the order of the merged feed: `limit` or more.

    `feeds_of`: the feeds with that tag in feeds.yaml, by tag key. A story has a tag where
    the entry that represents it does, or one of the feeds that tell it.
    """
    found: dict[str, dict[int, Row]] = {tag: {} for tag in feeds_of}
    for row in _recent(db):
        tellers = set(map(int, row["tellers"].split(",")))
        own = set(values.texts(row["tag_keys"]))
        for tag, feeds in feeds_of.items():
            if tag in own or not feeds.isdisjoint(tellers):
                found[tag][row["id"]] = row
    of_feed: dict[int, tuple[Row, ...]] = {}
    for tag, feeds in feeds_of.items():
        if len(found[tag]) < limit:
            for feed_id in sorted(feeds):
                if feed_id not in of_feed:
                    of_feed[feed_id] = tuple(_newest_of(db, feed_id, limit))
                found[tag] |= {row["id"]: row for row in of_feed[feed_id]}
    return {tag: _in_order(heads.values()) for tag, heads in found.items()}


def _recent(db: Database) -> Iterator[Row]:
    yield from db.execute(
        f"{_HEAD}, e.tag_keys, (SELECT group_concat(t.feed_id) FROM sightings v JOIN entries t ON t.id = v.entry_id"
        f" WHERE v.story_id = s.id) AS tellers FROM (SELECT * FROM stories WHERE first_published IS NOT NULL"
        f" ORDER BY {_ORDER} LIMIT {RECENT}) s JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1"
        " JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL LEFT JOIN contents c ON c.entry_id = s.entry_id"
    )


def _newest_of(db: Database, feed_id: int, limit: int) -> Iterator[Row]:
    yield from db.execute(
        f"{_HEAD} FROM stories s JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
        f" LEFT JOIN contents c ON c.entry_id = s.entry_id WHERE s.feed_id = ? AND s.first_published IS NOT NULL ORDER BY {_ORDER_S} LIMIT ?",
        (feed_id, limit),
    )


def stories_of_feed(db: Database, feed_id: int, limit: int) -> tuple[tuple[int, datetime], ...]:
    """The feed's published stories in the order of the merged feed: id, and when it was updated."""
    found = db.execute(
        "SELECT s.id, s.updated FROM stories s JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
        f" WHERE s.feed_id = ? AND s.first_published IS NOT NULL ORDER BY {_ORDER_S} LIMIT ?",
        (feed_id, limit),
    )
    return tuple((row["id"], to_time(row["updated"])) for row in found)


def arrivals(db: Database, limit: int) -> tuple[tuple[int, datetime], ...]:
    """Published stories of subscribed feeds by when they were first published, newest first: id and moment."""
    found = db.execute(
        "SELECT s.id, s.first_published FROM stories s JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1"
        " JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL WHERE s.first_published IS NOT NULL"
        " ORDER BY s.first_published DESC, s.id DESC LIMIT ?",
        (limit,),
    )
    return tuple((row["id"], to_time(row["first_published"])) for row in found)


def _in_order(found: Iterable[Row]) -> tuple[StorySummary, ...]:
    ordered = sorted(found, key=lambda row: row["id"])
    ordered.sort(key=lambda row: (row["position"], row["published"]), reverse=True)
    return tuple(
        StorySummary(row["id"], row["feed_id"], to_time(row["position"]), row["size"]) for row in ordered
    )


# ---------------------------------------------------------------- the archive


def archives(db: Database) -> ArchiveList:
    """The documents that are closed, oldest first, and the name of the open one."""
    found = db.execute(
        "SELECT a.name, a.stories, a.newest, a.last_id, a.updated, a.size, m.value AS shown FROM archives a"
        f" LEFT JOIN meta m ON m.key = '{_SHOWN}' || a.name ORDER BY a.newest, a.last_id"
    )
    closed = tuple(
        Archive(
            row["name"], row["stories"], to_time(row["newest"]), row["last_id"], to_time(row["updated"]), row["size"],
            row["shown"] or "",
        )
        for row in found
    )  # fmt: skip
    row = db.execute("SELECT value FROM meta WHERE key = 'open_archive'").fetchone()
    return ArchiveList(closed, str(row["value"]) if row else None)


def unarchived_stories(db: Database, last: Archive | None, limit: int) -> tuple[tuple[int, datetime], ...]:
    """Stories published after that document's newest, in the order in which they were: id and moment.

    Of subscribed feeds, and not blocked.
    """
    found = db.execute(
        "SELECT s.id, s.first_published FROM stories s JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
        " JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1"
        " WHERE s.first_published >= :when AND (s.first_published > :when OR s.id > :id)"
        " ORDER BY s.first_published, s.id LIMIT :limit",
        {"when": to_text(last.newest) if last else "", "id": last.last_id if last else 0, "limit": limit},
    )
    return tuple((row["id"], to_time(row["first_published"])) for row in found)


def close(db: Database, archive: Archive, entries: bytes, after: Archive | None) -> bool:
    """Freezes the document's entries; False where another process closed one after `after` first."""
    if last_closed(db) != (after and after.name):
        return False
    db.execute(
        "INSERT INTO archives (name, stories, newest, last_id, updated, size, entries) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            archive.name,
            archive.stories,
            to_text(archive.newest),
            archive.last_id,
            to_text(archive.updated),
            len(entries),
            zlib.compress(entries, 1),  # in a third of the time, and little larger
        ),
    )
    return True


def last_closed(db: Database) -> str | None:
    """The name of the newest closed document."""
    row = db.execute("SELECT name FROM archives ORDER BY newest DESC, last_id DESC LIMIT 1").fetchone()
    return str(row["name"]) if row else None


def name_open_archive(db: Database, name: str) -> None:
    db.execute(rows.SET_META, ("open_archive", name))


def rewrite(db: Database, archive: Archive, entries: bytes) -> None:
    """Replaces the entries of a closed document, and counts its stories anew."""
    db.execute(
        "UPDATE archives SET entries = ?, shown = NULL, size = ?, stories = ? WHERE name = ?",
        (zlib.compress(entries, 1), len(entries), archive.stories, archive.name),
    )
    _note_shown(db, archive.name, entries)
    db.execute("DELETE FROM meta WHERE key = ?", (_RULES,))


def archive_bytes(db: Database, name: str, whole: bool) -> bytes:
    """The entries of a closed document, as they are shown, or `whole`, as they were closed."""
    row = db.execute("SELECT entries, shown FROM archives WHERE name = ?", (name,)).fetchone()
    return zlib.decompress(row["entries"] if whole or row["shown"] is None else row["shown"])


def archive_rules(db: Database) -> str:
    """By which rules closed documents are shown."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_RULES,)).fetchone()
    return str(row["value"]) if row else ""


def show_archives(db: Database, rules: str, shown: Mapping[str, ShownArchive]) -> None:
    """Keeps how closed documents are shown by these rules."""
    for name, (stories, entries) in shown.items():
        whole = zlib.decompress(
            db.execute("SELECT entries FROM archives WHERE name = ?", (name,)).fetchone()["entries"]
        )
        db.execute(
            "UPDATE archives SET shown = ?, size = ?, stories = ? WHERE name = ?",
            (None if entries == whole else zlib.compress(entries, 1), len(entries), stories, name),
        )
        _note_shown(db, name, entries)
    db.execute(rows.SET_META, (_RULES, rules))


def _note_shown(db: Database, name: str, entries: bytes) -> None:
    from hashlib import blake2b  # late, as it takes longer than the newest stories

    db.execute(rows.SET_META, (f"{_SHOWN}{name}", blake2b(entries, digest_size=16).hexdigest()))


def published_feeds(db: Database, atom_ids: Collection[str]) -> dict[str, int | None]:
    """Of these those of stories that are kept, each with its feed, or None if it is not published any more."""
    found = db.execute(
        "SELECT s.atom_id, s.feed_id, CASE WHEN f.subscribed = 1 AND e.blocked IS NULL THEN 1 ELSE 0 END AS is_published FROM stories s"
        " JOIN feeds f ON f.id = s.feed_id JOIN entries e ON e.id = s.entry_id"
        " WHERE s.atom_id IN (SELECT value FROM json_each(?))",
        (values.dumps(list(atom_ids)),),
    )
    return {row["atom_id"]: row["feed_id"] if row["is_published"] else None for row in found}


# ---------------------------------------------------------------- the last thirty days, and marks


def daily_counts(
    db: Database, until: datetime, feed_ids: Collection[int] | None = None
) -> dict[int, tuple[int, ...]]:
    """How many entries each subscribed feed published a UTC day, oldest day first, up to that of `until`.

    `feed_ids`: of these, subscribed or not. Feeds without any are left out.
    """
    chosen = "f.subscribed = 1" if feed_ids is None else "f.id IN (SELECT value FROM json_each(:ids))"
    last = until.astimezone(UTC).date()
    days = [(last - timedelta(days=back)).isoformat() for back in reversed(range(DAYS))]
    # A row for each feed: one for each of its days would take longer to read than to count.
    found = db.execute(
        "SELECT f.id, (SELECT group_concat(day.name) FROM (SELECT substr(e.published, 1, 10) AS name FROM entries e"
        "  WHERE e.feed_id = f.id AND e.published >= :first AND e.published < :end) AS day) AS days"
        f" FROM feeds f WHERE {chosen}",
        {
            "first": days[0],
            "end": (last + timedelta(days=1)).isoformat(),
            "ids": values.dumps(sorted(feed_ids or ())),
        },
    )
    counts: dict[int, tuple[int, ...]] = {}
    for row in found:
        if row["days"]:
            number = Counter(row["days"].split(","))
            counts[row["id"]] = tuple(number[day] for day in days)
    return counts


def published_since(db: Database, since: datetime, after: int = 0) -> Iterator[StoryDates]:
    """Stories of subscribed feeds first published then or later, newest first; of that moment those `after` an id."""
    found = db.stream(
        "SELECT s.id, s.published, s.first_published FROM stories s JOIN feeds f ON f.id = s.feed_id AND f.subscribed = 1"
        " JOIN entries e ON e.id = s.entry_id AND e.blocked IS NULL"
        " WHERE s.first_published >= :since AND (s.first_published > :since OR s.id > :after)"
        # An expression, so that no index is read in this order to its end.
        " ORDER BY s.position || '' DESC, s.published DESC, s.id",
        {"since": to_text(since), "after": after},
    )
    for row in found:
        yield StoryDates(row["id"], to_time(row["published"]), to_time(row["first_published"]))


def read_cursor(db: Database, name: str) -> tuple[datetime, int] | None:
    """How far somebody has read: the newest story that he saw, by moment of publication and id."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (f"mark {name}",)).fetchone()
    if row is None:
        return None
    when, _, story_id = row["value"].partition(" ")
    return to_time(when), int(story_id)


def set_read_cursor(db: Database, name: str, when: datetime, story_id: int) -> None:
    db.execute(
        rows.SET_META,
        (f"mark {name}", f"{to_text(when)} {story_id}"),
    )
