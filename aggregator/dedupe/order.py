"""In which order a document lists its entries, as far as their dates tell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

Order = Literal["newest first", "oldest first", "unsorted", "unknown"]

_PINNED = {1: 4, 3: 8}  # so many may be pinned on top of that many others that are sorted
_ODD = 10  # of so many entries, one may stand where its date does not put it


def order(dates: Sequence[datetime]) -> Order:
    """The order of these dates; "unknown" where they are all the same, or fewer than two."""
    dates = dates[pinned(dates) :]
    if len(set(dates)) < 2:
        return "unknown"
    times = [date.timestamp() for date in dates]
    if _is_sorted([-time for time in times]):
        return "newest first"
    if _is_sorted(times):
        return "oldest first"
    return "unsorted"


def pinned(dates: Sequence[datetime]) -> int:
    """How many entries are pinned on top: without these the dates are sorted, and with them they are not."""
    times = [date.timestamp() for date in dates]
    for count in range(max(_PINNED) + 1):
        rest = times[count:]
        enough = min(least for most, least in _PINNED.items() if most >= count)
        if count and len(rest) < enough:
            break
        if len(rest) in (_longest_rise(rest), _longest_rise([-time for time in rest])):
            return count
    return 0


def _is_sorted(times: Sequence[float]) -> bool:
    """Rising, but for few."""
    return _longest_rise(times) >= len(times) - len(times) // _ODD


def _longest_rise(times: Sequence[float]) -> int:
    """Length of the longest part, not necessarily in one piece, that does not fall."""
    ends: list[float] = []
    for time in times:
        place = bisect_right(ends, time)
        ends[place : place + 1] = [time]
    return len(ends)
