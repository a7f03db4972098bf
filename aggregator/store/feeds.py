"""Feeds in SQLite: what is subscribed, who is due, what the last answer was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from sqlite3 import Connection

from aggregator.models import Feed, FeedInfo, Plan, Validators
from aggregator.settings import Subscription
from aggregator.store import rows
from aggregator.store.rows import to_text

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


def ids(db: Connection) -> dict[str, int]:
    """The number of each feed by its address."""
    return {row["url"]: row["id"] for row in db.execute("SELECT id, url FROM feeds")}


def dropped(db: Connection) -> frozenset[int]:
    """Feeds that feeds.yaml does not list any more."""
    return frozenset(row["id"] for row in db.execute("SELECT id FROM feeds WHERE subscribed = 0"))


def subscribed(db: Connection) -> tuple[Feed, ...]:
    found = db.execute(f"{_SELECT} WHERE subscribed = 1 ORDER BY position")
    return tuple(rows.feed(row) for row in found)


def counts(db: Connection) -> dict[int, int]:
    """How many entries are kept of each feed."""
    return dict(db.execute("SELECT feed_id, count(*) FROM entries GROUP BY feed_id").fetchall())


def due(db: Connection, now: datetime) -> tuple[Feed, ...]:
    """Feeds to poll now, the most overdue first; new ones before all, in the order of feeds.yaml."""
    found = db.execute(
        f"{_SELECT} WHERE subscribed = 1 AND (next_poll IS NULL OR next_poll <= ?)"
        " ORDER BY next_poll IS NOT NULL, next_poll, position",
        (to_text(now),),
    )
    return tuple(rows.feed(row) for row in found)


def attempted(db: Connection, feed_id: int, now: datetime) -> None:
    db.execute("UPDATE feeds SET last_attempt = ? WHERE id = ?", (to_text(now), feed_id))


def planned(db: Connection, feed_id: int, plan: Plan) -> None:
    db.execute(
        "UPDATE feeds SET status = ?, last_error = ?, next_poll = ?, next_reason = ?, failures = ? WHERE id = ?",
        (plan.status, plan.last_error, to_text(plan.next_poll), plan.reason, plan.failures, feed_id),
    )


def answered(
    db: Connection, feed_id: int, validators: Validators, url: str, body_hash: str | None, now: datetime
) -> None:
    """Remembers a 200 that was read or a 304; a 304 leaves the hash of the body as it was."""
    row = rows.validators_to_row(validators)
    db.execute(
        "UPDATE feeds SET etag = ?, last_modified = ?, validators_url = ?, body_hash = coalesce(?, body_hash),"
        " last_success = ?, first_success = coalesce(first_success, ?) WHERE id = ?",
        (row["etag"], row["last_modified"], url, body_hash, to_text(now), to_text(now), feed_id),
    )


def described(db: Connection, feed_id: int, info: FeedInfo, now: datetime) -> None:
    """Remembers what a document said of its feed."""
    row = rows.info_to_row(info)
    columns = ", ".join(f"{column} = ?" for column in row)
    db.execute(
        f"UPDATE feeds SET {columns}, last_document = ? WHERE id = ?",
        (*row.values(), to_text(now), feed_id),
    )


def host_pauses(db: Connection, now: datetime) -> dict[str, datetime]:
    found = db.execute("SELECT host, paused_until FROM hosts WHERE paused_until > ?", (to_text(now),))
    return {row["host"]: rows.to_time(row["paused_until"]) for row in found}


def pause_host(db: Connection, host: str, until: datetime, reason: str) -> None:
    db.execute(
        "INSERT INTO hosts (host, paused_until, reason) VALUES (?, ?, ?) ON CONFLICT (host) DO UPDATE SET"
        " paused_until = max(paused_until, excluded.paused_until), reason = excluded.reason",
        (host, to_text(until), reason),
    )
