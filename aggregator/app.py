"""The composition root: the one place that names concrete parts and holds the real clock."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
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

log = logging.getLogger(__name__)

READER = "aggregator.pipeline.read:read"


def now() -> datetime:
    """The real clock, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def user_agent(config: Config) -> str:
    """Name, version, and where the operator can be found, which servers' owners ask for."""
    from aggregator.links import host

    place = host(config.base_url)
    contact = "" if place in ("localhost", "127.0.0.1", "[::1]", "") else f" (+{config.base_url})"
    return f"aggregator/{__version__}{contact}"


class App:
    """The program with all its parts, for one configuration. Use as a context manager."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = now) -> None:
        self.config = config
        self.clock = clock
        self.store = SqliteStore.open(config.store_path)
        self._poller: Poller | None = None
        self.stopping = False

    def __enter__(self) -> App:
        self.store.sync(self.config.feeds, self.clock())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    async def poll(
        self, feeds: Iterable[Feed], report: Callable[[PollResult], None] = lambda _: None
    ) -> tuple[PollResult, ...]:
        """One round over these feeds. Raises StoreError."""
        from aggregator.fetch import Fetcher, Hosts
        from aggregator.pipeline.poll import Poller
        from aggregator.workers import Workers

        polling = self.config.polling
        workers = Workers(READER, count=max(1, min(os.cpu_count() or 1, 8)))
        try:
            async with Fetcher(
                timeout=polling.timeout.total_seconds(),
                max_body=polling.max_body,
                allow_addresses=self.config.allow_addresses,
                user_agent=user_agent(self.config),
                now=self.clock,
            ) as fetcher:
                hosts = Hosts(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
                self._poller = Poller(self.config, self.store, fetcher, hosts, workers.run, self.clock)
                return await self._poller.poll(feeds, report)
        finally:
            self._poller = None
            workers.close()

    def stop(self) -> None:
        """Lets a round that is under way end early."""
        self.stopping = True
        if self._poller is not None:
            self._poller.stop()

    def publish(self, folder: Path | None = None) -> tuple[str, ...]:
        """Writes the outputs; names of those that changed."""
        from aggregator.pipeline.publish import publish

        return publish(self.store, self.config, self.clock(), folder)
