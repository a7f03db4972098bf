"""When a feed is asked next, and why: one pure function, one reason in words for each answer."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

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
from aggregator.settings import Polling

RETRY = timedelta(minutes=30)  # after the first failure; doubles with each more
LONGEST_HINT = timedelta(hours=24)  # no hint keeps us away for longer
TOO_MANY = (1, 2, 4, 6)  # hours, after 429 without Retry-After
GONE_AGAIN = timedelta(hours=24)  # 410 is believed when it is said twice
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.I)
_NO_STORE = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,;])", re.I)


def plan(
    feed: Feed,
    result: FetchResult | ReadError,
    polling: Polling,
    now: datetime,
    every: timedelta | None = None,
    hints: PollHints | None = None,
) -> Plan:
    """The feed's status and next poll after this result.

    `every`: the subscription's own interval; `hints`: what the document said, where one was read. A document
    that is not a feed is a failure like any other.
    """
    if isinstance(result, Fetched | NotModified):
        wait, reason = _interval(
            polling, every, hints or (feed.info.hints if feed.info else PollHints()), result
        )
        status: Status = "unchanged" if isinstance(result, NotModified) else "ok"
        return Plan(status, now + _spread(feed.url, wait), reason)
    if isinstance(result, FetchError):
        if result.status == 410:
            return _gone(feed, result, now)
        if result.status == 429 or result.retry_after is not None:
            return _paused(feed, result, now)
    failures = feed.failures + 1
    wait = min(RETRY * 2 ** min(failures - 1, 10), polling.ceiling)
    times = "once" if failures == 1 else f"{failures} times in a row"
    return Plan(
        "failing",
        now + _spread(feed.url, wait),
        f"failed {times}: again in {in_words(wait)}",
        failures,
        result.message,
    )


def _interval(
    polling: Polling, every: timedelta | None, hints: PollHints, result: Fetched | NotModified
) -> tuple[timedelta, str]:
    """The base interval, which hints of the document and of the server only lengthen."""
    wait = every or polling.every
    reason = f"every {in_words(wait)}" + (" (its own setting)" if every else "")
    for hint, words in (
        (hints.ttl, "its ttl"),
        (hints.update_period, "its sy:updatePeriod"),
        (freshness(result.headers), "the server's cache lifetime"),
    ):
        if hint is not None and min(hint, LONGEST_HINT) > wait:
            wait = min(hint, LONGEST_HINT)
            reason = f"every {in_words(wait)}: {words}"
    return wait, reason


def _gone(feed: Feed, result: FetchError, now: datetime) -> Plan:
    failures = feed.failures + 1
    if feed.status == "gone":
        return Plan(
            "gone", NEVER, "gone: the server said so twice; not asked any more", failures, result.message
        )
    return Plan("gone", now + GONE_AGAIN, "gone: asked once more to be sure", failures, result.message)


def _paused(feed: Feed, result: FetchError, now: datetime) -> Plan:
    failures = feed.failures + 1
    if result.retry_after is not None:
        wait, why = result.retry_after, "the server asked us to wait (Retry-After)"
    else:
        wait = timedelta(hours=TOO_MANY[min(failures, len(TOO_MANY)) - 1])
        why = "the server says that we ask too often"
    wait = max(wait, timedelta(minutes=1))
    until = now + wait
    return Plan(
        "paused", until, f"{why}: {in_words(wait)}", failures, result.message, host_paused_until=until
    )


def freshness(headers: Mapping[str, str]) -> timedelta | None:
    """How long the server calls its answer fresh (RFC 9111, 4.2), or None where it does not say."""
    control = headers.get("cache-control", "")
    if _NO_STORE.search(control):
        return None
    found = _MAX_AGE.search(control)
    if found:
        life = timedelta(seconds=int(found[1]))
    else:
        expires, date = _http_date(headers.get("expires")), _http_date(headers.get("date"))
        if expires is None or date is None:
            return None
        life = expires - date
    age = headers.get("age", "").strip()
    if age.isascii() and age.isdigit() and len(age) < 10:
        life -= timedelta(seconds=int(age))
    return life if life > timedelta(0) else None


def _http_date(text: str | None) -> datetime | None:
    if not text or len(text) > 100:
        return None
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _spread(url: str, wait: timedelta) -> timedelta:
    """0 to 10 % more, by a hash of the feed: feeds drift apart, and a test can tell by how much."""
    return wait * (1 + (zlib.crc32(url.encode("utf-8", "replace")) % 1000) / 10_000)


def in_words(span: timedelta) -> str:
    """A span as a person says it, in its two largest units: "1 h 30 min", "2 days"."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    name = "day" if days == 1 else "days"
    return f"{days} {name} {hours} h" if hours else f"{days} {name}"
