"""Feeds in SQL: what is subscribed, who is due, what the last answer was."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from aggregator import links
from aggregator.errors import POLLED_SINCE, LeaseLost
from aggregator.models import (
    RECENT_DATES,
    Feed,
    FeedLine,
    HostBackoff,
    Move,
    Plan,
    PollNote,
    PollOutcome,
    Response,
)
from aggregator.settings import Subscription
from aggregator.store.sql import feed_states, rows
from aggregator.store.sql.database import Database, Row
from aggregator.store.sql.values import dumps, maybe_text, to_text, to_time

_COLUMNS = f"""{", ".join(rows.FEED_COLUMNS)}, (SELECT group_concat(published) FROM (
    SELECT published FROM entries WHERE feed_id = feeds.id ORDER BY published DESC LIMIT {RECENT_DATES}
) AS newest) AS recent_dates"""
_SELECT = f"SELECT {_COLUMNS} FROM feeds"
_WITH_ENTRIES = f"""SELECT {_COLUMNS}, coalesce(
    (SELECT entries FROM feed_states WHERE feed_id = feeds.id), (SELECT count(*) FROM entries WHERE feed_id = feeds.id)
) AS entries FROM feeds"""


_AHEAD = timedelta(hours=1)  # an attempt that lies further ahead was made by a wrong clock
_LONGEST_PAUSE = timedelta(days=8)  # longer than any that a host can ask for
_SHORT_PAUSE = timedelta(minutes=15)  # up to this, a host says how far apart requests should be ...
_SPACED = timedelta(days=1)  # ... and they are, for so long after it last refused one


def sync(db: Database, subscriptions: Iterable[Subscription], now: datetime) -> None:
    """Makes `feeds` mirror feeds.yaml. What a feed that was dropped has told stays until retention takes it."""
    wanted = {
        sub.url: (sub.name, dumps(sub.tags) if sub.tags else "[]", sub.priority, position)
        for position, sub in enumerate(subscriptions)
    }
    stored = {
        row["url"]: row
        for row in db.execute(
            "SELECT id, url, effective_url, name, tags, priority, position, subscribed, needs_settings FROM feeds"
        )
    }
    known_as = _renamed(wanted, stored)
    written = []
    for url, row in stored.items():
        mirrored = row["url"], row["name"], row["tags"], row["priority"], row["position"], row["subscribed"]
        now_as = known_as.get(url, url)
        values = (now_as, *wanted[now_as], 1) if now_as in wanted else (*mirrored[:-1], 0)
        if values != mirrored or row["needs_settings"]:
            written.append((*values, row["id"]))
    db.executemany(
        "INSERT INTO feeds (url, effective_url, host, name, tags, priority, position, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (url, url, links.host(url), *values, to_text(now))
            for url, values in wanted.items()
            if url not in stored and url not in known_as.values()
        ],
    )
    # All that is written of a feed in one statement, and the feeds in one order: see _by_id.
    db.executemany(
        "UPDATE feeds SET url = ?, name = ?, tags = ?, priority = ?, position = ?, subscribed = ?,"
        " next_poll = CASE WHEN needs_settings = 1 THEN NULL ELSE next_poll END, needs_settings = 0 WHERE id = ?",
        sorted(written, key=itemgetter(-1)),
    )


def _renamed(wanted: Container[str], stored: Mapping[str, Row]) -> dict[str, str]:
    """The new address of feeds of which it was written into feeds.yaml, as `check` says: each stays the feed that it is."""
    found: dict[str, str] = {}
    for old, row in stored.items():
        new = row["effective_url"]
        if new in wanted and new not in stored and old not in wanted and new not in found.values():
            found[old] = new
    return found


def without_host(db: Database) -> list[tuple[str, int]]:
    """The host and id of feeds whose host an older program did not store."""
    found = db.execute("SELECT id, effective_url FROM feeds WHERE host = ''").fetchall()
    return [(host, row["id"]) for row in found if (host := links.host(row["effective_url"]))]


def store_hosts(db: Database, hosts: Iterable[tuple[str, int]]) -> None:
    db.executemany("UPDATE feeds SET host = ? WHERE id = ?", hosts)


def ids(db: Database) -> dict[str, int]:
    """The number of each feed by its address."""
    return {row["url"]: row["id"] for row in db.execute("SELECT id, url FROM feeds")}


def ranks(db: Database) -> dict[int, tuple[int, int]]:
    """What of each feed decides whether its entries lead their stories, its place in feeds.yaml apart."""
    found = db.execute("SELECT id, subscribed, priority FROM feeds")
    return {row["id"]: (row["subscribed"], row["priority"]) for row in found}


def subscribed(db: Database, ids: Collection[int] | None) -> tuple[Feed, ...]:
    """The feeds of feeds.yaml, or those with these ids, each with how many entries are kept of it."""
    chosen = "" if ids is None else " AND id IN (SELECT value FROM json_each(:ids))"
    found = db.execute(
        f"{_WITH_ENTRIES} WHERE subscribed = 1{chosen} ORDER BY position", {"ids": dumps(list(ids or ()))}
    )
    return tuple(rows.feed(row, row["entries"]) for row in found)


def lines(db: Database) -> tuple[FeedLine, ...]:
    """Of the feeds of feeds.yaml what a list shows."""
    found = db.execute(
        "SELECT f.id, f.url, f.name, f.title, f.status, f.last_error, f.next_poll, f.next_reason, f.last_attempt,"
        f" f.last_success, f.failing_since, {feed_states.ENTRIES}, {feed_states.UPDATED} {feed_states.EACH}"
        " WHERE f.subscribed = 1 ORDER BY f.position"
    )
    return tuple(rows.feed_line(row) for row in found)


def every(db: Database) -> tuple[Feed, ...]:
    """All feeds of which something is kept, also those that feeds.yaml does not list any more."""
    return tuple(rows.feed(row) for row in db.execute(f"{_SELECT} ORDER BY id"))


def due(db: Database, now: datetime) -> tuple[Feed, ...]:
    """Feeds to poll now, the most overdue first; new ones before all, in the order of feeds.yaml.

    Of those put off together, first the ones not tried yet: so a row of dead hosts cannot look like the lack
    of a network twice. A feed whose last attempt lies ahead was planned by a wrong clock, and is due.
    """
    found = db.execute(
        f"{_SELECT} WHERE subscribed = 1 AND (next_poll IS NULL OR next_poll <= :now"
        " OR (last_attempt > :ahead AND status <> 'gone'))"
        " ORDER BY next_poll IS NOT NULL, next_poll, last_attempt NULLS FIRST, position",
        {"now": to_text(now), "ahead": to_text(now + _AHEAD)},
    )
    return tuple(rows.feed(row) for row in found)


def queue(db: Database, now: datetime, latest: datetime, limit: int) -> tuple[Feed, ...]:
    """The first of those due, less those whose host has a lease that holds; in the order of `due`.

    `latest`: until when a lease can hold that was not taken by a wrong clock.
    """
    found = db.execute(
        f"{_SELECT} WHERE id IN (SELECT id FROM (SELECT id FROM feeds WHERE subscribed = 1"
        " AND coalesce(next_poll, '') <= :now"
        " AND NOT EXISTS (SELECT 1 FROM leases WHERE name = 'host ' || feeds.host AND until > :now AND until <= :latest)"
        " ORDER BY coalesce(next_poll, ''), last_attempt NULLS FIRST, position LIMIT :limit) AS first)"
        " ORDER BY coalesce(next_poll, ''), last_attempt NULLS FIRST, position",
        {"now": to_text(now), "latest": to_text(latest), "limit": limit},
    )
    return tuple(rows.feed(row) for row in found)


def begin_polls(
    db: Database, polls: Sequence[tuple[Feed, str]], now: datetime, retry_if_crashed: datetime
) -> list[HostBackoff | None]:
    """How each feed's host stands; None where another process has polled the feed since it was read.

    Unless the host is paused, the attempt is noted before the request goes out.
    """
    noted = {
        "now": to_text(now),
        "longest": to_text(now + _LONGEST_PAUSE),
        "again": to_text(retry_if_crashed),
    }
    wanted = [
        noted | {"id": feed.id, "host": host, "before": feed.polls_begun}
        for feed, host in sorted(polls, key=_by_id)
    ]
    begun = db.execute_each(
        "UPDATE feeds SET last_attempt = :now, next_poll = :again, polls_begun = polls_begun + 1"
        " WHERE id = :id AND polls_begun = :before"
        " AND NOT EXISTS (SELECT 1 FROM hosts WHERE host = :host AND paused_until > :now AND paused_until < :longest)"
        " RETURNING (SELECT refusals FROM hosts WHERE host = :host) AS refusals,"
        " (SELECT spacing FROM hosts WHERE host = :host AND spaced_until > :now) AS spacing",
        wanted,
    )
    noted_of = {each["id"]: found for each, found in zip(wanted, begun, strict=True)}
    return [_begun(db, noted_of[feed.id], host, now) for feed, host in polls]


def _by_id(poll: tuple[Feed, str]) -> int:
    """The order in which rows are written, so that two processes never wait for each other."""
    return poll[0].id


def _begun(db: Database, begun: Sequence[Row], host: str, now: datetime) -> HostBackoff | None:
    if begun:
        return HostBackoff(begun[0]["refusals"] or 0, spacing=_spacing(begun[0]["spacing"]))
    backoff = host_backoff(db, host, now)
    return backoff if backoff.paused_until else None


def host_backoff(db: Database, host: str, now: datetime) -> HostBackoff:
    row = db.execute(
        "SELECT refusals, paused_until, CASE WHEN spaced_until > ? THEN spacing END AS spacing FROM hosts"
        " WHERE host = ?",
        (to_text(now), host),
    ).fetchone()
    if row is None:
        return HostBackoff()
    until = to_time(row["paused_until"])
    paused = now < until < now + _LONGEST_PAUSE
    return HostBackoff(row["refusals"], until if paused else None, _spacing(row["spacing"]))


def _spacing(seconds: int | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds else None


def save_poll(db: Database, outcome: PollOutcome) -> None:
    """Writes all that the poll changes of the feed itself, of its log and of its host."""
    if save_schedules(db, [outcome]):
        raise LeaseLost(POLLED_SINCE)
    if outcome.spaced_until is not None:
        db.execute(
            "UPDATE hosts SET paused_until = ?, refusals = 0 WHERE host = ?",
            (to_text(outcome.spaced_until), outcome.host),
        )
    elif outcome.clears_backoff:
        db.execute("DELETE FROM hosts WHERE host = ?", (outcome.host,))
    if outcome.plan.host_paused_until is not None:
        _pause_host(db, outcome)


def save_schedules(db: Database, outcomes: Sequence[PollOutcome]) -> frozenset[int]:
    """Writes what polls change of their feeds and their logs; the feeds where nothing is, as another poll was begun since."""
    written = _update(db, [(each.feed_id, _outcome_to_row(each), each.poll_number) for each in outcomes])
    _add_log(db, [(each.feed_id, each.note) for each in outcomes if each.feed_id in written])
    return frozenset(each.feed_id for each in outcomes) - written


def postpone(
    db: Database, plans: Mapping[int, Plan], note: PollNote | None, poll_numbers: Mapping[int, int]
) -> None:
    """Plans feeds that were not polled; `note` is added to the log of each."""
    written = _update(db, [(id, _plan_to_row(plan), poll_numbers.get(id)) for id, plan in plans.items()])
    if note is not None:
        _add_log(db, [(feed_id, note) for feed_id in plans if feed_id in written])


def _update(db: Database, changes: Iterable[tuple[int, dict[str, Any], int | None]]) -> set[int]:
    """Writes columns of feeds by id; which were: not those of which a poll was begun after the one with the number."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for feed_id, row, poll_number in sorted(changes, key=itemgetter(0)):
        columns = ", ".join(f"{column} = :{column}" for column in row)
        fence = "" if poll_number is None else " AND polls_begun = :poll_number"
        statement = f"UPDATE feeds SET {columns} WHERE id = :id{fence} RETURNING id"
        alike.setdefault(statement, []).append(row | {"id": feed_id, "poll_number": poll_number})
    found = (db.execute_each(statement, values) for statement, values in alike.items())
    return {row["id"] for each in found for given in each for row in given}


def _outcome_to_row(outcome: PollOutcome) -> dict[str, Any]:
    row = _plan_to_row(outcome.plan)
    if outcome.response is not None:
        row |= _response_to_row(outcome.response, outcome.at) | _move_to_row(outcome.move)
    if outcome.info is not None:
        row |= rows.info_to_row(outcome.info) | {"last_document": to_text(outcome.at)}
    return row


def _plan_to_row(plan: Plan) -> dict[str, Any]:
    return {
        "status": plan.status,
        "last_error": plan.last_error,
        "next_poll": to_text(plan.next_poll),
        "next_reason": plan.reason,
        "next_steps": dumps(plan.steps),
        "failures": plan.failures,
        "failing_since": maybe_text(plan.failing_since),
        "refusals": plan.refusals,
        "needs_settings": int(plan.needs_settings),
    }


def _response_to_row(response: Response, at: datetime) -> dict[str, Any]:
    return rows.validators_to_row(response.validators) | {
        "validators_url": response.url,
        "first_success": to_text(response.first_success),
        "last_success": to_text(at),
        **({"body_hash": response.body_hash} if response.body_hash is not None else {}),
        **({"last_full": to_text(at)} if response.is_full else {}),
    }


def _move_to_row(move: Move | None) -> dict[str, Any]:
    """Where redirects lead; once that is confirmed, the feed is polled there."""
    if move is None:
        return {"moving_to": None, "moving_since": None, "moving_count": 0}
    if move.confirmed:
        return {"effective_url": move.url, "host": links.host(move.url)} | _move_to_row(None)
    return {"moving_to": move.url, "moving_since": to_text(move.since), "moving_count": move.count}


def _add_log(db: Database, notes: Iterable[tuple[int, PollNote]]) -> None:
    """Adds to the logs of feeds' polls; a trigger drops the oldest."""
    db.executemany(
        "INSERT INTO poll_log (feed_id, at, status, message, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT (feed_id, at)"
        " DO UPDATE SET status = excluded.status, message = excluded.message, reason = excluded.reason",
        [(feed_id, to_text(note.at), note.status, note.message, note.reason) for feed_id, note in notes],
    )


def history(db: Database, feed_id: int) -> tuple[PollNote, ...]:
    """The log of the feed's polls, the newest first."""
    found = db.execute(
        "SELECT at, status, message, reason FROM poll_log WHERE feed_id = ? ORDER BY at DESC", (feed_id,)
    )
    return tuple(PollNote(to_time(row["at"]), row["status"], row["message"], row["reason"]) for row in found)


def enable(db: Database, feed_id: int) -> None:
    """Lets a feed be polled again that was gone, or that waits: as soon as may be, where feeds.yaml says."""
    row = db.execute("SELECT url FROM feeds WHERE id = ?", (feed_id,)).fetchone()
    db.execute(
        "UPDATE feeds SET effective_url = url, host = ?, status = 'new', last_error = NULL, next_poll = NULL, next_reason = 'enabled by hand',"
        " next_steps = '[]', failures = 0, failing_since = NULL, refusals = 0, needs_settings = 0 WHERE id = ?",
        (links.host(row["url"]) if row else "", feed_id),
    )


def paused_hosts(db: Database, now: datetime) -> dict[str, datetime]:
    found = db.execute(
        "SELECT host, paused_until FROM hosts WHERE paused_until > ? AND paused_until < ?",
        (to_text(now), to_text(now + _LONGEST_PAUSE)),
    )
    return {row["host"]: to_time(row["paused_until"]) for row in found}


def _pause_host(db: Database, outcome: PollOutcome) -> None:
    until = outcome.plan.host_paused_until or outcome.at
    wait = until - outcome.at
    db.execute(
        "INSERT INTO hosts (host, paused_until, reason, refusals, spacing, spaced_until)"
        " VALUES (:host, :until, :reason, 1, :spacing, :spaced_until) ON CONFLICT (host) DO UPDATE SET"
        " reason = :reason, refusals = hosts.refusals + 1, spacing = :spacing, spaced_until = :spaced_until,"
        " paused_until = CASE WHEN hosts.paused_until < :longest THEN max(hosts.paused_until, :until) ELSE :until END",
        {
            "host": outcome.host,
            "until": to_text(until),
            "reason": outcome.plan.reason,
            "spacing": int(wait.total_seconds()) if wait <= _SHORT_PAUSE else None,
            "spaced_until": to_text(outcome.at + _SPACED),
            "longest": to_text(until + _LONGEST_PAUSE),
        },
    )
