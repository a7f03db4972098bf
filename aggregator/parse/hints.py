"""What a feed says of when to ask again: ttl, skipHours and skipDays of RSS 2.0, and RSS 1.0's syndication module."""

from __future__ import annotations

import re
from datetime import timedelta

from aggregator.models import PollHints
from aggregator.parse.door import Door, Raw

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST = timedelta(days=365)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_HOUR = re.compile(r"<hour>\s{0,9}(\d{1,2})\s{0,9}</hour>", re.I)
_DAY = re.compile(r"<day>\s{0,9}(\w{6,9})\s{0,9}</day>", re.I)


def hints(door: Door, channel: Raw, text: str) -> PollHints:
    """The hints in a feed's dictionary; `text` is the document, since feedparser keeps the last hour and day only."""
    minutes = door.count(channel, "ttl")
    return PollHints(
        ttl=min(timedelta(minutes=min(minutes, 10**6)), _LONGEST) if minutes else None,
        update_period=_update_period(door, channel),
        skip_hours=_skip_hours(text) if dict.get(channel, "hour") else (),
        skip_days=_skip_days(text) if dict.get(channel, "day") else (),
    )


def _update_period(door: Door, channel: Raw) -> timedelta | None:
    period = door.text(channel, "sy_updateperiod")
    frequency = door.count(channel, "sy_updatefrequency")
    if not period and not frequency:
        return None
    length = _PERIODS.get((period or "daily").lower())  # daily: the module's default
    return length / frequency if length and frequency else length


def _skip_hours(text: str) -> tuple[int, ...]:
    hours = {int(hour) % 24 for hour in _HOUR.findall(_inside(text, "skipHours")) if int(hour) <= 24}
    return tuple(sorted(hours))  # 24 is midnight: RSS 0.91 counted from 1


def _skip_days(text: str) -> tuple[int, ...]:
    days = {day.lower() for day in _DAY.findall(_inside(text, "skipDays"))}
    return tuple(number for number, day in enumerate(_DAYS) if day in days)


def _inside(text: str, name: str) -> str:
    start = re.search(f"<{name}>", text, re.I)
    return re.split(f"</{name}>", text[start.end() : start.end() + 2000], flags=re.I)[0] if start else ""
