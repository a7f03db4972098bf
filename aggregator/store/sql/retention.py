"""Forgets what its feed has not listed for long, in portions, and remembers that it was forgotten.

A wrong clock must not wipe the store, so no age is taken from the clock: an entry is as old as the time between
the poll that last listed it and the last successful poll of its feed. After a gap in polling, as when the program
was off for weeks or the clock has jumped, nothing is forgotten for a day; and a quarter of the store at most is
forgotten in a day.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from aggregator.records import dataclass
from aggregator.settings import Keep
from aggregator.store.sql import feed_states
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.rows import SET_META
from aggregator.store.sql.save import elect
from aggregator.store.sql.values import to_text, to_time

# Longer than the longest default retention, so that a feed that lists its whole history again brings no news.
REMEMBER = timedelta(days=400)
GAP = timedelta(days=30)  # without a successful poll
AFTER_GAP = timedelta(days=1)  # of polling, before anything is forgotten
A_DAY = timedelta(days=1)
SHARE, LEAST_SHARE = 4, 1_000  # a quarter of the store a day, or so many entries

_STATE = "retention"  # in `meta`

# An entry that stood in the last document read still stands there while the feed answers 304.
_UNLISTED = (
    "NOT coalesce(f.subscribed = 1 AND e.last_listed >= f.last_document AND f.last_success >= :dead, FALSE)"
)
# By its own feed's clock; of a feed that is no longer subscribed, or long dead, by that of the others.
_OLD = f"""
SELECT e.id, e.feed_id, e.guid, e.link_key FROM entries e JOIN feeds f ON f.id = e.feed_id
WHERE e.last_listed < :cutoff AND {_UNLISTED} AND (f.subscribed = 0 OR coalesce(f.last_success < :dead, TRUE)
  OR e.last_listed < strftime('%Y-%m-%dT%H:%M:%SZ', min(f.last_success, :now), :age))
ORDER BY e.last_listed, e.id LIMIT :limit
"""
_TOO_MANY = f"""
SELECT e.id, e.feed_id, e.guid, e.link_key FROM entries e JOIN feeds f ON f.id = e.feed_id
WHERE {_UNLISTED} ORDER BY e.last_listed, e.id LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class _State:
    """What the last run knew; times as in the store."""

    seen: str  # the newest successful poll
    gap_ended: str = ""  # the first successful poll after a gap
    day: str = ""  # since when `removed` counts
    removed: int = 0
    size: int = 0  # entries as that day began


def forget(db: Database, now: datetime, keep: Keep, limit: int) -> int:
    """Removes at most `limit` entries and the stories that nobody tells any more; how many entries."""
    newest = _newest_success(db, now)
    if newest is None:
        return 0
    db.execute("DELETE FROM tombstones WHERE removed_at < ?", (to_text(newest - REMEMBER),))
    state = _observe(_load(db), newest)
    if state.gap_ended and newest - to_time(state.gap_ended) < AFTER_GAP:
        _save(db, state)
        return 0
    if not state.size:
        state = replace(state, size=feed_states.total_entries(db) + state.removed)
    old = _choose(db, now, newest, keep, min(limit, _budget(state)))
    if old:
        _remove(db, old, to_text(newest))
    _save(db, replace(state, gap_ended="", removed=state.removed + len(old)))
    return len(old)


def _newest_success(db: Database, now: datetime) -> datetime | None:
    """When a poll last succeeded. A time that lies ahead of the clock is a clock's error and does not count."""
    row = db.execute(
        "SELECT max(last_success) AS newest FROM feeds WHERE last_success <= ?", (to_text(now),)
    ).fetchone()
    return to_time(row["newest"]) if row["newest"] else None


def _observe(state: _State | None, newest: datetime) -> _State:
    at = to_text(newest)
    if state is None:
        return _State(seen=at, day=at)
    if newest - to_time(state.seen) > GAP:
        state = replace(state, gap_ended=at)
    elif newest < to_time(state.seen):  # the clock was ahead before
        state = replace(state, gap_ended="")
    if not timedelta(0) <= newest - to_time(state.day or at) < A_DAY or not state.day:
        state = replace(state, day=at, removed=0, size=0)
    return replace(state, seen=at)


def _budget(state: _State) -> int:
    return max(0, max(LEAST_SHARE, state.size // SHARE) - state.removed)


def _choose(db: Database, now: datetime, newest: datetime, keep: Keep, limit: int) -> list[Row]:
    age = timedelta(days=keep.days)
    values = {
        "now": to_text(now),
        "cutoff": to_text(newest - age),
        "dead": to_text(newest - age - REMEMBER),
        "age": f"-{keep.days} days",
        "limit": limit,
    }
    old = db.execute(_OLD, values).fetchall()
    if old or not keep.entries:
        return old
    values["limit"] = max(0, min(limit, feed_states.total_entries(db) - keep.entries))
    return db.execute(_TOO_MANY, values).fetchall() if values["limit"] else []


def _remove(db: Database, old: list[Row], removed_at: str) -> None:
    db.executemany(
        "DELETE FROM tombstones WHERE feed_id = ? AND guid = ?",
        [(row["feed_id"], row["guid"]) for row in old],
    )
    db.executemany(
        "INSERT INTO tombstones (feed_id, guid, link_key, removed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(row["feed_id"], row["guid"], row["link_key"], removed_at) for row in old],
    )
    chosen = json.dumps([row["id"] for row in old])
    told = db.execute(
        "SELECT DISTINCT story_id FROM sightings WHERE entry_id IN (SELECT value FROM json_each(?))",
        (chosen,),
    )
    touched = json.dumps(sorted(row["story_id"] for row in told))
    db.execute("DELETE FROM entries WHERE id IN (SELECT value FROM json_each(?))", (chosen,))
    left = db.execute(
        "SELECT story_id, min(entry_id) AS first FROM sightings WHERE story_id IN (SELECT value FROM json_each(?))"
        " GROUP BY story_id ORDER BY story_id",
        (touched,),
    ).fetchall()
    db.executemany(
        "UPDATE stories SET first_entry_id = ? WHERE id = ? AND first_entry_id NOT IN"
        " (SELECT entry_id FROM sightings WHERE story_id = stories.id)",
        [(row["first"], row["story_id"]) for row in left],
    )
    elect(db, [row["story_id"] for row in left])
    db.execute(
        "DELETE FROM stories WHERE id IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM sightings v WHERE v.story_id = stories.id)",
        (touched,),
    )


def _load(db: Database) -> _State | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_STATE,)).fetchone()
    return _State(**json.loads(row["value"])) if row else None


def _save(db: Database, state: _State) -> None:
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        " WHERE meta.value <> excluded.value",
        (_STATE, json.dumps(asdict(state))),
    )


# ---------------------------------------------------------------- what must go

_FOR_EVER = "9999-12-31T00:00:00Z"  # its tombstone is never forgotten
_REDACTIONS, _LAST_REDACTION = "redactions", "last redaction"  # in `meta`


def redact(db: Database, entry_ids: Sequence[int], atom_ids: Sequence[str], now: datetime) -> None:
    """Removes entries for good, and the stories that nobody else tells."""
    from uuid import uuid4

    chosen = json.dumps(list(entry_ids))
    rows = db.execute(
        "SELECT id, feed_id, guid, link_key FROM entries WHERE id IN (SELECT value FROM json_each(?))",
        (chosen,),
    ).fetchall()
    told = db.execute(
        "SELECT DISTINCT s.id, s.atom_id FROM sightings v JOIN stories s ON s.id = v.story_id"
        " WHERE v.entry_id IN (SELECT value FROM json_each(?)) AND s.first_published IS NOT NULL",
        (chosen,),
    ).fetchall()
    _remove(db, rows, _FOR_EVER)
    left = {
        row["id"]
        for row in db.execute(
            "SELECT id FROM stories WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([row["id"] for row in told]),),
        )
    }
    gone = [*(row["atom_id"] for row in told if row["id"] not in left), *atom_ids]
    known = dict(redactions(db))
    found = {atom_id: to_text(when) for atom_id, when in known.items()} | {
        atom_id: to_text(now) for atom_id in gone if atom_id not in known
    }
    db.execute(SET_META, (_REDACTIONS, json.dumps(found)))
    db.execute(SET_META, (_LAST_REDACTION, uuid4().hex))


def last_redaction(db: Database) -> str:
    """What tells the last redaction from any other; "" before the first."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_LAST_REDACTION,)).fetchone()
    return str(row["value"]) if row else ""


def redactions(db: Database) -> tuple[tuple[str, datetime], ...]:
    """The Atom ids of published stories that were taken out, and when; the newest first."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_REDACTIONS,)).fetchone()
    found = json.loads(row["value"]) if row else {}
    return tuple(
        (atom_id, to_time(when)) for atom_id, when in sorted(found.items(), key=lambda i: i[1], reverse=True)
    )
