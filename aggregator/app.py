"""The composition root: the one place that names concrete parts and holds the real clock."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from aggregator import __version__
from aggregator.models import Feed, Fetched, PollResult, ReadError, ReadFeed
from aggregator.settings import Config
from aggregator.store.sqlite import SqliteStore

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.export import Written
    from aggregator.fetch import Fetcher
    from aggregator.pipeline.poll import Poller, Read
    from aggregator.workers import Workers

log = logging.getLogger(__name__)

READER = "aggregator.pipeline.read:read"
MOST_WORKERS = 4  # each takes memory, and two keep up with any line
# Of the time that one feed may take; what is left is for keeping and publishing it. What the exchange did not
# need may be spent on waiting for a reader.
EXCHANGE, READING = 0.6, 0.3


def now() -> datetime:
    """The real clock, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def user_agent(config: Config) -> str:
    """Name, version, and where the operator can be found, which servers' owners ask for."""
    from aggregator.links import is_loopback

    return f"aggregator/{__version__}" + ("" if is_loopback(config.base_url) else f" (+{config.base_url})")


def searcher(config: Config) -> Callable[[str], tuple[int, bytes]]:
    """What makes the page that answers a search, and its HTTP status; to be called from any thread."""
    from aggregator.pipeline.search import answer

    return lambda query: answer(lambda: SqliteStore.open_to_read(config.store_path), config, query)


class App:
    """The program with all its parts, for one configuration. Use as a context manager."""

    def __init__(self, config: Config, clock: Callable[[], datetime] = now) -> None:
        self.config = config
        self.clock = clock
        self.store = SqliteStore.open(config.store_path)
        self.stopping = False
        self._poller: Poller | None = None
        self._workers: Workers | None = None
        self._written: Written = {}

    def __enter__(self) -> App:
        from aggregator.filters import compile_rules

        self.store.sync(self.config.feeds, self.clock())
        rules = compile_rules(self.config)
        self.store.reapply(rules.fingerprint, rules.blocked_by)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """Everything that polling needs, for as long as the block runs."""
        from aggregator.fetch import HostLimits
        from aggregator.pipeline.poll import Poller
        from aggregator.workers import Workers

        polling = self.config.polling
        hosts = HostLimits(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
        workers = self._workers = Workers(READER, count=max(1, min(os.cpu_count() or 1, MOST_WORKERS)))

        seconds = polling.timeout.total_seconds()

        async def read(fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
            answer: ReadFeed | ReadError = await workers.run(
                *(fetched.body, fetched.headers.get("content-type"), fetched.url, now),
                size=len(fetched.body),
                seconds=seconds * READING,
                wait_budget=max(0.0, seconds * EXCHANGE - fetched.elapsed),
            )
            return answer

        try:
            async with self._fetcher() as fetcher:
                self._poller = Poller(
                    self.config, self.store, fetcher, hosts, self._guarded(read), self.clock
                )
                yield
        finally:
            self._poller = self._workers = None
            workers.close()

    def due(self) -> tuple[Feed, ...]:
        """The feeds whose time has come and whose hosts are not being asked, inside `ready()`. Raises StoreError."""
        return () if self._poller is None else self._poller.due()

    async def poll(
        self,
        feeds: Iterable[Feed],
        report: Callable[[PollResult], None] = lambda _: None,
        forced: bool = False,
    ) -> tuple[PollResult, ...]:
        """One round over these feeds, inside `ready()`. `forced`: somebody asked for it. Raises StoreError."""
        if self._poller is None:
            raise RuntimeError("poll() belongs inside ready()")
        return await self._poller.poll(feeds, report, forced)

    def part_overdue(self) -> None:
        """Parts the feeds that are overdue as the service starts, as after a night switched off."""
        from aggregator.pipeline.poll import part_overdue

        part_overdue(self.store, self.clock())

    def stop(self) -> None:
        """Lets a round that is under way end early, keeping what was fetched."""
        self.stopping = True
        if self._poller is not None:
            self._poller.stop()

    def drain(self) -> None:
        """Begins no further request; those under way end as they would."""
        if self._poller is not None:
            self._poller.drain()

    def kill_workers(self) -> None:
        """Kills the reading processes; from any thread, as the program is about to end without finishing."""
        if self._workers is not None:
            self._workers.close()

    def store_is_in_place(self) -> bool:
        """Whether the file that we write to is the one at its path: not, where the folder was removed."""
        return self.store.is_in_place()

    def outputs_are_in_place(self) -> bool:
        """Whether the files of the merged feed are there."""
        from aggregator.export import OUTPUTS

        return all((self.config.public_path / output.name).is_file() for output in OUTPUTS)

    def _fetcher(self) -> Fetcher:
        """What speaks to the network, as feeds.yaml says."""
        from aggregator.fetch import Fetcher, Secrets

        polling = self.config.polling
        return Fetcher(
            timeout=polling.timeout.total_seconds() * EXCHANGE,
            max_body=polling.max_body,
            allow_addresses=self.config.allow_addresses,
            user_agent=user_agent(self.config),
            now=self.clock,
            proxy=polling.proxy,
            secrets=Secrets(self.config.file.parent),
            folder=self.config.store_path.parent,
        )

    def _guarded(self, read: Read) -> Read:
        """Reads documents, but none that we published."""
        from aggregator.pipeline.self_guard import SelfFeedGuard

        tags = {tag for sub in self.config.feeds for tag in sub.tags}
        return SelfFeedGuard(read, self.store.publication_id(), self.config.base_url, tags)

    def publish(self, folder: Path | None = None) -> tuple[str, ...]:
        """Writes the outputs; names of those that changed. Raises ExportError, StoreError."""
        from aggregator.pipeline.publish import publish

        written = self._written if folder is None else None
        changed = publish(self.store, self.config, self.clock(), folder, written)
        self.store.index()
        return changed

    async def announce(self, changed: Iterable[str]) -> None:
        """Tells the hub which feeds of the public folder have changed; a hub that fails is a line in the log."""
        hub = self.config.publish.hub
        topics = [name for name in ("feed.atom", "feed.json") if name in changed]
        if not hub or not topics:
            return
        async with self._fetcher() as fetcher:
            for name in topics:
                problem = await fetcher.ping(hub, self.config.base_url + name)
                if problem:
                    log.warning("the hub was not told of %s: %s", name, problem)

    def forget(self) -> int:
        """Removes what retention no longer keeps; how many entries."""
        return self.store.forget(self.clock(), self.config.keep.days)
