"""One round: each due feed is polled, hosts side by side, one feed at a time a host."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from aggregator import links, schedule
from aggregator.errors import LocalError, StoreError
from aggregator.models import Feed, FetchError, PollHints, PollNote, PollResult
from aggregator.pipeline.exchange import Dependencies, FeedExchange
from aggregator.pipeline.leases import HostLeases
from aggregator.pipeline.outage import OutageDetector
from aggregator.settings import Config
from aggregator.store.interfaces import PollStore

PORTION = 500  # feeds that one of several workers has at once
GRACE = 1.0  # seconds that a round has to finish what it began once it is to stop


def part_overdue(store: PollStore, now: datetime) -> None:
    """Parts the feeds that are overdue as the service starts, so that they do not come at once."""
    overdue = {feed.id: feed for feed in store.due_feeds(now)}
    times = schedule.start_times(overdue.values(), now)
    store.postpone(
        {feed_id: schedule.spread_at_start(overdue[feed_id], when) for feed_id, when in times.items()}
    )


class Poller:
    """Strings the stages together; everything that touches the world is handed in."""

    def __init__(self, config: Config, store: PollStore, parts: Dependencies) -> None:
        self._store, self._clock, self._leases = store, parts.clock, parts.leases
        self._exchange = FeedExchange(config, store, parts)
        self._outage = OutageDetector()
        self._stopping = False
        self._under_way: dict[str, asyncio.Task[None]] = {}  # by host
        self._waiting = 0  # feeds of rounds that are not polled yet
        self._was_full = False  # the last portion of the queue, so that there may be more

    def stop(self) -> None:
        """Begins no further request; what comes within `GRACE` is still kept, the rest is given up."""
        self._stopping = True
        for task in self._under_way.values():
            task.get_loop().call_soon_threadsafe(_end_later, task)

    def drain(self) -> None:
        """Begins no further request; those under way end as they would."""
        self._stopping = True

    def due(self) -> tuple[Feed, ...]:
        """The feeds whose time has come, less those of hosts with a request under way.

        Less those, too, that another process has added from a newer feeds.yaml: how to sign in is not known here.
        Of several workers each gets a portion, whose hosts nobody else asks until `poll` is done with them.
        """
        if self._leases is not None:
            return self._portion(self._leases)
        due = self._store.due_feeds(self._clock())
        return tuple(
            feed
            for feed in due
            if links.host(feed.effective_url) not in self._under_way and self._exchange.knows(feed)
        )

    @property
    def wants_more(self) -> bool:
        """Whether it is time for the next portion: most of the last one was polled, and it was a full one."""
        return self._was_full and self._waiting < PORTION // 2

    def _portion(self, leases: HostLeases) -> tuple[Feed, ...]:
        most = schedule.OFFLINE_HOSTS if self._outage.is_ours else PORTION - self._waiting
        self._was_full = False
        if most <= 0 or self._stopping:
            return ()
        found = leases.feeds(most, self._under_way)
        self._was_full = len(found) >= most // 2 and not self._outage.is_ours
        feeds = tuple(feed for feed in found if self._exchange.knows(feed))
        for host in {links.host(feed.effective_url) for feed in found}.difference(
            links.host(feed.effective_url) for feed in feeds
        ):
            leases.done(host)
        return feeds

    async def poll(
        self,
        feeds: Iterable[Feed],
        report: Callable[[PollResult], None] = lambda _: None,
        forced: bool = False,
    ) -> tuple[PollResult, ...]:
        """Polls these feeds now. One broken feed is a result; only the store's failure ends the round.

        Rounds may overlap where they share no host, see `due`. `forced`: by hand, so that a feed's
        own wishes do not count; those of its host still do.
        """
        by_host: dict[str, list[Feed]] = {}
        for feed in sorted(feeds, key=schedule.turn):
            by_host.setdefault(links.host(feed.effective_url), []).append(feed)
        results: dict[str, PollResult] = {}
        left = sum(map(len, by_host.values()))
        self._waiting += left
        self._outage.new_round()
        self._exchange.load_pauses()

        async def one_host(host: str, its_feeds: Sequence[Feed]) -> None:
            nonlocal left
            try:
                for feed in its_feeds:
                    if self._stopping:
                        return
                    left -= 1
                    self._waiting -= 1
                    for result in await self._guarded(feed, forced):
                        results[result.url] = result
                        report(result)
            finally:
                self._under_way.pop(host, None)
                if self._leases is not None:
                    self._leases.done(host)

        ours = {host: asyncio.ensure_future(one_host(host, feeds)) for host, feeds in by_host.items()}
        self._under_way |= ours
        tasks = tuple(ours.values())
        try:
            if tasks:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._waiting -= left
            self._give_back()
        return tuple(results.values())

    def _give_back(self) -> None:
        """Lets other workers have the hosts that were polled; where the store fails, they have them a little later."""
        if self._leases is not None:
            with contextlib.suppress(StoreError):
                self._leases.give_back()

    async def _guarded(self, feed: Feed, forced: bool) -> Sequence[PollResult]:
        """One feed, whatever it does to us."""
        try:
            put_off = self._put_off(feed, forced)
            return (put_off,) if put_off else await self._one(feed)
        except StoreError:
            raise
        except Exception as error:
            return (self._exchange.fail(feed, error),)

    def _put_off(self, feed: Feed, forced: bool) -> PollResult | None:
        """What came of a feed that is not to be polled at this moment; None if it is."""
        now = self._clock()
        until = self._exchange.paused_until(links.host(feed.effective_url))
        if until is not None:
            return self._exchange.postpone(feed, schedule.plan_host_pause(feed, until), "paused")
        if self._outage.is_ours:
            return self._exchange.postpone(feed, schedule.plan_offline(feed, now), feed.status)
        slot = schedule.next_allowed_time(now, feed.info.hints if feed.info else PollHints())
        if slot > now and not forced:
            return self._exchange.postpone(feed, schedule.plan_skip_hours(feed, slot), feed.status)
        return None

    async def _one(self, feed: Feed) -> Sequence[PollResult]:
        asked = await self._exchange.ask(feed)
        if isinstance(asked, PollResult):
            return (asked,)
        if isinstance(asked.result, FetchError) and asked.result.kind == "local":
            return (self._put_off_by_local_fault(feed, asked.result.message),)
        if isinstance(asked.result, FetchError) and asked.result.kind == "unreachable":
            innocent = self._outage.joined_by(feed)
            if innocent:
                return [self._plan_after_outage(one) for one in innocent]
        else:
            self._outage.broken()
        try:
            return (await self._exchange.accept(feed, asked),)
        except LocalError as error:
            return (self._put_off_by_local_fault(feed, str(error)),)

    def _put_off_by_local_fault(self, feed: Feed, fault: str) -> PollResult:
        plan = schedule.plan_after_local_fault(feed, self._clock(), fault)
        return self._exchange.postpone(feed, plan, feed.status)

    def _plan_after_outage(self, feed: Feed) -> PollResult:
        """The plan of a feed that was polled while we were offline: what was counted against it is taken back."""
        now = self._clock()
        plan = schedule.plan_offline(feed, now)
        note = PollNote(now, feed.status, "not reached, nor was anybody else", plan.reason)
        return self._exchange.postpone(feed, plan, feed.status, note)


def _end_later(task: asyncio.Task[None]) -> None:
    task.get_loop().call_later(GRACE, task.cancel)
