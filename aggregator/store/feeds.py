"""Feeds in SQLite: what is subscribed, who is due, what the last answer was."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from aggregator.models import Feed, FeedInfo, Move, Plan, PollNote, Validators
from aggregator.settings import Subscription
from aggregator.store import rows
from aggregator.store.rows import to_text

_NOTES = 30  # polls remembered of each feed
_SELECT = f"SELECT {', '.join(rows.FEED_COLUMNS)} FROM feeds"


def sync(db: Connection, subscriptions: Iterable[Subscription], now: datetime) -> None:
    """Makes `feeds` mirror feeds.yaml. What a feed that was dropped has told stays until retention takes it."""
    wanted = {
        sub.url: (sub.name, rows.dumps(sub.tags) if sub.tags else "[]", sub.priority, position)
        for position, sub in enumerate(subscriptions)
    }
    stored = {
        row["url"]: (
            row["id"],
            (row["name"], row["tags"], row["priority"], row["position"]),
            row["subscribed"],
        )
        for row in db.execute("SELECT id, url, name, tags, priority, position, subscribed FROM feeds")
    }
    _rename(db, wanted, stored)
    db.executemany(
        "INSERT INTO feeds (url, effective_url, name, tags, priority, position, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(url, url, *values, to_text(now)) for url, values in wanted.items() if url not in stored],
    )
    db.executemany(
        "UPDATE feeds SET name = ?, tags = ?, priority = ?, position = ?, subscribed = 1 WHERE url = ?",
        [
            (*values, url)
            for url, values in wanted.items()
            if url in stored and stored[url][1:] != (values, 1)
        ],
    )
    dropped = [(found[0],) for url, found in stored.items() if url not in wanted and found[2]]
    db.executemany("UPDATE feeds SET subscribed = 0 WHERE id = ?", dropped)


def _rename(db: Connection, wanted: Container[str], stored: dict[str, Any]) -> None:
    """Lets a feed whose new address was written into feeds.yaml, as `check` says, stay the feed that it is."""
    for row in db.execute("SELECT url, effective_url FROM feeds WHERE effective_url <> url").fetchall():
        old, new = row["url"], row["effective_url"]
        if new in wanted and new not in stored and old not in wanted:
            db.execute("UPDATE feeds SET url = ? WHERE url = ?", (new, old))
            stored[new] = stored.pop(old)


def ids(db: Connection) -> dict[str, int]:
    """The number of each feed by its address."""
    return {row["url"]: row["id"] for row in db.execute("SELECT id, url FROM feeds")}


def dropped(db: Connection) -> frozenset[int]:
    """Feeds that feeds.yaml does not list any more."""
    return frozenset(row["id"] for row in db.execute("SELECT id FROM feeds WHERE subscribed = 0"))


def subscribed(db: Connection) -> tuple[Feed, ...]:
    found = db.execute(f"{_SELECT} WHERE subscribed = 1 ORDER BY position")
    return tuple(rows.feed(row) for row in found)


def every(db: Connection) -> tuple[Feed, ...]:
    """All feeds of which something is kept, also those that feeds.yaml does not list any more."""
    return tuple(rows.feed(row) for row in db.execute(_SELECT))


def counts(db: Connection) -> dict[int, int]:
    """How many entries are kept of each feed."""
    return dict(db.execute("SELECT feed_id, count(*) FROM entries GROUP BY feed_id").fetchall())


def due(db: Connection, now: datetime) -> tuple[Feed, ...]:
    """Feeds to poll now, the most overdue first; new ones before all, in the order of feeds.yaml.

    Of those put off together, first the ones not tried yet: so a row of dead hosts cannot look like the lack
    of a network twice.
    """
    found = db.execute(
        f"{_SELECT} WHERE subscribed = 1 AND (next_poll IS NULL OR next_poll <= ?)"
        " ORDER BY next_poll IS NOT NULL, next_poll, last_attempt, position",
        (to_text(now),),
    )
    return tuple(rows.feed(row) for row in found)


def attempted(db: Connection, feed: Feed, now: datetime, again: datetime) -> bool:
    """Notes that the feed is about to be asked, and when it may be again should no answer ever be kept.

    False where another process has asked it since `feed` was read.
    """
    done = db.execute(
        "UPDATE feeds SET last_attempt = ?, next_poll = ? WHERE id = ? AND last_attempt IS ?",
        (to_text(now), to_text(again), feed.id, rows.maybe_text(feed.last_attempt)),
    )
    return done.rowcount == 1


def planned(db: Connection, feed_id: int, plan: Plan) -> None:
    db.execute(
        "UPDATE feeds SET status = ?, last_error = ?, next_poll = ?, next_reason = ?, next_steps = ?,"
        " failures = ?, failing_since = ? WHERE id = ?",
        (
            plan.status,
            plan.last_error,
            to_text(plan.next_poll),
            plan.reason,
            rows.dumps(plan.steps),
            plan.failures,
            rows.maybe_text(plan.failing_since),
            feed_id,
        ),
    )


def noted(db: Connection, feed_id: int, note: PollNote) -> None:
    """Adds to the history of the feed's polls, and drops its oldest."""
    db.execute(
        "INSERT OR REPLACE INTO polls (feed_id, at, status, words, reason) VALUES (?, ?, ?, ?, ?)",
        (feed_id, to_text(note.at), note.status, note.words, note.reason),
    )
    db.execute(
        "DELETE FROM polls WHERE feed_id = :feed AND at <= (SELECT at FROM polls WHERE feed_id = :feed"
        " ORDER BY at DESC LIMIT 1 OFFSET :keep)",
        {"feed": feed_id, "keep": _NOTES},
    )


def history(db: Connection, feed_id: int) -> tuple[PollNote, ...]:
    """What is remembered of the feed's polls, the newest first."""
    found = db.execute(
        "SELECT at, status, words, reason FROM polls WHERE feed_id = ? ORDER BY at DESC", (feed_id,)
    )
    return tuple(
        PollNote(rows.to_time(row["at"]), row["status"], row["words"], row["reason"]) for row in found
    )


def enable(db: Connection, feed_id: int) -> None:
    """Lets a feed be asked again that was gone, or that waits: as soon as may be, where feeds.yaml says."""
    db.execute(
        "UPDATE feeds SET effective_url = url, status = 'new', last_error = NULL, next_poll = NULL, next_reason = 'enabled by hand',"
        " next_steps = '[]', failures = 0, failing_since = NULL WHERE id = ?",
        (feed_id,),
    )


def moved(db: Connection, feed_id: int, move: Move | None) -> None:
    """Remembers where redirects lead; once that is confirmed, the feed is asked there."""
    if move is not None and move.confirmed:
        db.execute("UPDATE feeds SET effective_url = ? WHERE id = ?", (move.url, feed_id))
        move = None
    db.execute(
        "UPDATE feeds SET moving_to = ?, moving_since = ?, moving_count = ? WHERE id = ?",
        (move.url, to_text(move.since), move.count, feed_id) if move else (None, None, 0, feed_id),
    )


def dates(db: Connection, feed_id: int, limit: int) -> tuple[datetime, ...]:
    """When the feed's newest entries were published, the newest first."""
    found = db.execute(
        "SELECT published FROM entries WHERE feed_id = ? ORDER BY published DESC LIMIT ?", (feed_id, limit)
    )
    return tuple(rows.to_time(row["published"]) for row in found)


def answered(
    db: Connection,
    feed_id: int,
    validators: Validators,
    url: str,
    body_hash: str | None,
    now: datetime,
    full: bool = False,
) -> None:
    """Remembers a 200 that was read or a 304; where no body was read, its hash stays as it was.

    `full`: the whole document came, be it the same as before.
    """
    row = rows.validators_to_row(validators)
    db.execute(
        "UPDATE feeds SET etag = ?, last_modified = ?, validators_url = ?, body_hash = coalesce(?, body_hash),"
        " last_success = ?, first_success = coalesce(first_success, ?), last_full = coalesce(?, last_full)"
        " WHERE id = ?",
        (
            row["etag"],
            row["last_modified"],
            url,
            body_hash,
            to_text(now),
            to_text(now),
            to_text(now) if full else None,
            feed_id,
        ),
    )


def described(db: Connection, feed_id: int, info: FeedInfo, now: datetime) -> None:
    """Remembers what a document said of its feed."""
    row = rows.info_to_row(info)
    columns = ", ".join(f"{column} = ?" for column in row)
    db.execute(
        f"UPDATE feeds SET {columns}, last_document = ? WHERE id = ?",
        (*row.values(), to_text(now), feed_id),
    )


def refusals(db: Connection, host: str) -> int:
    """How often in a row the host has asked us to wait."""
    row = db.execute("SELECT refusals FROM hosts WHERE host = ?", (host,)).fetchone()
    return row["refusals"] if row else 0


def welcomed(db: Connection, host: str) -> None:
    """The host has answered as it should: its refusals are forgotten."""
    db.execute("DELETE FROM hosts WHERE host = ?", (host,))


def host_pauses(db: Connection, now: datetime) -> dict[str, datetime]:
    found = db.execute("SELECT host, paused_until FROM hosts WHERE paused_until > ?", (to_text(now),))
    return {row["host"]: rows.to_time(row["paused_until"]) for row in found}


def pause_host(db: Connection, host: str, until: datetime, reason: str) -> None:
    db.execute(
        "INSERT INTO hosts (host, paused_until, reason, refusals) VALUES (?, ?, ?, 1) ON CONFLICT (host)"
        " DO UPDATE SET paused_until = max(paused_until, excluded.paused_until), reason = excluded.reason,"
        " refusals = refusals + 1",
        (host, to_text(until), reason),
    )
