"""Entries in SQLite: what a document could be of what is known, and what it adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

from aggregator.models import Decision, Entry, Fact, Feed, Kept, Known
from aggregator.store import rows
from aggregator.store.rows import dumps, to_text

_KNOWN = """
SELECT e.id, e.feed_id, v.story_id, e.guid, e.guid_turn, e.link_key, e.title_key, e.title_strength, e.published,
       e.last_listed, e.fingerprint, (s.entry_id = e.id OR s.first_entry_id = e.id) AS leads
FROM entries e JOIN sightings v ON v.entry_id = e.id JOIN stories s ON s.id = v.story_id
WHERE e.id IN (
    SELECT id FROM entries WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:guids))
    UNION SELECT id FROM entries WHERE link_key IN (SELECT value FROM json_each(:links))
    UNION SELECT id FROM entries WHERE title_key IN (SELECT value FROM json_each(:titles))
        AND published BETWEEN :earliest AND :latest
)
"""


def learned(db: Connection, feed_id: int) -> frozenset[Fact]:
    """All that the feed has taught about itself."""
    found = db.execute("SELECT fact, key FROM learned WHERE feed_id = ?", (feed_id,))
    return frozenset(Fact(row["fact"], row["key"]) for row in found)


def learn(db: Connection, feed_id: int, facts: Sequence[Fact], now: datetime) -> None:
    """Remembers what a document taught about its feed."""
    db.executemany(
        "INSERT OR IGNORE INTO learned (feed_id, fact, key, learned_at) VALUES (?, ?, ?, ?)",
        [(feed_id, fact.fact, fact.key, to_text(now)) for fact in facts],
    )
    # A link that was learned as shared tells nothing of the entries that have it already either.
    db.executemany(
        "UPDATE entries SET link_key = NULL WHERE link_key = ? AND feed_id = ?",
        [(fact.key, feed_id) for fact in facts if fact.fact == "shared link"],
    )


def known(db: Connection, feed_id: int, entries: Iterable[Entry], window: timedelta) -> Known:
    """Every stored entry that shares a key with one of `entries`, by indexed look-ups.

    `window`: how far from the document's dates a title can still match.
    """
    entries = tuple(entries)
    if not entries:
        return Known()
    links = dumps(sorted({entry.link_key for entry in entries if entry.link_key}))
    guids = dumps(sorted({entry.guid for entry in entries}))
    dates = [entry.published for entry in entries]
    found = db.execute(
        _KNOWN,
        {
            "feed": feed_id,
            "guids": guids,
            "links": links,
            "titles": dumps(
                sorted({e.title_key for e in entries if e.title_key and e.title_strength != "none"})
            ),
            "earliest": to_text(min(dates) - window),
            "latest": to_text(max(dates) + window),
        },
    )
    forgotten = db.execute(
        "SELECT guid AS key FROM tombstones WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:guids))"
        " UNION SELECT link_key FROM tombstones WHERE feed_id = :feed"
        " AND link_key IN (SELECT value FROM json_each(:links))",
        {"feed": feed_id, "guids": guids, "links": links},
    )
    return Known(tuple(rows.known_entry(row) for row in found), frozenset(row["key"] for row in forgotten))


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


def keep(
    db: Connection, feed: Feed, decisions: Sequence[Decision], now: datetime, backfill: int | None
) -> Kept:
    """Writes what was decided. `backfill`: on a feed's first document, how many of its newest to publish."""
    by_action: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_action.setdefault(decision.action, []).append(decision)
    edited = by_action.get("edit", [])
    _edit(db, edited, now)
    _listed(db, [d.entry_id for d in edited + by_action.get("same", []) if d.entry_id], now)
    stories = _insert(db, feed, decisions, now, backfill)
    return Kept(new=len(by_action.get("new", [])), stories=stories, edited=len(edited))


def _listed(db: Connection, entry_ids: Sequence[int], now: datetime) -> None:
    db.executemany(
        "UPDATE entries SET last_listed = ? WHERE id = ?",
        [(to_text(now), entry_id) for entry_id in entry_ids],
    )


def _edit(db: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    if not decisions:
        return
    columns = ", ".join(f"{column} = :{column}" for column in rows.EDIT_COLUMNS)
    edits = [rows.entry_to_row(d.entry) | {"id": d.entry_id, "guid_turn": d.guid_turn} for d in decisions]
    db.executemany(
        f"UPDATE entries SET {columns}, guid_turn = :guid_turn, edits = edits + 1 WHERE id = :id",
        edits,
    )
    db.executemany(
        "INSERT INTO contents (entry_id, html) VALUES (?, ?)"
        " ON CONFLICT (entry_id) DO UPDATE SET html = excluded.html",
        [(d.entry_id, d.entry.content) for d in decisions],
    )
    db.executemany(
        "UPDATE stories SET title = ?, link = ?, updated = max(updated, coalesce(?, updated)) WHERE entry_id = ?",
        [(d.entry.title, d.entry.link, rows.maybe_text(d.revised), d.entry_id) for d in decisions],
    )


def _insert(
    db: Connection, feed: Feed, decisions: Sequence[Decision], now: datetime, backfill: int | None
) -> int:
    """New entries, their sightings and their stories; how many stories."""
    new = [(index, decision) for index, decision in enumerate(decisions) if decision.action == "new"]
    if not new:
        return 0
    entry_ids, story_ids = _numbers(db, "entries"), _numbers(db, "stories")
    entries: list[dict[str, Any]] = []
    contents: list[tuple[int, str]] = []
    sightings: list[tuple[int, int, str, str, str]] = []
    stories: list[dict[str, Any]] = []
    story_of: dict[int, int] = {}  # index in the document -> story
    joined: set[int] = set()
    at = to_text(now)
    for index, decision in new:
        entry_id = next(entry_ids)
        row = rows.entry_to_row(decision.entry)
        row |= {"id": entry_id, "feed_id": feed.id, "guid_turn": decision.guid_turn}
        row |= {"first_seen": at, "last_listed": at}
        entries.append(row)
        if decision.entry.content:
            contents.append((entry_id, decision.entry.content))
        story_id = decision.story_id
        if story_id is None and decision.joins is not None:
            story_id = story_of[decision.joins]
        if story_id is None:
            story_id = next(story_ids)
            stories.append(_story_row(story_id, entry_id, feed.id, decision, at, first=backfill is not None))
        else:
            joined.add(story_id)
        story_of[index] = story_id
        sightings.append((entry_id, story_id, decision.rule, decision.key, at))
    if backfill is not None:
        newest = sorted(stories, key=lambda story: (story["published"], -story["id"]), reverse=True)
        for story in newest[backfill:]:
            story["publishable"] = 0
    columns = rows.ENTRY_COLUMNS
    db.executemany(_insert_into("entries", columns), entries)
    db.executemany("INSERT INTO contents (entry_id, html) VALUES (?, ?)", contents)
    if stories:
        db.executemany(_insert_into("stories", list(stories[0])), stories)
    db.executemany(
        "INSERT INTO sightings (entry_id, story_id, rule, key, decided_at) VALUES (?, ?, ?, ?, ?)", sightings
    )
    elect(db, joined)
    return len(stories)


def _story_row(
    story_id: int, entry_id: int, feed_id: int, decision: Decision, at: str, first: bool
) -> dict[str, Any]:
    entry = decision.entry
    published = to_text(entry.published)
    return {
        "id": story_id,
        "atom_id": decision.atom_id,
        "entry_id": entry_id,
        "feed_id": feed_id,
        "first_entry_id": entry_id,
        "title": entry.title,
        "link": entry.link,
        "published": published,
        "updated": max(published, to_text(entry.updated)) if entry.updated else published,
        "created_at": at,
        "publishable": 1,
        # On a feed's first fetch a story takes the place of its own date; later it comes when it comes.
        "position": published if first else None,
    }


def elect(db: Connection, story_ids: Iterable[int]) -> None:
    """Lets the best sighting lend each story its title, link and content; id and date stay.

    The feed whose own site the link leads to, then the earliest, then the first in feeds.yaml; a feed that
    is not subscribed any more only where there is no other.
    """
    for story_id in sorted(story_ids):
        db.execute(
            "UPDATE stories SET (entry_id, feed_id, title, link) = ("
            "  SELECT e.id, e.feed_id, e.title, e.link FROM sightings v JOIN entries e ON e.id = v.entry_id"
            "  JOIN feeds f ON f.id = e.feed_id WHERE v.story_id = stories.id"
            "  ORDER BY f.subscribed DESC, e.home DESC, e.published, f.position, e.id LIMIT 1) WHERE id = ?",
            (story_id,),
        )


def _numbers(db: Connection, table: str) -> Iterator[int]:
    """The ids to come; SQLite keeps the count, so that none is ever given twice."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    number = row["seq"] if row else 0
    while True:
        number += 1
        yield number


def _insert_into(table: str, columns: Sequence[str]) -> str:
    names, values = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({values})"
