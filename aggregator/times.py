"""Times as text: RFC 3339 in UTC, which the store, the outputs and JSON share, and the dates of HTTP headers."""

from __future__ import annotations

from datetime import UTC, datetime

_LONGEST_DATE = 100  # characters; an HTTP date has 29 to 33
_EARLIEST = "1000-01-01T00:00:00Z"  # earlier years have fewer than four digits and would not sort as text


def format_utc(when: datetime) -> str:
    """As "2026-11-23T16:50:00Z" (RFC 3339): whole seconds in UTC, which sort as text."""
    return f"{when.astimezone(UTC).isoformat()[:19]}Z" if when.year >= 1000 else _EARLIEST


parse_utc = datetime.fromisoformat  # the time that `format_utc` wrote; ValueError for what is none


def format_http_date(timestamp: float) -> str:
    """Unix seconds as "Mon, 23 Nov 2026 16:50:00 GMT" (RFC 9110, 5.6.7)."""
    from email.utils import (
        format_datetime,
    )  # imports half a dozen modules, and commands that only read need none

    return format_datetime(datetime.fromtimestamp(int(timestamp), UTC), usegmt=True)


def parse_http_date(text: str | None) -> datetime | None:
    """A date in one of HTTP's three forms (RFC 9110, 5.6.7) in UTC, or None. A date without a zone is in GMT."""
    if not text or len(text) > _LONGEST_DATE:
        return None
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):  # the last: 31 December 9999, west of Greenwich
        return None
