"""Takes back times that a wrong clock has written: they lie further ahead than anything that is ever planned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.store.sql.database import Database
from aggregator.store.sql.values import to_text

AHEAD = timedelta(days=400)  # no plan reaches so far
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)  # a clock that says less was reset, and corrects nobody

_SINCE = "last_attempt last_success first_success last_full last_document failing_since moving_since".split()
_PLANNED = "next_poll > :limit AND status <> 'gone'"
_WRONG = f"SELECT id FROM feeds WHERE ({_PLANNED}) OR {' OR '.join(f'{name} > :limit' for name in _SINCE)} ORDER BY id"
_FEED = (
    f"UPDATE feeds SET next_poll = CASE WHEN {_PLANNED} THEN NULL ELSE next_poll END, "
    + ", ".join(f"{name} = CASE WHEN {name} > :limit THEN :now ELSE {name} END" for name in _SINCE)
    + " WHERE id = :id"
)
_STATEMENTS = (
    "DELETE FROM hosts WHERE paused_until > :limit",
    "DELETE FROM poll_log WHERE at > :limit",
    "UPDATE entries SET published = :now WHERE published > :limit",
    "UPDATE entries SET last_listed = :now WHERE last_listed > :limit",
    "UPDATE stories SET published = min(published, :now), updated = min(updated, :now) WHERE updated > :limit",
    # The order of the merged feed and of the archive stays: what came first has the smaller number.
    "UPDATE stories SET position = :now WHERE position > :limit",
    "UPDATE stories SET first_published = :now WHERE first_published > :limit",
    # What readers have read stays read; when the digest was last sent is not known any more.
    "DELETE FROM meta WHERE substr(key, 1, 14) = 'mark digest.at' AND value > :limit",
    "UPDATE meta SET value = :now || ' ' || (SELECT coalesce(max(id), 0) FROM stories)"
    " WHERE substr(key, 1, 5) = 'mark ' AND value > :limit",
    "UPDATE archives SET newest = :now WHERE newest > :limit",
    "DELETE FROM feed_states",  # made of these dates
)


def take_back(db: Database, now: datetime) -> bool:
    """Replaces by `now` what lies so far ahead; nothing is done where no feed was polled or planned then.

    Whether something was done.
    """
    if now < EARLIEST:
        return False
    parameters = {"now": to_text(now), "limit": to_text(now + AHEAD)}
    wrong = db.execute(
        "SELECT 1 FROM feeds WHERE last_attempt > :limit OR (next_poll > :limit AND status <> 'gone') LIMIT 1",
        parameters,
    ).fetchone()
    if wrong:
        # In the order of their ids, as polls write them: so none waits for another.
        wrong_ids = [row["id"] for row in db.execute(_WRONG, parameters)]
        db.executemany(_FEED, [parameters | {"id": feed_id} for feed_id in wrong_ids])
        for statement in _STATEMENTS:
            db.execute(statement, parameters)
    return wrong is not None
