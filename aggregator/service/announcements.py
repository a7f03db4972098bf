"""Which changed files a hub is to be told of, and when: it asks for them at once, and whoever answers should have them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

COPIED = timedelta(seconds=10)  # in which web servers of other machines have copied what was published


class Announcements:
    """Names of published files that have changed."""

    def __init__(self) -> None:
        self._changed: dict[str, datetime] = {}  # since when each waits

    def add(self, names: Iterable[str], now: datetime) -> None:
        """These have changed; one that waits already waits no longer for it."""
        for name in names:
            self._changed.setdefault(name, now)

    def take(self, now: datetime, is_copied: bool) -> tuple[str, ...]:
        """Those that can be told of now; each once. `is_copied`: whether other machines serve them, too."""
        found = tuple(
            name
            for name, since in self._changed.items()
            if not is_copied
            or not since <= now < since + COPIED  # which a clock that is set back does not prolong
        )
        for name in found:
            del self._changed[name]
        return found
