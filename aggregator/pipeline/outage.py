"""Detects a network outage here: five hosts in a row cannot be reached."""

from __future__ import annotations

from aggregator import links, schedule
from aggregator.models import Feed


class OutageDetector:
    """The feeds that could not be reached since anybody last answered, as they stood before they were polled."""

    def __init__(self) -> None:
        self._hosts: set[str] = set()
        self._feeds: list[Feed] = []
        self.is_ours = False  # in this round

    def new_round(self) -> None:
        """A feed has to be polled before we know whether we still are offline."""
        self.is_ours = False

    def broken(self) -> None:
        """Somebody answered: those who did not are to blame themselves."""
        self._hosts.clear()
        self._feeds.clear()
        self.is_ours = False

    def joined_by(self, feed: Feed) -> tuple[Feed, ...]:
        """Feeds against which nothing counts, since it is us; none while that is not certain.

        A feed that failed before says nothing of us.
        """
        self._feeds.append(feed)
        if not feed.failures:
            self._hosts.add(links.host(feed.effective_url))
        if len(self._hosts) < schedule.OFFLINE_HOSTS:
            return ()
        self.is_ours = True
        innocent, self._feeds = tuple(self._feeds), []
        return innocent
