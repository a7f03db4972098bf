"""How an app finds feeds, checks those of feeds.yaml, and fetches the lists that it includes."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from aggregator.app.network import AppNetwork
from aggregator.errors import StoreError

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.pipeline.find_feeds import FoundFeeds
    from aggregator.pipeline.findings import Finding
    from aggregator.pipeline.self_guard import OwnFeed
    from aggregator.settings import Subscription

log = logging.getLogger(__name__)

CHECKER = "aggregator.pipeline.check_document:check_document"


class AppFinding(AppNetwork):
    """Asks feeds and pages, and leaves the store alone."""

    def find_feeds(self, url: str) -> FoundFeeds:
        """The feeds behind an address: itself, those that its page names, or those in the usual places.

        Runs an event loop of its own, makes one request after the other, and leaves the store alone.
        """
        import asyncio

        from aggregator.pipeline.find_feeds import FeedFinder

        async def find() -> FoundFeeds:
            async with self._reader() as read, self._fetcher() as fetcher:
                return await FeedFinder(fetcher.fetch, read, self.clock(), self._own_feed()).find(url)

        return asyncio.run(find())

    def check_feeds(self, report: Callable[[], None] = lambda: None) -> tuple[Finding, ...]:
        """Asks each feed of feeds.yaml once and says what is wrong with it; the store is not changed.

        Runs an event loop of its own; `report` is called after each answer.
        """
        import asyncio

        from aggregator.fetch import HostLimits
        from aggregator.pipeline.check_feeds import findings, probe_feeds

        polling, own = self.config.polling, self._own_feed()

        async def ask() -> tuple[Finding, ...]:
            hosts = HostLimits(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
            async with self._reader(CHECKER) as read, self._fetcher() as fetcher:
                probes = await probe_feeds(
                    self.config.feeds,
                    lambda request: fetcher.fetch(request, hosts.turn),
                    read,
                    self.clock(),
                    lambda _: report(),
                )
            return findings(probes, own)

        return asyncio.run(ask())

    def permanent_redirect(self, subscription: Subscription) -> str | None:
        """Where its permanent redirects lead now; None if there are none, or if nothing could be fetched.

        Runs an event loop of its own.
        """
        import asyncio

        from aggregator.models import Fetched, FetchRequest

        async def ask() -> str | None:
            request = FetchRequest(subscription.url, auth=subscription.auth, headers=subscription.headers)
            async with self._fetcher() as fetcher:
                answer = await fetcher.fetch(request)
            moved = answer.moved_to if isinstance(answer, Fetched) else None
            return moved if moved != subscription.url else None

        return asyncio.run(ask())

    def _own_feed(self) -> OwnFeed:
        from aggregator.pipeline.self_guard import OwnFeed

        tags = {tag for sub in self.config.feeds for tag in sub.tags}
        return OwnFeed(self.config.id or self._publication_id(), self.config.base_url, tags)

    def _publication_id(self) -> str | None:
        """The id of our feed, if there is a store that has one."""
        with contextlib.suppress(StoreError), self._library() as library:
            return library.publication_id() if library else None
        return None

    def refresh_includes(self) -> bool:
        """Asks again for the lists at URLs that are due; whether one has changed: load the configuration anew then.

        Runs an event loop of its own; what fails is a line in the log.
        """
        if not any(include.is_remote for include in self.config.include):
            return False
        import asyncio

        from aggregator.fetch import HostLimits
        from aggregator.pipeline.includes import refresh

        async def ask() -> tuple[tuple[str, ...], bool]:
            hosts = HostLimits(gap=self.config.polling.host_gap.total_seconds())
            async with self._fetcher() as fetcher:
                return await refresh(self.config, fetcher.fetch, hosts.turn, self.clock())

        problems, changed = asyncio.run(ask())
        for problem in problems:
            log.warning("%s", problem)
        return changed
