"""A small installation with real parts: a store in a file, sockets on loopback, the reader in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from aggregator.fetch import Fetcher, HostLimits
from aggregator.models import Fetched, PollResult, ReadError, ReadFeed
from aggregator.pipeline.exchange import Dependencies
from aggregator.pipeline.poll import Poller
from aggregator.pipeline.publish import publish
from aggregator.pipeline.read import read
from aggregator.settings import Config, Keep, Polling, Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from aggregator.times import format_utc
from support.make import NOON
from support.stores import new_store, sql


class Bench:
    """One small installation: what a test sets up, polls and looks at."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self.place = str(folder / "aggregator.db")
        self.now = NOON
        self.polling = Polling(host_gap=timedelta(0), timeout=timedelta(seconds=60))
        self.config = Config(folder / "feeds.yaml", ())

    @classmethod
    def at(cls, folder: Path, place: str | None = None) -> Self:
        """With a new store in the folder, or the one at `place`; the caller closes it."""
        store = new_store(folder / "aggregator.db") if place is None else open_store(place)
        bench = cls(folder, store)
        bench.place = place or str(folder / "aggregator.db")
        return bench

    def subscribe(self, *urls: str | Subscription, **more: object) -> None:
        feeds = tuple(Subscription(url) if isinstance(url, str) else url for url in urls)
        self.config = Config(
            self.folder / "feeds.yaml",
            feeds,
            data=self.folder,
            allow_addresses=("127.0.0.0/8",),
            polling=self.polling,
            **more,  # type: ignore[arg-type]
        )
        self.store.sync_subscriptions(feeds, self.now)

    def poll(self, only_due: bool = False, forced: bool = False, **fetching: Any) -> dict[str, PollResult]:
        """One round. `fetching`: what the fetcher gets besides, as `resolve`."""
        return asyncio.run(self.poll_now(only_due, forced, **fetching))

    async def poll_now(
        self, only_due: bool = False, forced: bool = False, **fetching: Any
    ) -> dict[str, PollResult]:
        async with self.ready(**fetching) as poller:
            feeds = self.store.due_feeds(self.now) if only_due else self.store.feeds()
            return {result.url: result for result in await poller.poll(feeds, forced=forced)}

    @asynccontextmanager
    async def ready(self, **fetching: Any) -> AsyncIterator[Poller]:
        polling = self.polling
        async with Fetcher(
            user_agent="aggregator/test",
            now=lambda: self.now,
            timeout=polling.timeout.total_seconds(),
            max_body=polling.max_body,
            allow_addresses=self.config.allow_addresses,
            **fetching,
        ) as fetcher:
            hosts = HostLimits(at_once=polling.hosts_at_once, gap=0)
            parts = Dependencies(fetcher, hosts, self.read, lambda: self.now)
            poller = Poller(self.config, self.store, parts)
            self.poller = poller
            yield poller

    async def read(self, fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
        return read(bytes(fetched.body), fetched.headers.get("content-type"), fetched.url, now)

    def sql(self, statement: str, *parameters: object) -> Sequence[Any]:
        """Looks into the store from outside, or changes it there."""
        return sql(self.folder / "aggregator.db", statement, *parameters)

    def publish(self) -> tuple[str, ...]:
        return publish(self.store, self.config, self.now)

    def published(self) -> dict[str, bytes]:
        public = self.config.public_path
        return {
            str(path.relative_to(public)): path.read_bytes()
            for path in sorted(public.rglob("*"))
            if path.is_file()
        }

    def forget(self, days: int) -> int:
        """Retention, as after every feed was read and listed nothing of what is stored."""
        now = format_utc(self.now)
        self.sql("UPDATE feeds SET last_success = ?, last_document = ?", now, now)
        return self.store.forget(self.now, Keep(days))

    def titles(self) -> list[str]:
        return [story.title for story in self.store.latest(1000)]


def statuses(results: dict[str, PollResult]) -> Sequence[str]:
    return [result.status for result in results.values()]
