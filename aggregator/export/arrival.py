"""Dates by which no reader misses a story: those of when it was published here, told apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta


def arrival_dates(arrivals: Iterable[datetime]) -> list[datetime]:
    """A date for each story, strictly rising: when it was published here, or a second after the one before.

    `arrivals`: when each was first published, oldest first. What comes later never changes a date that was given.
    """
    dates: list[datetime] = []
    for when in arrivals:
        dates.append(max(when, dates[-1] + timedelta(seconds=1)) if dates else when)
    return dates
