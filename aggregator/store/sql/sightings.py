"""Who tells what, in SQLite: a story with all its sightings, and every entry to group anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from aggregator.links import feed_name
from aggregator.models import RELATED_RULE, FeedTrait, Keyed, Placement, Sighting, StoredKeys
from aggregator.store.sql import rows, values
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.entries import SELECT
from aggregator.store.sql.save import place
from aggregator.store.sql.values import dumps, to_text, to_time

_SIGHTING = SELECT.replace(
    "SELECT ",
    "SELECT e.title, e.news, f.url AS feed_url, f.name, f.title AS feed_title, f.subscribed, f.priority, f.position, v.rule, v.key, v.decided_at,",
    1,
).replace("FROM entries e", "FROM entries e JOIN feeds f ON f.id = e.feed_id", 1)


def find_stories(db: Database, wanted: str, link_key: str | None) -> tuple[int, ...]:
    """Stories that `wanted` can mean: a story's number or Atom id, an entry's guid or link, or its link key."""
    found = db.execute(
        "SELECT id FROM stories WHERE id = :number OR atom_id = :text OR link = :text"
        " UNION SELECT v.story_id FROM sightings v JOIN entries e ON e.id = v.entry_id WHERE e.link_key = :key"
        # A guid is looked for in each feed, by the index that keeps it unique there.
        " UNION SELECT v.story_id FROM feeds f CROSS JOIN entries e ON e.feed_id = f.id AND e.guid = :text"
        " JOIN sightings v ON v.entry_id = e.id ORDER BY 1",
        {
            "number": int(wanted) if wanted.isdecimal() and len(wanted) < 18 else -1,
            "text": wanted,
            "key": link_key,
        },
    )
    return tuple(row["id"] for row in found)


def of_story(db: Database, story_id: int) -> tuple[Sighting, ...]:
    """The story's sightings, the first one first."""
    found = db.execute(
        f"{_SIGHTING} WHERE v.story_id = ? ORDER BY e.published, f.position, e.guid", (story_id,)
    )
    return tuple(_sighting(row) for row in found)


def of_entries(db: Database, entry_ids: Iterable[int]) -> tuple[Sighting, ...]:
    """The sightings that these entries are."""
    found = db.execute(
        f"{_SIGHTING} WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY e.published DESC, e.id",
        (dumps(list(entry_ids)),),
    )
    return tuple(_sighting(row) for row in found)


def related(db: Database, entry_ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """Entries that were noted as near one of these: by one of these and the other, the rule."""
    chosen = dumps(list(entry_ids))
    found = db.execute(
        "SELECT entry_id, other_id, rule FROM related WHERE entry_id IN (SELECT value FROM json_each(:ids)) AND rule <> :coverage"
        " UNION SELECT other_id, entry_id, rule FROM related WHERE other_id IN (SELECT value FROM json_each(:ids)) AND rule <> :coverage",
        {"ids": chosen, "coverage": RELATED_RULE},
    )
    return {(row["entry_id"], row["other_id"]): row["rule"] for row in found}


def stored_keys(db: Database, ids: Collection[int] | None = None) -> Iterator[StoredKeys]:
    """Every entry with what its keys are made of, one by one, or the entries with these ids; by id."""
    select = SELECT.replace("SELECT ", "SELECT e.title, e.authors, e.untitled, e.source, v.rule,", 1)
    some = "" if ids is None else "WHERE e.id IN (SELECT value FROM json_each(:ids))"
    for row in db.stream(f"{select} {some} ORDER BY e.id", {"ids": dumps(list(ids or ()))}):
        yield StoredKeys(
            rows.known_entry(row),
            row["link"],
            row["title"],
            values.people(row["authors"]),
            row["source"],
            bool(row["untitled"]),
            row["rule"],
        )


def every_trait(db: Database) -> dict[int, frozenset[FeedTrait]]:
    """The traits of each feed."""
    traits: dict[int, set[FeedTrait]] = {}
    for row in db.execute("SELECT feed_id, name, key FROM feed_traits"):
        traits.setdefault(row["feed_id"], set()).add(FeedTrait(row["name"], row["key"]))
    return {feed_id: frozenset(known) for feed_id, known in traits.items()}


def regroup(db: Database, keys: Sequence[Keyed], placements: Sequence[Placement], now: datetime) -> None:
    """Writes keys made anew and stories put together anew. What becomes a story of its own is no news."""
    db.executemany(
        "UPDATE entries SET link_key = ?, title_key = ?, title_strength = ?, home = ? WHERE id = ?",
        [
            (each.keys.link_key, each.keys.title_key, each.keys.title_strength, int(each.keys.home), each.id)
            for each in keys
        ],
    )
    place(db, placements, {}, now)
    db.execute(
        "UPDATE stories SET first_published = :now, position = published, is_published = 1"
        " WHERE created_at = :now AND first_published IS NULL AND publishable = 1",
        {"now": to_text(now)},
    )


def counts(db: Database) -> dict[str, int]:
    """How many sightings each rule decided."""
    return dict(
        db.execute("SELECT rule, count(*) FROM sightings GROUP BY rule ORDER BY 2 DESC, 1").fetchall()
    )


def _sighting(row: Row) -> Sighting:
    return Sighting(
        entry=rows.known_entry(row),
        title=row["title"],
        link=row["link"],
        feed=feed_name(row["name"], row["feed_title"], row["feed_url"]),
        feed_url=row["feed_url"],
        subscribed=bool(row["subscribed"]),
        priority=row["priority"],
        position=row["position"],
        date_reason=row["date_reason"],
        rule=row["rule"],
        key=row["key"],
        decided_at=to_time(row["decided_at"]),
        news=row["news"],
    )
