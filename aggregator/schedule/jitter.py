"""Spreads polls by a hash of the feed's URL, so that the jitter is stable and testable."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from aggregator.models import Feed

MOST = 0.1  # of the interval
AT_START = timedelta(minutes=10)  # overdue feeds at a start are polled within this time ...
EACH = timedelta(seconds=2)  # ... fewer of them sooner


def hash_fraction(url: str) -> float:
    """A number from 0 to below 1, ever the same for a feed."""
    return zlib.crc32(url.encode("utf-8", "replace")) % 1000 / 1000


def add_jitter(url: str, wait: timedelta) -> timedelta:
    """The wait and 0 to 10 % more."""
    return wait * (1 + MOST * hash_fraction(url))


def start_times(overdue: Iterable[Feed], now: datetime) -> dict[int, datetime]:
    """When to poll each feed that is overdue as the service starts, by its id; new feeds are left out."""
    known = [feed for feed in overdue if feed.next_poll is not None]
    window = min(EACH * len(known), AT_START)
    return {feed.id: now + window * hash_fraction(feed.url) for feed in known}
