"""One service among others on the same store: what is its part, and what it takes over from them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from aggregator.app import App
from aggregator.health.state import LATE, ServiceState
from aggregator.pipeline.outputs import OutputMirror
from aggregator.pipeline.worker import Worker
from aggregator.service.lock import is_publisher
from aggregator.service.news import News
from aggregator.service.problems import Problems
from aggregator.settings import Config
from aggregator.text import counted

log = logging.getLogger(__name__)

_LOCK_TIMEOUT = 2.0  # seconds that a beat waits for another process that writes to the store


class Among:
    """Nothing is done and all is ours where the service works alone."""

    def __init__(self, state: ServiceState, clock: Callable[[], datetime]) -> None:
        self.worker: Worker | None = None  # None: there are no others
        # Held while files are written to the public folder, those of others or our own.
        self.writing = asyncio.Lock()
        self._state, self._clock = state, clock

    def begin(self, config: Config) -> None:
        """Looks whether there may be others."""
        self._app = App(config, self._clock, _LOCK_TIMEOUT)
        self._mirror = OutputMirror(config.public_path)
        self.worker = self._app.as_worker(self._state.role)

    @property
    def publishes(self) -> bool:
        """Whether it is for this process to publish and to prune."""
        return self.worker is None or self.worker.publisher is not None

    @contextmanager
    def working(self, hear: Callable[[], None]) -> Iterator[None]:
        """Others are told that this worker is there, as long as the block runs.

        `hear`: called in other threads, when the store has changed or it is for this worker to publish.
        """
        if self.worker is None:
            yield
            return
        state = self._state
        self.worker.is_alive = lambda: self._clock() - (state.last_tick or state.started) < LATE
        self.worker.told = hear
        with self.worker, News(self._app.watch, hear):
            state.worker = self.worker.name
            yield

    async def look(self, config: Config, problems: Problems) -> None:
        """Notes who is there, and writes what another worker has published, where that is on another machine."""
        if self.worker is None:
            return
        self._state.workers, self._state.leader = self.worker.others, self.worker.leader
        if config.store is None or self._state.role not in ("all", "web"):
            if not self.publishes:
                problems.clear("publish")  # another worker has taken over
            return
        if self.publishes:
            # What is written now may never be kept in the store; all is copied from there once another one publishes.
            self._mirror = OutputMirror(config.public_path)
            return
        async with self.writing:
            if not self.publishes:  # by now
                await self._copy(config, problems)

    async def _copy(self, config: Config, problems: Problems) -> None:
        with problems.reported("publish"):
            app, is_here = App(config, self._clock), partial(is_publisher, config.data)
            count = await asyncio.to_thread(app.mirror_outputs, self._mirror, is_here)
            if self._state.role == "web":
                problems.clear("store")
                self._state.last_publish = self._clock()
            if count:
                log.info("serving what was published: %s", counted(count, "file"))
