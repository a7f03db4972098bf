"""Polling hints of a server and a document: cache lifetime, ttl, sy:updatePeriod.

Each hint lengthens the interval. A hint shorter than the base interval invites us to poll more often, which
we do if the feed has that many entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from aggregator.models import PollHints
from aggregator.times import parse_http_date

LONGEST_HINT = timedelta(hours=24)

_MAX_AGE = re.compile(r"(?:^|[\s,;])max-age\s*=\s*\"?(\d{1,9})", re.I)
_NO_STORE = re.compile(r"(?:^|[\s,;])no-(?:cache|store)(?:$|[\s,;=])", re.I)
_NONE = timedelta(0)


def lifetime(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """For how long an answer is fresh from when it was made (RFC 9111, 4.2.1); None where it does not say."""
    control = headers.get("cache-control", "")
    if _NO_STORE.search(control):
        return None
    found = _MAX_AGE.search(control)
    if found:
        life = timedelta(seconds=int(found[1]))
    else:
        expires = parse_http_date(headers.get("expires"))
        if expires is None:
            return None
        life = expires - (parse_http_date(headers.get("date")) or now)
    return life if life > _NONE else None


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """For how long an answer is fresh from now on: its lifetime less its Age."""
    life = lifetime(headers, now)
    age = headers.get("age", "").strip()
    if life is not None and age.isascii() and age.isdigit() and len(age) < 10:
        life -= timedelta(seconds=int(age))
    return life if life is not None and life > _NONE else None


def demands(headers: Mapping[str, str], hints: PollHints, now: datetime) -> Iterator[tuple[timedelta, str]]:
    """Each requested wait, and who requests it."""
    for wait, who in (
        (hints.ttl, "its ttl"),
        (hints.update_period, "its sy:updatePeriod"),
        (freshness(headers, now), "the server's cache lifetime"),
    ):
        if wait is not None and wait > _NONE:
            yield min(wait, LONGEST_HINT), who


def invitation(
    headers: Mapping[str, str], hints: PollHints, base: timedelta, now: datetime
) -> timedelta | None:
    """The shortest interval that server or document names, where it is below ours."""
    named = [wait for wait in (hints.ttl, hints.update_period, lifetime(headers, now)) if wait]
    return min(named) if named and _NONE < min(named) < base else None
