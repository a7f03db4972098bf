"""Small makers of what a plan is made from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aggregator.models import Feed, Fetched, FetchError, NotModified, Plan, Validators
from aggregator.settings import Polling
from support.make import NOON

POLLING = Polling()
URL = "https://ex.com/feed"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def feed(**more: Any) -> Feed:
    """A feed that is known for long; what belongs to its plan is put there."""
    planned = {name: more.pop(name) for name in tuple(more) if name in Plan.__slots__}
    known: dict[str, Any] = {"id": 1, "url": URL, "effective_url": URL, "first_success": NOON - 99 * DAY}
    return Feed(**(known | more), plan=Plan(**planned))


def fetched(**headers: str) -> Fetched:
    return Fetched(URL, b"", Validators(), {name.replace("_", "-"): value for name, value in headers.items()})


def not_modified(**headers: str) -> NotModified:
    return NotModified(URL, Validators(), {name.replace("_", "-"): value for name, value in headers.items()})


def failed(status: int | None = None, retry_after: timedelta | None = None, **headers: str) -> FetchError:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return FetchError(URL, "status" if status else "unreachable", "words", status, retry_after, told)


def entries(count: int, every: timedelta, last: timedelta = timedelta(0)) -> tuple[datetime, ...]:
    """When a feed's newest entries came: so many, so far apart, the last so long ago."""
    return tuple(NOON - last - every * number for number in range(count))
