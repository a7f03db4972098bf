"""What the pages say in words: days, times of day, excerpts; and which way a text runs."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from unicodedata import bidirectional, category, east_asian_width
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aggregator.text import shorten

EXCERPT = 240  # columns of Latin text; a Chinese or Japanese character takes two

# Letters and punctuation that take one column, each assigned: Latin, Greek, Cyrillic, Hebrew, Arabic.
_MAYBE_WIDE = re.compile("[^\x00-\u0377\u03a3-\u052f\u05d0-\u05ea\u0600-\u06ff\u2000-\u2064\u20a0-\u20bf]")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# WordPress: "The post TITLE appeared first on SITE."; many others: "Continue reading TITLE", "[...]".
_ADDED = re.compile(
    r"\s*(?:The post .{1,300}? (?:appeared first|first appeared) on .{1,200}"
    r"|(?:Continue reading|Keep reading)\b.{0,200}"
    r"|(?:Read (?:more|the full (?:story|article|post))|Weiterlesen|Lire la suite)\W{0,6}"
    r"|\[(?:…|\.\.\.)\]?\W{0,3})$",
    re.DOTALL,
)

_BEGINS_ADDED = (
    "The post ",
    "Continue reading",
    "Keep reading",
    "Read ",
    "Weiterlesen",
    "Lire la suite",
    "[",
)

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


@lru_cache(16)
def zone_of(name: str) -> tzinfo:
    """The time zone of that IANA name; UTC where this machine knows none of it."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def long_date(when: datetime, zone: tzinfo = UTC) -> str:
    """The date there, as "Monday 23 November 2026"."""
    day = when.astimezone(zone).date()
    return f"{weekday(day)} {day_and_month(day)} {day.year}"


def date_and_time(when: datetime, zone: tzinfo = UTC) -> str:
    """As "23 Nov, 17:04"."""
    day = when.astimezone(zone).date()
    return f"{day.day} {month_abbreviation(day.month)}, {clock(when, None, zone)}"


def clock(when: datetime, day: date | None = None, zone: tzinfo = UTC) -> str:
    """The time of day there, as "17:04"; of another date than `day`, "23 Nov, 17:04"; of another year, "23 Nov 2025"."""
    when = when.astimezone(zone)
    time = f"{when.hour:02}:{when.minute:02}"
    if day is None or day == when.date():
        return time
    if when.year == day.year:
        return f"{when.day} {month_abbreviation(when.month)}, {time}"
    return f"{when.day} {month_abbreviation(when.month)} {when.year}"


def month_abbreviation(month: int) -> str:
    """As "Nov"."""
    return _MONTHS[month - 1][:3]


def excerpt(summary: str, title: str = "") -> str:
    """What the summary says beyond the title, in about 240 columns, without what feeds put round it.

    Never cut within a character that is made of several. "" where it says nothing but the title.
    """
    text = _without_noise(summary)
    if title and text.casefold().startswith(title.casefold()):
        rest = text[len(title) :]
        # Only where the title ends there: "News" is no heading of "Newsletter".
        text = rest.lstrip(" .:;,|–—-") if not rest[:1].isalnum() else text
    return "" if text.strip(" .…") in title else _cut(text)


def _without_noise(text: str) -> str:
    """Less references that were escaped twice, and the sentence that a program adds to each of its summaries."""
    if "&" in text:
        text = _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
    if any(words in text for words in _BEGINS_ADDED):  # as in few, and the whole expression takes long
        text = _ADDED.sub("", text)
    return text.strip()


def _cut(text: str) -> str:
    if len(text) <= EXCERPT // 2 or (text.isascii() and len(text) <= EXCERPT):
        return text
    if text.isascii():
        return shorten(text, EXCERPT)
    index = _end_of(text)
    if index is None:
        return text
    while index > 1 and (_continues(text[index - 1]) or text[index - 2] == "\u200d"):
        index -= 1
    return shorten(text, index)


def _end_of(text: str) -> int | None:
    """Where the columns of an excerpt end; None if the text ends before."""
    if not _MAYBE_WIDE.search(text, 0, EXCERPT + 1):  # as nearly always
        return EXCERPT if len(text) > EXCERPT else None
    columns = 0
    for index, character in enumerate(text):
        columns += 2 if east_asian_width(character) in "WF" else 1
        if columns > EXCERPT:
            return index
    return None


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
