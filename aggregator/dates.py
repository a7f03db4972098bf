"""Dates as feeds write them: any of a dozen forms and twenty-five languages to UTC, and which of them to believe."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from aggregator import lists
from aggregator.models import DateReason

_LONGEST = 200  # characters; every pattern below is linear, and this makes them cheap as well
_OLDEST = datetime(
    1990, 1, 1, tzinfo=UTC
)  # nothing was syndicated before; such dates are zeros of some clock
_AHEAD = timedelta(minutes=10)  # how far a publisher's clock may be fast


def _zones() -> dict[str, int]:
    """Minutes east of UTC by the names of zones, in lower case."""
    zones: dict[str, int] = {}
    for row in lists.rows("zones"):
        offset, *names = row.split()
        minutes = int(offset[1:3]) * 60 + int(offset[4:6])
        zones |= dict.fromkeys(names, -minutes if offset[0] == "-" else minutes)
    return zones


_ZONES = _zones()


@dataclass(frozen=True, slots=True)
class ParsedDate:
    when: datetime  # UTC, whole seconds
    had_zone: bool  # False: the text named none, and UTC was assumed


def parse_date(raw: str) -> ParsedDate | None:
    """The moment that `raw` names, or None.

    Reads RFC 3339, ISO 8601 (week, ordinal and compact dates too), RFC 822, 850 and asctime with any
    weekday and zone name, Unix seconds and milliseconds, and dates in words or with slashes and dots.
    Not judged here: the year 1 and the year 3000 are dates; see `sane`.
    """
    text = raw.strip()
    found = None
    if not text.isascii():
        text = text.translate(_DASHES)
    if 0 < len(text) <= _LONGEST:
        for read in (_rfc_822, _iso, _digits, _worded):
            try:
                found = found or read(text)
            except (ValueError, OverflowError):  # the 31st of June; an offset that leaves the calendar
                continue
    return found


def sane(
    published: ParsedDate | None, updated: ParsedDate | None, first_seen: datetime
) -> tuple[datetime, DateReason]:
    """When an entry counts as published, and why; never more than ten minutes after `first_seen`."""
    if published is not None and published.when >= _OLDEST:
        if published.when > first_seen + _AHEAD:
            return first_seen, "future"
        return published.when, "source" if published.had_zone else "no zone: UTC assumed"
    if updated is not None and is_sane(updated.when, first_seen):
        return updated.when, "updated"
    return first_seen, "first seen"


def is_sane(when: datetime, now: datetime) -> bool:
    """Whether a publisher can have meant this moment: 1990 or later, and not ahead of the clock."""
    return _OLDEST <= when <= now + _AHEAD


# ---------------------------------------------------------------- forms that standards know

# The form of nearly every RSS feed; all else that RFC 822 allows is read with the dates in words.
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3}, )?(\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4})"
    r" (\d\d):(\d\d):(\d\d) (?:GMT|UTC|Z|([+-])(\d\d)(\d\d))",
    re.ASCII,
)
_SHORT_MONTHS = dict(
    zip("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), range(1, 13), strict=True)
)

_ISO = re.compile(r"\d{4}-?(?:\d\d-?\d\d|W\d\d(?:-?\d)?)(?:[T ]\d.*|Z|[+-]\d\d:\d\d)?", re.ASCII)
_SHORT = (  # the rest of ISO 8601 (months, days of the year, years of two digits), and bare digits
    (re.compile(r"(\d{4})", re.ASCII), "%Y"),
    (re.compile(r"(\d{4})-(\d\d)", re.ASCII), "%Y%m"),
    (re.compile(r"-(\d\d)-?(\d\d)", re.ASCII), "%y%m"),
    (re.compile(r"(\d\d)-?(\d\d)-?(\d\d)", re.ASCII), "%y%m%d"),
    (re.compile(r"(\d{4})-?([0-3]\d\d)", re.ASCII), "%Y%j"),
    (re.compile(r"(0\d)([0-3]\d\d)", re.ASCII), "%y%j"),  # without the zero it is a number, and no date
    (re.compile(r"([12]\d{13})", re.ASCII), "%Y%m%d%H%M%S"),
    (re.compile(r"([12][09]\d{10})", re.ASCII), "%Y%m%d%H%M"),
)
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d*)?|(\d{10})(?:\d{3}|\d{6})", re.ASCII)


def _date(when: datetime) -> ParsedDate:
    had_zone = when.tzinfo is not None
    when = when.astimezone(UTC) if had_zone else when.replace(tzinfo=UTC)
    return ParsedDate(when.replace(microsecond=0), had_zone)


def _rfc_822(text: str) -> ParsedDate | None:
    found = _RFC_822.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, east, more = found.groups()
    if hour == "24" or second == "60":  # the midnight that ends the day, a leap second
        return None
    when = datetime(
        int(year), _SHORT_MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
    )
    if sign:
        offset = timedelta(hours=int(east), minutes=int(more))
        when += offset if sign == "-" else -offset
    return ParsedDate(when, had_zone=True)


# Go writes the zone's name, or its offset once more, after the offset, and how long its process has run.
_ZONE_AGAIN = re.compile(r"( [+-]\d{4}) (?:[A-Z]{1,5}|[+-]\d\d(?:\d\d)?)(?: M=[+-][\d.]+)?")
_DAY_AND_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)", re.ASCII)  # XML Schema's date


def _iso(text: str) -> ParsedDate | None:
    text = text.upper()
    if not _ISO.fullmatch(text):
        return None
    if day := _DAY_AND_ZONE.fullmatch(text):
        text = f"{day[1]}T00:00:00{day[2]}"
    elif len(text) > 25 and text.count(" ") > 1:
        text = _ZONE_AGAIN.sub(r"\1", text).replace(" ", "T", 1).replace(" ", "")
    return _date(datetime.fromisoformat(text))


def _digits(text: str) -> ParsedDate | None:
    if epoch := _EPOCH.fullmatch(text):
        return _date(datetime.fromtimestamp(int(epoch[1] or epoch[2]), UTC))
    for pattern, form in _SHORT:
        if found := pattern.fullmatch(text):
            return _date(datetime.strptime("".join(found.groups()), form))  # noqa: DTZ007
    return None


# ---------------------------------------------------------------- dates in words


def _fold(text: str) -> str:
    """Lower case, without accents; compatibility forms (full-width digits and colons) made plain."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _months() -> dict[str, int]:
    """Every beginning, of three letters or more, of a month's name; those of two months dropped."""
    meanings: dict[str, set[int]] = {}
    for number, row in enumerate(lists.rows("months"), 1):
        for name in map(_fold, row.split()):
            for end in range(min(3, len(name)), len(name) + 1):
                meanings.setdefault(name[:end], set()).add(number)
    return {name: numbers.pop() for name, numbers in meanings.items() if len(numbers) == 1}


_MONTHS = _months()
_FILLERS = frozenset(
    _fold(
        "t utc gmt de del of the at um uhr kl den le à às st nd rd th er г года р в ساعة เวลา พศ คศ น 年 月 日 년 월 일"
    ).split()
)
_FORENOON = _fold("am|오전|午前|上午")
_AFTERNOON = _fold("pm|오후|午後|下午")
_HALF = f"{_FORENOON}|{_AFTERNOON}"
_HANGUL = re.compile("[\u1100-\u11ff]")
_EAST_WEEKDAY = re.compile(
    _fold("(?:星期|周|週|礼拜|禮拜)[一二三四五六日天]|[月火水木金土日]曜日?|(?:월|화|수|목|금|토|일)요일")
)
_EAST_TIME = re.compile(
    _fold(r"(?<!\d)(\d{1,2})\s?(?:[时時點点]|시)(?:\s?(\d{1,2})\s?(?:分|분)(?:\s?(\d{1,2})\s?(?:秒|초))?)?")
)
_TIME = re.compile(
    rf"(?:(?P<early>{_HALF})\s*)?(?<![\d:])(?P<hour>\d{{1,2}})[:h](?P<minute>\d\d)"
    rf"(?::(?P<second>\d\d)(?:[.,]\d+)?)?(?![\d:])\s*(?P<late>(?:{_HALF})(?![a-z])|[ap]\.\s?m\.)?"
    r"\s*(?:(?:gmt|utc|z)?\s*(?P<sign>[+-])(?P<east>\d{1,2})(?::?(?P<more>\d\d))?(?!\d)(?: [a-z]{3,5}(?=\s*$))?|(?P<zone>[a-z]{1,9}(?:/[a-z_]+){0,2})(?![a-z]))?"
)
_COMMENT = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
# Scripts of South Asia and Thai write vowels as marks, which `\w` leaves out.
_TOKEN = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963\u0980-\u09e5\u0e01-\u0e4e])+|\d+")
_THAI_POINT = re.compile("(?<=[\u0e01-\u0e4e])[.]")  # of the short names
_BUDDHIST = 543  # years before the common era
_BETWEEN = re.compile(r"[\s,./'|،·-]*")
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")


def _worded(text: str) -> ParsedDate | None:
    text = _COMMENT.sub(" ", _fold(text))
    if not text.isascii():
        text = _EAST_TIME.sub(_clock, _EAST_WEEKDAY.sub(" ", _THAI_POINT.sub("", text)))
    time = _TIME.search(text)
    if time is None:
        day = _day(text)
        return _date(day) if day else None
    zone_is_month = time["zone"] in _MONTHS
    end = time.start("zone") if zone_is_month else time.end()
    day = _day(f"{text[: time.start()]} {text[end:]}")
    if day is None:
        return None
    hour, minute, second = int(time["hour"]), int(time["minute"]), int(time["second"] or 0)
    if half := time["early"] or time["late"]:
        hour = hour % 12 + (12 if half in _AFTERNOON or half.startswith("p") else 0)
    if (hour, minute, second) == (24, 0, 0):  # ISO 8601: the midnight that ends the day
        day, hour = day + timedelta(days=1), 0
    when = day.replace(hour=hour, minute=minute, second=59 if second == 60 else second)
    return _date(when.replace(tzinfo=_zone(time, text)))


def _clock(time: re.Match[str]) -> str:
    """10时5分 as 10:05."""
    return ":".join(f"{int(part):02}" for part in time.groups(default="0"))


def _zone(time: re.Match[str], text: str) -> tzinfo | None:
    """The zone of a date in words; None if none is named, or an unknown one."""
    if time["sign"]:
        minutes = int(time["east"]) * 60 + int(time["more"] or 0)
        return timezone(timedelta(minutes=-minutes if time["sign"] == "-" else minutes))
    name = time["zone"] or ""
    if name not in _ZONES and "/" in name:
        return _iana_zone(name)
    if name not in _ZONES:
        name = "kst" if _HANGUL.search(text) else ""
    return timezone(timedelta(minutes=_ZONES[name])) if name else None


@cache
def _iana_names() -> dict[str, str]:
    """The zones of the IANA database by their names in lower case; empty if this machine has no such database."""
    return {name.lower(): name for name in available_timezones()}


def _iana_zone(name: str) -> tzinfo | None:
    known = _iana_names().get(name)
    return ZoneInfo(known) if known else None


def _day(text: str) -> datetime | None:
    """Midnight of the one date in `text`, which may begin with a weekday in any language."""
    if _BETWEEN.fullmatch(_TOKEN.sub("", text)) is None:
        return None
    words = [word for word in _TOKEN.findall(text) if word not in _FILLERS]
    names = [word for word in words if not word.isdigit()]
    if names and words[0] == names[0] and (words[0] not in _MONTHS or len(names) > 1):
        del words[0], names[0]  # the weekday; in French "mar." is one, and March as well
    numbers = [word for word in words if word.isdigit()]
    if len(names) > 1 or (len(words) != 3 and not (len(words) == 2 and names == words[:1])):
        return None
    if names:
        month = _MONTHS.get(names[0], 0)
        first, last = numbers if len(numbers) == 2 else ("1", numbers[0])
        year, day = (first, last) if len(first) > 2 else (last, first)
    else:
        year, month, day = _ordered(numbers, text)
    counted = _year(year)
    if names and counted > 2_400 and "\u0e01" <= names[0][0] <= "\u0e4e":
        counted -= _BUDDHIST
    return datetime(counted, month, int(day))  # noqa: DTZ001


def _ordered(numbers: list[str], text: str) -> tuple[str, int, str]:
    """Year, month and day of a date in numbers only."""
    first, second, third = numbers
    if len(first) > 2 or ("-" in text and len(third) <= 2):
        return first, int(second), third
    if "/" in text and int(first) <= 12:  # the United States', whose programs write this form
        return third, int(first), second
    return third, int(second), first


def _year(digits: str) -> int:
    if len(digits) == 2:  # as POSIX and email.utils have it
        return int(digits) + (2000 if int(digits) < 69 else 1900)
    if len(digits) != 4:
        raise ValueError(digits)
    return int(digits)
