"""Fills in the dates of the demo's feeds, so that they look fresh whenever they are served.

`{{rfc822 -1d2h30m +0200}}` and `{{iso -45m}}` are dates so long before now, in that zone or in UTC;
`{{encoding}}` is the name of the encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
_DATE = re.compile(r"(rfc822|iso) -(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?: ([+-]\d\d:?\d\d))?")
_FORMS: dict[str, Callable[[datetime], str]] = {
    "rfc822": format_datetime,  # RSS
    "iso": lambda when: when.isoformat(timespec="seconds"),  # Atom, RSS 1.0, JSON Feed
}


def fill(template: str, now: datetime, encoding: str) -> str:
    """The document with every placeholder filled in; raises ValueError for one that nobody knows."""

    def value(found: re.Match[str]) -> str:
        return encoding if found[1] == "encoding" else _date(found[1], now)

    return _PLACEHOLDER.sub(value, template)


def _date(words: str, now: datetime) -> str:
    found = _DATE.fullmatch(words)
    if found is None:
        raise ValueError(f"unknown placeholder: {words}")
    form, days, hours, minutes, zone = found.groups()
    ago = timedelta(days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0))
    place = datetime.strptime(zone, "%z").tzinfo if zone else UTC
    return _FORMS[form]((now - ago).astimezone(place))
