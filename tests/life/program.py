"""The program as the player runs it: its real parts, with a clock and a DNS of our own."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

from aggregator.fetch import Fetcher, HostLimits
from aggregator.models import Feed, Fetched, ReadError, ReadFeed
from aggregator.pipeline.exchange import Dependencies
from aggregator.pipeline.poll import Poller, part_overdue
from aggregator.pipeline.publish import publish
from aggregator.pipeline.read import read
from aggregator.settings import Config, Keep, Polling, Subscription
from aggregator.store.sqlite import SqliteStore

Clock = Callable[[], datetime]


class Program:
    """One run of the service, from its start until it is stopped."""

    def __init__(self, config: Config, store: SqliteStore, poller: Poller, clock: Clock) -> None:
        self.config, self.clock = config, clock
        self._store, self._poller = store, poller

    def start(self) -> None:
        """What the service does before its first round."""
        self.forget()
        part_overdue(self._store, self.clock())

    def due(self) -> Sequence[Feed]:
        return self._store.due_feeds(self.clock())

    def every(self) -> Sequence[Feed]:
        return self._store.feeds()

    async def poll(self, feeds: Iterable[Feed], forced: bool = False) -> bool:
        """Whether that brought anything."""
        results = await self._poller.poll(feeds, forced=forced)
        return any(result.new or result.edited for result in results)

    def publish(self) -> None:
        publish(self._store, self.config, self.clock())

    def forget(self) -> None:
        self._store.forget(self.clock(), self.config.keep)


@asynccontextmanager
async def running(folder: Path, urls: Sequence[str], keep_days: int, clock: Clock) -> AsyncIterator[Program]:
    """The program under a configuration with these feeds."""
    feeds = tuple(Subscription(url) for url in urls)
    polling = Polling()
    config = Config(folder / "feeds.yaml", feeds, data=folder, polling=polling, keep=Keep(keep_days))
    with closing(SqliteStore.open(config.store_path)) as store:
        store.sync_subscriptions(feeds, clock())
        async with Fetcher(
            user_agent="aggregator/test (+https://example.org/)",
            now=clock,
            timeout=polling.timeout.total_seconds(),
            allow_addresses=("127.0.0.0/8",),
            resolve=_resolve,
        ) as fetcher:
            hosts = HostLimits(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
            parts = Dependencies(fetcher, hosts, _read, clock)
            yield Program(config, store, Poller(config, store, parts), clock)


def query(folder: Path, statement: str) -> list[tuple[object, ...]]:
    """What the store's public schema says."""
    with closing(sqlite3.connect(folder / "aggregator.db")) as db:
        return db.execute(statement).fetchall()


async def _resolve(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def _read(fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
    return read(bytes(fetched.body), fetched.headers.get("content-type"), fetched.url, now)
