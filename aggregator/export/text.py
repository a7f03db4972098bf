"""What the digest says in words: days, times of day, excerpts; and which way a text runs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from unicodedata import bidirectional, category, east_asian_width

from aggregator.text import shorten

EXCERPT = 240  # columns of Latin text; a Chinese or Japanese character takes two

# Names of our own: strftime's depend on the locale.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def weekday(day: date) -> str:
    """As "Monday"."""
    return _DAYS[day.weekday()]


def day_and_month(day: date) -> str:
    """As "23 November"."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def month_and_year(year: int, month: int) -> str:
    """As "November 2026"."""
    return f"{_MONTHS[month - 1]} {year}"


def long_date(when: datetime) -> str:
    """The UTC date, as "Monday 23 November 2026"."""
    day = when.astimezone(UTC).date()
    return f"{weekday(day)} {day_and_month(day)} {day.year}"


def clock(when: datetime, day: date | None = None) -> str:
    """The time of day in UTC, as "17:04", after its date where that is not `day`."""
    when = when.astimezone(UTC)
    time = f"{when.hour:02}:{when.minute:02}"
    return time if day in (None, when.date()) else f"{day_and_month(when)} {when.year}, {time}"


def excerpt(text: str) -> str:
    """The text cut to about 240 columns, never within a character that is made of several."""
    columns = 0
    for index, character in enumerate(text):
        columns += 2 if east_asian_width(character) in "WF" else 1
        if columns > EXCERPT:
            while index > 1 and (_continues(text[index - 1]) or text[index - 2] == "\u200d"):
                index -= 1
            return shorten(text, index)
    return text


def _continues(character: str) -> bool:
    """Whether it belongs to the one before: a combining mark, a joiner, a variation selector, a skin tone."""
    return (
        character == "\u200d"
        or category(character) in ("Mn", "Mc", "Me")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def runs_right_to_left(text: str) -> bool:
    """Whether its first letter with a direction is Arabic, Hebrew or the like (Unicode UAX 9, P2)."""
    directions = (bidirectional(character) for character in text)
    return next((found for found in directions if found in ("L", "R", "AL")), "L") != "L"
