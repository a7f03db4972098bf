"""Plans the next poll after a failure: back-off, Retry-After and 429, 410, and a network outage on our side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.models import Feed, FetchError, Plan, ReadError
from aggregator.schedule.hints import LONGEST_HINT, freshness
from aggregator.schedule.interval import entries_an_hour
from aggregator.schedule.jitter import add_jitter
from aggregator.schedule.text import format_duration
from aggregator.settings import Polling

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
RETRY = timedelta(minutes=30)  # doubles with each failure: an hour after the first
LONGEST_RETRY = timedelta(hours=24)
DEAD = timedelta(days=14)  # after failing for this long: one probe a day
TOO_MANY = (1, 2, 4, 6)  # hours for the host, after 429 without Retry-After
GONE_AGAIN = timedelta(hours=24)  # a feed counts as gone after a second 410
OFFLINE_HOSTS = 5  # unreachable in a row: a network outage here
NO_NETWORK = "no network"  # how the reason of a skipped poll begins
OFFLINE_RETRY = timedelta(minutes=5)
STUCK = timedelta(days=8)  # nothing but 304 for so long, from a feed that used to move
_CLOCK = timedelta(seconds=1)  # our clock has whole seconds, so it is up to one behind


def failing(feed: Feed, result: FetchError | ReadError, polling: Polling, now: datetime) -> Plan:
    """30 min x 2^n after the n-th failure in a row, at most a day; after 14 days one probe a day."""
    failures, since = feed.failures + 1, feed.failing_since or now
    longest = min(LONGEST_RETRY, polling.ceiling)
    wait = min(RETRY * 2 ** min(failures, 10), longest)
    times = _times(failures)
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
    again, reason = now + GONE_AGAIN, "gone: polled once more in a day, to be sure"
    if feed.status == "gone" and feed.next_poll is not None and now < feed.next_poll:
        again = feed.next_poll  # polled early, by hand
    elif feed.status == "gone":
        again, reason = NEVER, "gone: 410 twice; not polled any more"
    return Plan("gone", again, reason, failures, result.message, steps=(reason,), failing_since=since)


def paused(feed: Feed, result: FetchError, host_refusals: int, now: datetime) -> Plan:
    """The host is left alone for as long as it asks, its other feeds too; it is no failure of the feed.

    `host_refusals`: of the host, in a row before this one. The refused feed itself waits an hour at least,
    twice as long each time in a row, so that a pause of seconds is no invitation to come twice.
    """
    if result.retry_after is not None:
        wait, why = result.retry_after, "the server asked us to wait (Retry-After)"
    else:
        wait = timedelta(hours=TOO_MANY[min(host_refusals, len(TOO_MANY) - 1)])
        why = "too many requests (429)"
    wait = max(wait, timedelta(minutes=1))
    until = now + wait + _CLOCK
    reason = f"{why}: {format_duration(wait)}"
    steps: tuple[str, ...] = (f"{reason}, for all feeds of its host",)
    own_wait = min(RETRY * 2 ** min(feed.plan.refusals + 1, 10), LONGEST_RETRY)
    if now + own_wait > until:
        until_own = now + own_wait + _CLOCK
        reason = f"refused {_times(feed.plan.refusals + 1)}: again in {format_duration(own_wait)}"
        steps += (reason,)
    else:
        until_own = until
    return Plan(
        "paused",
        until_own,
        reason,
        feed.failures,
        result.message,
        host_paused_until=until,
        steps=steps,
        failing_since=feed.failing_since,
        refusals=feed.plan.refusals + 1,
    )


def not_allowed(feed: Feed, result: FetchError, polling: Polling, now: datetime) -> Plan:
    """We refused the feed ourselves: an address that feeds.yaml does not allow, a secret that is missing.

    No back-off: whoever corrects it should not have to wait. The store makes such a feed due at the next start.
    """
    reason = (
        f"our settings do not allow it: again in {format_duration(polling.every)}, or when the program starts"
    )
    return Plan(
        "failing",
        now + add_jitter(feed.url, polling.every),
        reason,
        feed.failures + 1,
        result.message,
        steps=(reason,),
        failing_since=feed.failing_since or now,
        needs_settings=True,
    )


def plan_host_pause(feed: Feed, until: datetime) -> Plan:
    """The plan of a feed whose host is paused: the feed keeps its status.

    All of the host's feeds are due when the pause ends, so that those not served for longest can go first.
    """
    reason = f"the host asked us to wait until {until:%Y-%m-%d %H:%M} UTC"
    return _as_it_stood(feed, until, reason)


def turn(feed: Feed) -> datetime:
    """When the feed was last served: of the feeds of one host, those not served for longest go first."""
    served = feed.last_attempt if feed.failures else feed.last_success
    return served or datetime.min.replace(tzinfo=UTC)


def plan_offline(feed: Feed, now: datetime) -> Plan:
    """The plan of a feed polled during a network outage here: no failure is counted."""
    reason = f"{NO_NETWORK}; retry in {format_duration(OFFLINE_RETRY)}"
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


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times in a row"


def _as_it_stood(feed: Feed, when: datetime, reason: str) -> Plan:
    """The feed later, and not before its own time: it may have been polled by hand."""
    if feed.plan.next_poll > when:
        return replace(feed.plan, steps=(reason,))
    return replace(feed.plan, next_poll=when, reason=reason, steps=(reason,))
