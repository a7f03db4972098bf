"""Entries in SQLite, reading: what the entries of a document could be of what is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

from aggregator.models import Entry, FeedTrait, KnownEntries, KnownEntry
from aggregator.store import rows
from aggregator.store.rows import dumps, to_text

# What the rules look at; `sightings` adds to it.
SELECT = """
SELECT e.id, e.feed_id, v.story_id, e.guid, e.guid_turn, e.global_id, e.link_key, e.title_key, e.title_strength, e.link,
       e.home, e.text_size, e.published, e.fingerprint, e.edits, s.settled,
       (s.entry_id = e.id OR s.first_entry_id = e.id) AS leads
FROM entries e JOIN sightings v ON v.entry_id = e.id JOIN stories s ON s.id = v.story_id
"""
_SHARED = """
    SELECT 1 FROM entries WHERE link_key IN (SELECT value FROM json_each(:links))
    UNION ALL SELECT 1 FROM entries WHERE title_key IN (SELECT value FROM json_each(:titles))
        AND published BETWEEN :earliest AND :latest
"""
_OF_FEED = (
    SELECT
    + """WHERE e.id IN (
    SELECT id FROM entries WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:guids))
    UNION SELECT id FROM entries WHERE +feed_id = :feed AND link_key IN (SELECT value FROM json_each(:links))
    UNION SELECT id FROM entries WHERE +feed_id = :feed AND title_key IN (SELECT value FROM json_each(:titles))
        AND published BETWEEN :earliest AND :latest
)"""
)
# Feeds that agree on their links or titles, all the same thousands, make the way by these keys the longer one.
_OF_FEED_IN_A_CROWD = (
    _OF_FEED.replace("+feed_id", "feed_id")
    .replace("AND link_key", "AND +link_key")
    .replace("AND title_key", "AND +title_key")
)
MOST_SHARING = 20_000  # entries that share a key with those of a document and are looked at, the first stored
_SHARING = f"""{SELECT} WHERE e.id IN (
    SELECT id FROM entries WHERE link_key IN (SELECT value FROM json_each(:links))
    UNION SELECT id FROM entries WHERE global_id IN (SELECT value FROM json_each(:ids))
    UNION SELECT id FROM entries WHERE title_key IN (SELECT value FROM json_each(:titles))
        AND published BETWEEN :earliest AND :latest
    ORDER BY id LIMIT {MOST_SHARING}
)"""


def learned(db: Connection, feed_id: int) -> frozenset[FeedTrait]:
    """All that the feed has taught about itself."""
    found = db.execute("SELECT fact, key FROM learned WHERE feed_id = ?", (feed_id,))
    return frozenset(FeedTrait(row["fact"], row["key"]) for row in found)


def learn(db: Connection, feed_id: int, facts: Sequence[FeedTrait], now: datetime) -> None:
    """Remembers what the feed taught; what is stored of it loses the keys that tell nothing any more."""
    db.executemany(
        "INSERT OR IGNORE INTO learned (feed_id, fact, key, learned_at) VALUES (?, ?, ?, ?)",
        [(feed_id, fact.fact, fact.key, to_text(now)) for fact in facts],
    )
    for fact, change in (
        ("shared-link", "UPDATE entries SET link_key = NULL WHERE link_key = ? AND feed_id = ?"),
        ("recurring-title", "UPDATE entries SET title_strength = 'none' WHERE title_key = ? AND feed_id = ?"),
    ):
        db.executemany(change, [(each.key, feed_id) for each in facts if each.fact == fact])


def known(db: Connection, feed_id: int, entries: Sequence[Entry], window: timedelta) -> KnownEntries:
    """Every stored entry of this feed that shares a key with one of `entries`, by indexed look-ups.

    `window`: how far from the document's dates a title can still match.
    """
    if not entries:
        return KnownEntries()
    asked = _keys(entries, window) | {
        "feed": feed_id,
        "guids": dumps(sorted({entry.guid for entry in entries})),
    }
    crowd = len(db.execute(f"{_SHARED} LIMIT {MOST_SHARING}", asked).fetchall())
    found = db.execute(_OF_FEED_IN_A_CROWD if crowd == MOST_SHARING else _OF_FEED, asked)
    forgotten = db.execute(
        "SELECT guid AS key FROM tombstones WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:guids))"
        " UNION SELECT link_key FROM tombstones WHERE feed_id = :feed"
        " AND link_key IN (SELECT value FROM json_each(:links))",
        asked,
    )
    return KnownEntries(
        tuple(rows.known_entry(row) for row in found), frozenset(row["key"] for row in forgotten)
    )


def sharing(
    db: Connection, entries: Sequence[Entry | KnownEntry], window: timedelta
) -> tuple[KnownEntry, ...]:
    """Stored entries of any feed that share a link, a worldwide id or a title with one of these."""
    return tuple(rows.known_entry(row) for row in db.execute(_SHARING, _keys(entries, window)))


def _keys(entries: Sequence[Entry | KnownEntry], window: timedelta) -> dict[str, Any]:
    dates = [entry.published for entry in entries]
    return {
        "links": dumps(sorted({entry.link_key for entry in entries if entry.link_key})),
        "ids": dumps(sorted({entry.global_id for entry in entries if entry.global_id})),
        "titles": dumps(sorted({e.title_key for e in entries if e.title_key and e.title_strength != "none"})),
        "earliest": to_text(min(dates) - window),
        "latest": to_text(max(dates) + window),
    }


def titled(db: Connection, feed_id: int, title_keys: Iterable[str], without: Iterable[int]) -> dict[str, int]:
    """Of these titles the newest entry of the feed that bears each, those in `without` apart."""
    found = db.execute(
        "SELECT title_key, max(id) AS id FROM entries WHERE feed_id = ? AND title_key IN"
        " (SELECT value FROM json_each(?)) AND id NOT IN (SELECT value FROM json_each(?)) GROUP BY title_key",
        (feed_id, dumps(sorted(set(title_keys))), dumps(list(without))),
    )
    return {row["title_key"]: row["id"] for row in found}


def newest(db: Connection, feed_id: int) -> datetime | None:
    """The date of the feed's newest entry."""
    row = db.execute("SELECT max(published) AS newest FROM entries WHERE feed_id = ?", (feed_id,)).fetchone()
    return rows.maybe_time(row["newest"])


def texts(db: Connection, entry_ids: Iterable[int]) -> dict[int, tuple[str | None, str]]:
    """Of each entry its title key and its content (the summary where it has none), to weigh an edit."""
    found = db.execute(
        "SELECT e.id, e.title_key, coalesce(c.html, e.summary) AS html FROM entries e"
        " LEFT JOIN contents c ON c.entry_id = e.id WHERE e.id IN (SELECT value FROM json_each(?))",
        (dumps(list(entry_ids)),),
    )
    return {row["id"]: (row["title_key"], row["html"]) for row in found}


def taken(db: Connection, atom_ids: Iterable[str]) -> frozenset[str]:
    """Which of these ids some story bears already."""
    found = db.execute(
        "SELECT atom_id FROM stories WHERE atom_id IN (SELECT value FROM json_each(?))",
        (dumps(list(atom_ids)),),
    )
    return frozenset(row["atom_id"] for row in found)


def sample(db: Connection, limit: int) -> Iterator[tuple[int, str, Entry]]:
    """Stored entries of subscribed feeds, those stored last first: each one's id, its feed's URL, and it itself."""
    found = db.execute(
        "SELECT e.*, f.url, coalesce(c.html, '') AS html FROM entries e CROSS JOIN feeds f ON f.id = e.feed_id"
        " LEFT JOIN contents c ON c.entry_id = e.id WHERE f.subscribed = 1 ORDER BY e.id DESC LIMIT ?",
        (limit,),
    )
    for row in found:
        yield row["id"], row["url"], rows.entry(row)
