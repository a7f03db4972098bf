"""One round: each due feed is fetched, read and kept, hosts side by side, one feed at a time a host."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from aggregator import links, schedule
from aggregator.errors import AggregatorError, StoreError
from aggregator.fetch import Hosts
from aggregator.models import (
    Feed,
    Fetched,
    FetchRequest,
    FetchResult,
    Kept,
    NotModified,
    PollResult,
    ReadError,
    ReadFeed,
    Validators,
)
from aggregator.pipeline.keep import Keeper
from aggregator.settings import Config, Subscription
from aggregator.store.base import Store

log = logging.getLogger(__name__)

Read = Callable[[bytes, str | None, str, datetime], Awaitable[ReadFeed | ReadError]]


class Fetch(Protocol):
    async def fetch(self, request: FetchRequest) -> FetchResult: ...


class Poller:
    """Strings the stages together; everything that touches the world is handed in."""

    def __init__(
        self,
        config: Config,
        store: Store,
        fetcher: Fetch,
        hosts: Hosts,
        read: Read,
        clock: Callable[[], datetime],
    ) -> None:
        self._config, self._store, self._fetcher = config, store, fetcher
        self._hosts, self._read, self._clock = hosts, read, clock
        self._keeper = Keeper(config, store)
        self._subscriptions = {sub.url: sub for sub in config.feeds}
        self._stopping = False

    def stop(self) -> None:
        """Begins no further request; what was fetched is still kept."""
        self._stopping = True

    async def poll(
        self, feeds: Iterable[Feed], report: Callable[[PollResult], None] = lambda _: None
    ) -> tuple[PollResult, ...]:
        """Polls these feeds now. One broken feed is a result; only the store's failure ends the round."""
        paused = self._store.host_pauses(self._clock())
        by_host: dict[str, list[Feed]] = {}
        for feed in feeds:
            by_host.setdefault(links.host(feed.effective_url), []).append(feed)
        results: list[PollResult] = []

        async def one_host(host: str, its_feeds: Sequence[Feed]) -> None:
            for feed in its_feeds:
                if self._stopping:
                    return
                if host in paused and paused[host] > self._clock():
                    result = self._waits(feed, paused[host])
                else:
                    result = await self._guarded(feed, paused)
                results.append(result)
                report(result)

        tasks = [asyncio.ensure_future(one_host(host, its_feeds)) for host, its_feeds in by_host.items()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return tuple(results)

    async def _guarded(self, feed: Feed, paused: dict[str, datetime]) -> PollResult:
        """One feed, whatever it does to us."""
        try:
            return await self._one(feed, paused)
        except StoreError:
            raise
        except Exception as error:
            log.exception("%s: this should not happen", links.without_credentials(feed.url))
            failure = ReadError(f"cannot be polled ({type(error).__name__})")
            return self._finish(feed, failure, failure, 0.0, paused)

    async def _one(self, feed: Feed, paused: dict[str, datetime]) -> PollResult:
        request = FetchRequest(feed.effective_url, feed.validators, validators_url=feed.validators_url)
        async with self._hosts.turn(feed.effective_url):
            self._store.attempted(feed.id, self._clock())
            result = await self._fetcher.fetch(request)
        read: ReadFeed | ReadError | None = None
        if isinstance(result, Fetched) and _hash(result.body) != feed.body_hash:
            read = await self._readable(result)
        return self._finish(feed, result, read, result.elapsed, paused)

    async def _readable(self, fetched: Fetched) -> ReadFeed | ReadError:
        try:
            return await self._read(
                fetched.body, fetched.headers.get("content-type"), fetched.url, self._clock()
            )
        except AggregatorError as error:
            return ReadError(str(error))

    def _finish(
        self,
        feed: Feed,
        result: FetchResult | ReadError,
        read: ReadFeed | ReadError | None,
        elapsed: float,
        paused: dict[str, datetime],
    ) -> PollResult:
        """Writes all that this poll brought, in one transaction."""
        now = self._clock()
        kept = Kept()
        if isinstance(result, Fetched) and read is None:
            result = NotModified(result.url, result.validators, result.headers)  # the same body again
        outcome = read if isinstance(read, ReadError) else result
        subscription = self._subscriptions.get(feed.url, Subscription(feed.url))
        hints = read.info.hints if isinstance(read, ReadFeed) else None
        plan = schedule.plan(feed, outcome, self._config.polling, now, subscription.every, hints)
        with self._store.transaction():
            if isinstance(outcome, Fetched) and isinstance(read, ReadFeed):
                kept = self._keeper.keep(feed, read, now)
                self._store.described(feed.id, read.info, now)
                self._store.answered(feed.id, outcome.validators, outcome.url, _hash(outcome.body), now)
            elif isinstance(outcome, NotModified):
                fresh = _refreshed(feed.validators, outcome.validators)
                self._store.answered(feed.id, fresh, outcome.url, None, now)
            self._store.planned(feed.id, plan)
            if plan.host_paused_until is not None:
                host = links.host(feed.effective_url)
                paused[host] = plan.host_paused_until
                self._store.pause_host(host, plan.host_paused_until, plan.reason)
        return PollResult(
            url=links.without_credentials(feed.url),
            name=_name(feed, subscription, read),
            status=plan.status,
            new=kept.new,
            stories=kept.stories,
            edited=kept.edited,
            message=plan.last_error or _remarks(read),
            next_poll=plan.next_poll,
            elapsed=elapsed,
        )

    def _waits(self, feed: Feed, until: datetime) -> PollResult:
        """A feed that was not asked, since its host asked us to wait."""
        return PollResult(
            url=links.without_credentials(feed.url),
            name=_name(feed, self._subscriptions.get(feed.url, Subscription(feed.url)), None),
            status="paused",
            message=f"not asked: its host wants us to wait until {until:%Y-%m-%d %H:%M} UTC",
            next_poll=until,
        )


def _refreshed(old: Validators, new: Validators) -> Validators:
    """The validators after a 304, which need not repeat both (RFC 9110, 15.4.5)."""
    return Validators(new.etag or old.etag, new.last_modified or old.last_modified)


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _name(feed: Feed, subscription: Subscription, read: ReadFeed | ReadError | None) -> str:
    info = read.info if isinstance(read, ReadFeed) else feed.info
    return subscription.name or (info.title if info else None) or links.host(feed.url) or feed.url


def _remarks(read: ReadFeed | ReadError | None) -> str | None:
    """What a feed's owner might want to mend although it was read."""
    if not isinstance(read, ReadFeed):
        return None
    remarks = [read.info.problem] if read.info.problem else []
    if read.skipped:
        count = len(read.skipped)
        remarks.append(f"{count} {'entry' if count == 1 else 'entries'} skipped: {read.skipped[0]}")
    return "; ".join(remarks) or None
