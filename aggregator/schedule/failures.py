"""Plans the next poll after a failure: back-off, Retry-After and 429, 410, and a network outage on our side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aggregator.models import Feed, FetchError, Plan, ReadError
from aggregator.schedule.hints import LONGEST_HINT, freshness
from aggregator.schedule.interval import entries_an_hour
from aggregator.schedule.jitter import add_jitter, hash_fraction
from aggregator.schedule.text import format_duration
from aggregator.settings import Polling

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
RETRY = timedelta(minutes=30)  # doubles with each failure: an hour after the first
LONGEST_RETRY = timedelta(hours=24)
DEAD = timedelta(days=14)  # after failing for this long: one probe a day
TOO_MANY = (1, 2, 4, 6)  # hours for the host, after 429 without Retry-After
GONE_AGAIN = timedelta(hours=24)  # a feed counts as gone after a second 410
OFFLINE_HOSTS = 5  # unreachable in a row: a network outage here
OFFLINE_RETRY = timedelta(minutes=5)
STUCK = timedelta(days=8)  # nothing but 304 for so long, from a feed that used to move
_CLOCK = timedelta(seconds=1)  # our clock has whole seconds, so it is up to one behind
_AFTER_PAUSE = timedelta(minutes=10)  # a host's feeds come back within this time


def failing(feed: Feed, result: FetchError | ReadError, polling: Polling, now: datetime) -> Plan:
    """30 min x 2^n after the n-th failure in a row, at most a day; after 14 days one probe a day."""
    failures, since = feed.failures + 1, feed.failing_since or now
    longest = min(LONGEST_RETRY, polling.ceiling)
    wait = min(RETRY * 2 ** min(failures, 10), longest)
    times = "once" if failures == 1 else f"{failures} times in a row"
    reason = f"failed {times}: again in {format_duration(wait)}"
    steps: tuple[str, ...] = (reason,)
    if now - since >= DEAD:
        wait = longest
        reason = f"failing for {format_duration(now - since)}: one probe a day"
        steps = (reason,)
    fresh = freshness(result.headers, now) if isinstance(result, FetchError) else None
    if fresh is not None and min(fresh, LONGEST_HINT) > wait:
        wait = min(fresh, LONGEST_HINT)
        reason = f"failed {times}: again in {format_duration(wait)}, the response's cache lifetime"
        steps += (f"not before: the response is fresh for {format_duration(fresh)}",)
    return Plan(
        "failing",
        now + add_jitter(feed.url, wait),
        reason,
        failures,
        result.message,
        steps=steps,
        failing_since=since,
    )


def gone(feed: Feed, result: FetchError, now: datetime) -> Plan:
    """410: one more poll a day later, then none."""
    failures, since = feed.failures + 1, feed.failing_since or now
    again, reason = now + GONE_AGAIN, "gone: asked once more in a day, to be sure"
    if feed.status == "gone" and feed.next_poll is not None and now < feed.next_poll:
        again = feed.next_poll  # polled early, by hand
    elif feed.status == "gone":
        again, reason = NEVER, "gone: 410 twice; not polled any more"
    return Plan("gone", again, reason, failures, result.message, steps=(reason,), failing_since=since)


def paused(feed: Feed, result: FetchError, refusals: int, polling: Polling, now: datetime) -> Plan:
    """The host is left alone for as long as it asks, its other feeds too. `refusals`: in a row before this one."""
    if result.retry_after is not None:
        wait, why = result.retry_after, "the server asked us to wait (Retry-After)"
    else:
        wait = timedelta(hours=TOO_MANY[min(refusals, len(TOO_MANY) - 1)])
        why = "too many requests (429)"
    wait = max(wait, timedelta(minutes=1))
    until = now + wait + _CLOCK
    reason = f"{why}: {format_duration(wait)}"
    steps: tuple[str, ...] = (f"{reason}, for all feeds of its host",)
    again = (
        until + _AFTER_PAUSE
    )  # the last of its host: should it be refused again, the others had their turn
    own = failing(feed, result, polling, now)
    if own.next_poll > again:  # a wait of seconds does not make a second attempt welcome
        again, reason = own.next_poll, own.reason
        steps += (own.reason,)
    return Plan(
        "paused",
        again,
        reason,
        own.failures,
        result.message,
        host_paused_until=until,
        steps=steps,
        failing_since=own.failing_since,
    )


def plan_host_pause(feed: Feed, until: datetime) -> Plan:
    """The plan of a feed whose host is paused: the feed keeps its status."""
    reason = f"the host asked us to wait until {until:%Y-%m-%d %H:%M} UTC"
    return _as_it_stood(feed, until + _AFTER_PAUSE * hash_fraction(feed.url), reason)


def plan_offline(feed: Feed, now: datetime) -> Plan:
    """The plan of a feed polled during a network outage here: no failure is counted."""
    reason = f"no network; retry in {format_duration(OFFLINE_RETRY)}"
    return _as_it_stood(feed, now + OFFLINE_RETRY, reason)


def plan_after_local_fault(feed: Feed, now: datetime, fault: str) -> Plan:
    """The plan of a feed that could not be polled for a fault of this machine: no failure is counted."""
    return _as_it_stood(feed, now + OFFLINE_RETRY, f"{fault}; retry in {format_duration(OFFLINE_RETRY)}")


def plan_skip_hours(feed: Feed, slot: datetime) -> Plan:
    """The plan of a feed that is due in one of its skipHours or skipDays."""
    return _as_it_stood(feed, slot, f"not before {slot:%A %H:%M} UTC: its skipHours or skipDays")


def spread_at_start(feed: Feed, when: datetime) -> Plan:
    """The plan of a feed that was overdue when the service started."""
    return _as_it_stood(feed, when, "overdue at the start of the service; polls are spread over 10 min")


def retry_if_crashed(now: datetime) -> datetime:
    """When to poll a feed again if the program ends before the response is saved."""
    return now + RETRY * 2


def needs_full_fetch(feed: Feed, dates: Sequence[datetime], now: datetime) -> bool:
    """Whether to ask for the whole document: a server may have stopped looking at what changed.

    Nothing but 304 for 8 days, from a feed that used to bring at least four entries in such a time.
    """
    if feed.status != "unchanged" or feed.last_full is None or now - feed.last_full < STUCK or len(dates) < 2:
        return False
    newest = max(dates)
    before = entries_an_hour(dates, newest) * (STUCK / timedelta(hours=1))
    return now - newest >= STUCK and before >= 4


def _as_it_stood(feed: Feed, when: datetime, reason: str) -> Plan:
    """The feed later, and not before its own time: it may have been asked for by hand."""
    own = feed.next_poll if feed.next_poll and feed.next_poll > when else None
    return Plan(
        feed.status,
        own or when,
        feed.next_reason if own else reason,
        feed.failures,
        feed.last_error,
        steps=(reason,),
        failing_since=feed.failing_since,
    )
