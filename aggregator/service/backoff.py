"""How long to wait after a failure before trying again: twice as long each time, up to a limit."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=5)


class Backoff:
    """Failures in a row of one thing, and when it may be tried again."""

    def __init__(self) -> None:
        self._failures = 0
        self._until: datetime | None = None

    def failed(self, now: datetime) -> timedelta:
        """Counts one more; how long to wait."""
        wait = min(FIRST * (1 << self._failures), LONGEST)
        self._failures = min(self._failures + 1, 16)
        self._until = now + wait
        return wait

    def succeeded(self) -> None:
        self._failures, self._until = 0, None

    def is_over(self, now: datetime) -> bool:
        """Whether it may be tried. A clock set back does not prolong the wait."""
        return self._until is None or not now < self._until <= now + LONGEST
