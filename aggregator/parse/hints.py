"""What a feed says of when to ask again: ttl, skipHours and skipDays of RSS 2.0, and RSS 1.0's syndication module."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from aggregator.models import PollHints
from aggregator.parse.values import whole_number

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST = timedelta(days=365)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def poll_hints(
    ttl: str | None,
    period: str | None,
    frequency: str | None,
    hours: Iterable[str] = (),
    days: Iterable[str] = (),
) -> PollHints:
    """The hints, from the text of their elements."""
    minutes = whole_number(ttl)
    return PollHints(
        ttl=min(timedelta(minutes=min(minutes, 10**6)), _LONGEST) if minutes else None,
        update_period=_update_period(period, whole_number(frequency)),
        skip_hours=_skip_hours(hours),
        skip_days=_skip_days(days),
    )


def _update_period(period: str | None, frequency: int | None) -> timedelta | None:
    if not period and not frequency:
        return None
    length = _PERIODS.get((period or "daily").lower())  # daily: the module's default
    return length / frequency if length and frequency else length


def _skip_hours(texts: Iterable[str]) -> tuple[int, ...]:
    written = (text.strip() for text in texts)
    hours = {int(text) for text in written if text.isascii() and text.isdigit() and len(text) <= 2}
    return tuple(
        sorted({hour % 24 for hour in hours if hour <= 24})
    )  # 24 is midnight: RSS 0.91 counted from 1


def _skip_days(texts: Iterable[str]) -> tuple[int, ...]:
    days = {text.strip().lower() for text in texts}
    return tuple(number for number, day in enumerate(_DAYS) if day in days)
