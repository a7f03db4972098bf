"""What speaks to the network for an app, and reads what came."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator import __version__
from aggregator.app.opening import AppBase
from aggregator.models import Fetched
from aggregator.settings import Config

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.fetch import Fetcher
    from aggregator.workers import Workers

READER = "aggregator.pipeline.read:read"
MOST_WORKERS = 4  # each takes memory, and two keep up with any line
# Of the time that one feed may take; what is left is for keeping and publishing it. What the exchange did not
# need may be spent on waiting for a reader.
EXCHANGE, READING = 0.6, 0.3


def user_agent(config: Config) -> str:
    """Name, version, and where the operator can be found, which servers' owners ask for."""
    from aggregator.links import is_loopback

    return f"aggregator/{__version__}" + ("" if is_loopback(config.base_url) else f" (+{config.base_url})")


class AppNetwork(AppBase):
    """Fetches documents, and reads them in processes of their own."""

    _workers: Workers | None = None
    _function = READER

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
            folder=self.config.store_path.parent if self.config.store_path.parent.exists() else None,
        )

    @asynccontextmanager
    async def _reader(
        self, function: str = READER
    ) -> AsyncIterator[Callable[[Fetched, datetime], Awaitable[Any]]]:
        """Reads documents in processes of their own, for as long as the block runs; gives what `function` gives."""
        seconds = self.config.polling.timeout.total_seconds()
        self._function = function

        async def read(fetched: Fetched, now: datetime) -> Any:
            return await self._made_workers().run(
                *(fetched.body, fetched.headers.get("content-type"), fetched.url, now),
                size=len(fetched.body),
                seconds=seconds * READING,
                wait_budget=max(0.0, seconds * EXCHANGE - fetched.elapsed),
            )

        try:
            yield read
        finally:
            workers, self._workers = self._workers, None
            if workers is not None:
                workers.close()

    def _made_workers(self) -> Workers:
        """The reading processes, inside `_reader`; a round in which nothing is read does without."""
        if self._workers is None:
            from aggregator.workers import Workers

            count = max(1, min(os.cpu_count() or 1, MOST_WORKERS))
            self._workers = Workers(self._function, count)
        return self._workers

    def kill_workers(self) -> None:
        """Kills the reading processes; from any thread, as the program is about to end without finishing."""
        if self._workers is not None:
            self._workers.close()

    @property
    def worker_restarts(self) -> int:
        """How many reading processes were replaced, since `ready()`."""
        return self._workers.restarts if self._workers is not None else 0

    def fetch_document(self, url: str) -> bytes:
        """The bytes at a URL, as subscription lists are fetched. Raises AggregatorError, with the reason."""
        import asyncio

        from aggregator.errors import AggregatorError
        from aggregator.models import FetchRequest

        async def fetch() -> bytes:
            async with self._fetcher() as fetcher:
                answer = await fetcher.fetch(FetchRequest(url))
            if not isinstance(answer, Fetched):
                raise AggregatorError(f"{answer.url}: {getattr(answer, 'message', 'nothing was sent')}")
            return bytes(answer.body)

        return asyncio.run(fetch())
