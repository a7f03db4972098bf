"""Plans a feed's next poll after this poll's result, with the steps of the decision as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.models import (
    Feed,
    Fetched,
    FetchError,
    FetchResult,
    NotModified,
    Plan,
    PollHints,
    ReadError,
    Status,
)
from aggregator.records import dataclass
from aggregator.schedule.failures import NEVER, failing, gone, not_allowed, paused
from aggregator.schedule.hints import demands, invitation
from aggregator.schedule.interval import choose_interval
from aggregator.schedule.jitter import add_jitter
from aggregator.schedule.skip_hours import next_allowed_time
from aggregator.schedule.text import format_duration
from aggregator.settings import Polling

LONGEST = timedelta(days=366)  # between two polls, whatever feeds.yaml says

__all__ = ["NEVER", "Circumstances", "plan"]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a plan depends on besides the response."""

    every: timedelta | None = None  # the subscription's own interval
    hints: PollHints | None = None  # what the document said, if one was read; else what the last one said
    dates: Sequence[datetime] = ()  # when its newest entries were published
    refusals: int = 0  # how often in a row its host has asked us to wait


NOTHING_SPECIAL = Circumstances()


def plan(
    feed: Feed,
    result: FetchResult | ReadError,
    polling: Polling,
    now: datetime,
    given: Circumstances = NOTHING_SPECIAL,
) -> Plan:
    """The feed's status and next poll after this result. A document that is not a feed is a failure like any other."""
    hints = given.hints or (feed.info.hints if feed.info else PollHints())
    every = min(given.every, LONGEST) if given.every else None
    return _in_a_slot(_plan(feed, result, polling, now, replace(given, hints=hints, every=every)), hints)


def _plan(
    feed: Feed, result: FetchResult | ReadError, polling: Polling, now: datetime, given: Circumstances
) -> Plan:
    if isinstance(result, Fetched | NotModified):
        return _healthy(feed, result, polling, now, given)
    if isinstance(result, FetchError) and result.status == 410:
        return gone(feed, result, now)
    if isinstance(result, FetchError) and (result.status == 429 or result.retry_after is not None):
        return paused(feed, result, given.refusals, now)
    if isinstance(result, FetchError) and result.kind in ("address", "secret"):
        return not_allowed(feed, result, polling, now)
    return failing(feed, result, polling, now)


def _healthy(
    feed: Feed, result: Fetched | NotModified, polling: Polling, now: datetime, given: Circumstances
) -> Plan:
    """The feed's interval, lengthened by what the server and the document want."""
    headers: Mapping[str, str] = result.headers
    hints = given.hints or PollHints()
    if given.every is not None:
        chosen = [(given.every, "its own setting")]
    else:
        invited = invitation(headers, hints, polling.every, now)
        chosen = list(choose_interval(feed, polling, invited, given.dates, now))
    wait = chosen[-1][0]
    for demand, who in demands(headers, hints, now):
        if demand > wait:
            wait = demand
            chosen.append((demand, who))
    status: Status = "unchanged" if isinstance(result, NotModified) else "ok"
    steps = tuple(f"every {format_duration(interval)}: {why}" for interval, why in chosen)
    later = add_jitter(feed.url, wait)
    if later - wait >= timedelta(minutes=1):
        steps += (f"+{format_duration(later - wait)} to spread the load",)
    return Plan(status, now + later, f"every {format_duration(wait)}: {chosen[-1][1]}", steps=steps)


def _in_a_slot(planned: Plan, hints: PollHints) -> Plan:
    """The plan, moved out of the feed's skipHours and skipDays."""
    if planned.next_poll >= NEVER:
        return planned
    slot = next_allowed_time(planned.next_poll, hints)
    if slot == planned.next_poll:
        return planned
    words = f"not before {slot:%A %H:%M} UTC: its skipHours or skipDays"
    return replace(
        planned, next_poll=slot, reason=f"{planned.reason}; {words}", steps=(*planned.steps, words)
    )
