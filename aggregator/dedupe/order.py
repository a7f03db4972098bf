"""In which order a document lists its entries, as far as their dates tell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

Order = Literal["newest first", "oldest first", "unsorted", "unknown"]

_FEW = 5  # from as many on, the first may be pinned there
_ODD = 10  # of so many entries, one may stand where its date does not put it


def order(dates: Sequence[datetime]) -> Order:
    """The order of these dates; "unknown" where they are all the same, or fewer than two."""
    if len(set(dates)) < 2:
        return "unknown"
    times = [date.timestamp() for date in dates]
    if _is_sorted([-time for time in times]):
        return "newest first"
    if _is_sorted(times):
        return "oldest first"
    return "unsorted"


def _is_sorted(times: Sequence[float]) -> bool:
    """Rising; but for one that is pinned on top, or few others."""
    if len(times) >= _FEW and _longest_rise(times[1:]) == len(times) - 1:
        return True
    return _longest_rise(times) >= len(times) - len(times) // _ODD


def _longest_rise(times: Sequence[float]) -> int:
    """Length of the longest part, not necessarily in one piece, that does not fall."""
    ends: list[float] = []
    for time in times:
        place = bisect_right(ends, time)
        ends[place : place + 1] = [time]
    return len(ends)
