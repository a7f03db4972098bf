"""The composition root: the one place that names concrete parts and holds the real clock."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from aggregator import __version__
from aggregator.models import Feed, PollResult
from aggregator.settings import Config
from aggregator.store.sqlite import SqliteStore

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.pipeline.poll import Poller

READER = "aggregator.pipeline.read:read"
MOST_WORKERS = 8


def now() -> datetime:
    """The real clock, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def user_agent(config: Config) -> str:
    """Name, version, and where the operator can be found, which servers' owners ask for."""
    from aggregator.links import host

    loopback = host(config.base_url) in ("localhost", "127.0.0.1", "[::1]")
    return f"aggregator/{__version__}" + ("" if loopback else f" (+{config.base_url})")


class App:
    """The program with all its parts, for one configuration. Use as a context manager."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = now) -> None:
        self.config = config
        self.clock = clock
        self.store = SqliteStore.open(config.store_path)
        self.stopping = False
        self._poller: Poller | None = None

    def __enter__(self) -> App:
        self.store.sync(self.config.feeds, self.clock())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """Everything that polling needs, for as long as the block runs."""
        from aggregator.fetch import Fetcher, Hosts
        from aggregator.pipeline.poll import Poller
        from aggregator.workers import Workers

        polling = self.config.polling
        hosts = Hosts(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
        workers = Workers(READER, count=max(1, min(os.cpu_count() or 1, MOST_WORKERS)))
        try:
            async with Fetcher(
                timeout=polling.timeout.total_seconds(),
                max_body=polling.max_body,
                allow_addresses=self.config.allow_addresses,
                user_agent=user_agent(self.config),
                now=self.clock,
            ) as fetcher:
                self._poller = Poller(self.config, self.store, fetcher, hosts, workers.run, self.clock)
                yield
        finally:
            self._poller = None
            workers.close()

    async def poll(
        self, feeds: Iterable[Feed], report: Callable[[PollResult], None] = lambda _: None
    ) -> tuple[PollResult, ...]:
        """One round over these feeds, inside `ready()`. Raises StoreError."""
        if self._poller is None:
            raise RuntimeError("poll() belongs inside ready()")
        return await self._poller.poll(feeds, report)

    def stop(self) -> None:
        """Lets a round that is under way end early, keeping what was fetched."""
        self.stopping = True
        if self._poller is not None:
            self._poller.stop()

    def publish(self, folder: Path | None = None) -> tuple[str, ...]:
        """Writes the outputs; names of those that changed. Raises ExportError, StoreError."""
        from aggregator.pipeline.publish import publish

        return publish(self.store, self.config, self.clock(), folder)

    def forget(self) -> int:
        """Removes what retention no longer keeps; how many entries."""
        return self.store.forget(self.clock(), self.config.keep.days)
