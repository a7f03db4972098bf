"""One round: each due feed is fetched, read and kept, hosts side by side, one feed at a time a host."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Protocol

from aggregator import links, schedule
from aggregator.errors import AggregatorError, LocalError, StoreError
from aggregator.fetch import FetchProblem, HostLimits
from aggregator.models import (
    Feed,
    Fetched,
    FetchError,
    FetchRequest,
    FetchResult,
    Plan,
    PollHints,
    PollNote,
    PollResult,
    ReadError,
    ReadFeed,
    Status,
    Validators,
)
from aggregator.pipeline.ingest import Ingester
from aggregator.pipeline.outage import OutageDetector
from aggregator.pipeline.record import PollRecorder, body_hash, name_of
from aggregator.settings import Config, Subscription
from aggregator.store.base import Store

log = logging.getLogger(__name__)

GRACE = 1.0  # seconds that a round has to finish what it began when we are asked to stop

Read = Callable[[Fetched, datetime], Awaitable[ReadFeed | ReadError]]


class Fetch(Protocol):
    async def fetch(
        self, request: FetchRequest, turn: Callable[[str], AbstractAsyncContextManager[None]]
    ) -> FetchResult: ...


def part_overdue(store: Store, now: datetime) -> None:
    """Parts the feeds that are overdue as the service starts, so that they do not come at once."""
    overdue = {feed.id: feed for feed in store.due(now)}
    with store.transaction():
        for feed_id, when in schedule.start_times(overdue.values(), now).items():
            store.planned(feed_id, schedule.spread_at_start(overdue[feed_id], when))


class Poller:
    """Strings the stages together; everything that touches the world is handed in."""

    def __init__(
        self,
        config: Config,
        store: Store,
        fetcher: Fetch,
        hosts: HostLimits,
        read: Read,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._fetcher = store, fetcher
        self._hosts, self._read, self._clock = hosts, read, clock
        self._subscriptions = {sub.url: sub for sub in config.feeds}
        self._settle = PollRecorder(config, store, Ingester(config, store))
        self._silence = OutageDetector()
        self._stopping = False
        self._under_way: dict[str, asyncio.Task[None]] = {}  # by host

    def stop(self) -> None:
        """Begins no further request; what comes within `GRACE` is still kept, the rest is given up."""
        self._stopping = True
        for task in self._under_way.values():
            task.get_loop().call_soon_threadsafe(_end_later, task)

    def drain(self) -> None:
        """Begins no further request; those under way end as they would."""
        self._stopping = True

    def due(self) -> tuple[Feed, ...]:
        """The feeds whose time has come, less those of hosts that are being asked."""
        due = self._store.due(self._clock())
        return tuple(feed for feed in due if links.host(feed.effective_url) not in self._under_way)

    async def poll(
        self,
        feeds: Iterable[Feed],
        report: Callable[[PollResult], None] = lambda _: None,
        forced: bool = False,
    ) -> tuple[PollResult, ...]:
        """Polls these feeds now. One broken feed is a result; only the store's failure ends the round.

        Rounds may overlap where they share no host, see `due`. `forced`: somebody asked for it, so that a feed's
        own wishes do not count; those of its host still do.
        """
        by_host: dict[str, list[Feed]] = {}
        for feed in sorted(feeds, key=lambda feed: feed.failures > 0):  # who held us up has its turn last
            by_host.setdefault(links.host(feed.effective_url), []).append(feed)
        results: dict[str, PollResult] = {}
        self._silence.new_round()

        async def one_host(host: str, its_feeds: Sequence[Feed]) -> None:
            try:
                for feed in its_feeds:
                    if self._stopping:
                        return
                    for result in await self._guarded(feed, forced):
                        results[result.url] = result
                        report(result)
            finally:
                self._under_way.pop(host, None)

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
        return tuple(results.values())

    async def _guarded(self, feed: Feed, forced: bool) -> Sequence[PollResult]:
        """One feed, whatever it does to us."""
        try:
            put_off = self._put_off(feed, forced)
            return (put_off,) if put_off else await self._one(feed)
        except StoreError:
            raise
        except Exception as error:
            log.exception("%s: this should not happen", links.without_credentials(feed.url))
            failure = ReadError(f"cannot be polled ({type(error).__name__})")
            return (self._settle(feed, self._subscription(feed), failure, failure, self._clock()),)

    def _put_off(self, feed: Feed, forced: bool) -> PollResult | None:
        """What came of a feed that is not to be asked at this moment; None where it is."""
        now = self._clock()
        until = self._store.host_pauses(now).get(links.host(feed.effective_url))
        if until is not None:
            return self._put_back(feed, schedule.plan_host_pause(feed, until), "paused")
        if self._silence.is_ours:
            return self._put_back(feed, schedule.plan_offline(feed, now), feed.status)
        slot = schedule.next_allowed_time(now, feed.info.hints if feed.info else PollHints())
        if slot > now and not forced:
            return self._put_back(feed, schedule.plan_skip_hours(feed, slot), feed.status)
        return None

    async def _one(self, feed: Feed) -> Sequence[PollResult]:
        paused: list[datetime] = []
        request = self._request(feed, self._clock())
        result = await self._fetcher.fetch(request, self._turns(feed, paused))
        now = self._clock()
        if isinstance(result, FetchError) and result.kind == "waiting":
            if paused:
                return (self._put_back(feed, schedule.plan_host_pause(feed, paused[0]), "paused"),)
            return (self._result(feed, feed.status, result.message),)
        if isinstance(result, FetchError) and result.kind == "local":
            return (self._put_off_by_local_fault(feed, result.message),)
        if isinstance(result, FetchError) and result.kind == "unreachable":
            innocent = self._silence.joined_by(feed)
            if innocent:
                return [self._innocent(one, now) for one in innocent]
        else:
            self._silence.broken()
        read: ReadFeed | ReadError | None = None
        digest = body_hash(result.body) if isinstance(result, Fetched) else None
        if isinstance(result, Fetched) and digest != feed.body_hash:
            try:
                read = await self._readable(result)
            except LocalError as error:
                return (self._put_off_by_local_fault(feed, str(error)),)
        return (self._settle(feed, self._subscription(feed), result, read, self._clock(), digest),)

    def _turns(
        self, feed: Feed, paused: list[datetime]
    ) -> Callable[[str], AbstractAsyncContextManager[None]]:
        """What to hold while a host is asked, that of the feed or one that a redirect leads to.

        The attempt is stored before the first request goes out, so that a crash loop cannot hammer.
        """
        begun = False

        @asynccontextmanager
        async def turn(url: str) -> AsyncIterator[None]:
            nonlocal begun
            async with self._hosts.turn(url):
                now = self._clock()
                until = self._store.host_pauses(now).get(links.host(url))
                if until is not None:
                    paused.append(until)
                    raise FetchProblem("waiting", "its host wants us to wait")
                if not begun and not self._store.attempted(feed, now, schedule.retry_if_crashed(now)):
                    raise FetchProblem("waiting", "not asked: another process has just asked it")
                begun = True
                yield

        return turn

    def _request(self, feed: Feed, now: datetime) -> FetchRequest:
        subscription = self._subscription(feed)
        whole = schedule.needs_full_fetch(feed, self._store.dates(feed.id, schedule.DATES), now)
        return FetchRequest(
            feed.effective_url,
            Validators() if whole else feed.validators,
            validators_url=feed.validators_url,
            auth=subscription.auth,
            headers=subscription.headers,
        )

    async def _readable(self, fetched: Fetched) -> ReadFeed | ReadError:
        try:
            return await self._read(fetched, self._clock())
        except LocalError:
            raise
        except AggregatorError as error:
            return ReadError(str(error))

    def _subscription(self, feed: Feed) -> Subscription:
        return self._subscriptions.get(feed.url, Subscription(feed.url))

    def _innocent(self, feed: Feed, now: datetime) -> PollResult:
        """A feed that was asked while we were offline: whatever was counted against it is taken back."""
        plan = schedule.plan_offline(feed, now)
        self._store.noted(
            feed.id, PollNote(now, feed.status, "not reached, nor was anybody else", plan.reason)
        )
        return self._put_back(feed, plan, feed.status)

    def _put_off_by_local_fault(self, feed: Feed, fault: str) -> PollResult:
        plan = schedule.plan_after_local_fault(feed, self._clock(), fault)
        return self._put_back(feed, plan, feed.status)

    def _put_back(self, feed: Feed, plan: Plan, shown_as: Status) -> PollResult:
        """A feed that stands as it stood, and has its turn later."""
        self._store.planned(feed.id, plan)
        return self._result(feed, shown_as, f"not now: {plan.steps[0]}", plan.next_poll)

    def _result(
        self, feed: Feed, status: Status, message: str, next_poll: datetime | None = None
    ) -> PollResult:
        return PollResult(
            url=links.without_credentials(feed.url),
            name=name_of(feed, self._subscription(feed)),
            status=status,
            message=message,
            next_poll=next_poll or feed.next_poll,
        )


def _end_later(task: asyncio.Task[None]) -> None:
    task.get_loop().call_later(GRACE, task.cancel)
