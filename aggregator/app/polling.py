"""How an app polls: rounds over the feeds that are due."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from aggregator.app.network import AppNetwork
from aggregator.errors import LocalError
from aggregator.models import SEEN, Feed, PollResult, Role

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.pipeline.exchange import Read
    from aggregator.pipeline.poll import Poller
    from aggregator.pipeline.worker import Worker


class AppPolling(AppNetwork):
    """Polls feeds."""

    stopping = False
    _poller: Poller | None = None

    def due_feeds(self) -> tuple[Feed, ...]:
        """The feeds whose time has come; inside `ready()` less those whose hosts have a request under way."""
        if self._poller is not None:
            return self._poller.due()
        return self._store.due_feeds(self.clock())

    def enable_feed(self, feed_id: int) -> None:
        """Makes a feed due again that is gone or waits."""
        with self._as_it_is() as store:
            store.enable_feed(feed_id)

    def poll(self, feeds: Iterable[Feed] | None = None) -> tuple[PollResult, ...]:
        """Polls these feeds, or those that are due, and returns when all have answered; see `publish`.

        Feeds that are named are polled whether they are due or not; a host that asked us to wait is left alone.
        One broken feed is a result. Runs an event loop of its own: inside one, use `ready` and `poll_round`.
        """
        import asyncio

        chosen = tuple(feeds or ())

        async def once() -> tuple[PollResult, ...]:
            async with self.ready(chosen):
                return await self.poll_round(
                    self.due_feeds() if feeds is None else chosen, forced=feeds is not None
                )

        return asyncio.run(once())

    @asynccontextmanager
    async def ready(self, feeds: Iterable[Feed] = ()) -> AsyncIterator[None]:
        """Everything that polling needs, for as long as the block runs. `feeds`: those that are polled first."""
        store, polling = self._store, self.config.polling
        with self._among_others() as worker:
            try:
                async with self._reader() as read:
                    self._expect(feeds)
                    # What follows imports the most: the reading processes do so meanwhile.
                    from aggregator.fetch import HostLimits
                    from aggregator.pipeline.exchange import Dependencies
                    from aggregator.pipeline.leases import HostLeases
                    from aggregator.pipeline.poll import Poller

                    hosts = HostLimits(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
                    leases = None
                    if worker is not None:
                        worker.gap = polling.host_gap
                        leases = worker.hosts = HostLeases(store, worker.name, self.clock, worker.gap)
                    async with self._fetcher() as fetcher:
                        parts = Dependencies(fetcher, hosts, self._guarded(read), self.clock, leases)
                        self._poller = Poller(self.config, store, parts)
                        yield
            finally:
                self._poller = None

    def _expect(self, feeds: Iterable[Feed]) -> None:
        """Starts what reads documents if one of these feeds was never read, so that there is one to be read."""
        if any(feed.last_document is None for feed in feeds):
            self._made_workers().prepare()

    def as_worker(self, role: Role) -> Worker | None:
        """What this process is to others that work on the same store, in this role; None where it works alone."""
        if role == "all" and self.config.store is None:
            return None
        return self._join(role)

    def _among_others(self) -> AbstractContextManager[Worker | None]:
        """What this process is to others that poll for the same store; None where there are none."""
        if self.worker is not None:
            return nullcontext(self.worker)
        if self.config.store is None and not self._store.workers(self.clock() - SEEN):
            return nullcontext()
        return self._join("poller")

    async def poll_round(
        self,
        feeds: Iterable[Feed],
        report: Callable[[PollResult], None] = lambda _: None,
        forced: bool = False,
    ) -> tuple[PollResult, ...]:
        """One round over these feeds, inside `ready()`. `forced`: by hand."""
        from aggregator.health.state import clock_problem

        if self._poller is None:
            raise RuntimeError("poll_round() belongs inside ready()")
        if wrong := clock_problem(self.clock()):  # stories would be dated by it for ever
            raise LocalError(wrong)
        feeds = tuple(feeds)
        self._expect(feeds)
        return await self._poller.poll(feeds, report, forced)

    @property
    def wants_feeds(self) -> bool:
        """Whether `due_feeds` should be asked again before the next tick; inside `ready()`."""
        return self._poller is not None and self._poller.wants_more

    def part_overdue(self) -> None:
        """Parts the feeds that are overdue as the service starts, as after a night switched off.

        Not where other workers are there: what is overdue waits for its turn.
        """
        if self.worker is not None and any(each.name != self.worker.name for each in self.worker.others):
            return
        from aggregator.pipeline.poll import part_overdue

        part_overdue(self._store, self.clock())

    def stop(self) -> None:
        """Lets a round that is under way end early, keeping what was fetched."""
        self.stopping = True
        if self._poller is not None:
            self._poller.stop()

    def drain(self) -> None:
        """Begins no further request; those under way end as they would."""
        if self._poller is not None:
            self._poller.drain()

    def _guarded(self, read: Read) -> Read:
        """Reads documents, but none that we published."""
        from aggregator.pipeline.self_guard import OwnFeed, SelfFeedGuard

        tags = {tag for sub in self.config.feeds for tag in sub.tags}
        publication_id = self.config.id or self._store.publication_id()
        return SelfFeedGuard(read, OwnFeed(publication_id, self.config.base_url, tags))
