"""Publishes in a thread of its own, with a connection of its own to the store: polls go on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

from aggregator.app import App
from aggregator.errors import ExportError
from aggregator.service.control import Control
from aggregator.service.memory import give_back
from aggregator.service.metrics import Metrics

T = TypeVar("T")


class Publisher:
    """Publishes one thing after the other. Its methods belong to the event loop; leaving it waits for what is under way."""

    def __init__(self, app: App, control: Control, metrics: Metrics) -> None:
        """`app`: what polls, and lets the store mirror feeds.yaml."""
        self._app = app.beside()
        self._control, self._metrics = control, metrics
        self._published: tuple[int, int] | None = None  # the store's version that was published
        self._began: float | None = None  # when what is under way did, by `monotonic`
        self._thread = ThreadPoolExecutor(1, "publisher")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._do(self._app.close)
        self._thread.shutdown()

    async def publish(self) -> tuple[str, ...] | None:
        """Writes the outputs where the store has changed since, or where they are missing; names of those that changed.

        None where there was nothing to do. Raises ExportError, StoreError.
        """
        self._began = monotonic()
        try:
            return await self._do(self._publish)
        finally:
            self._began = None

    @property
    def under_way(self) -> float:
        """For how many seconds it has been publishing; 0 if it does not."""
        return 0.0 if self._began is None else monotonic() - self._began

    async def index(self) -> None:
        """Brings what was published into the search index, portion by portion: after a large import there are many."""
        while not self._control.interrupted:
            if not await self._do(self._app.index_search):
                break
        await self._do(give_back)

    def _publish(self) -> tuple[str, ...] | None:
        # Before anything is read: what is polled meanwhile is published next time.
        version = self._app.version()
        changed = None
        if version != self._published or not self._app.outputs_are_in_place():
            try:
                with self._metrics.publishing():
                    changed = self._app.publish()
            except ExportError:  # what could be written is for other machines, too
                self._app.share_outputs(is_whole=False)
                raise
            self._published = version
        self._app.share_outputs()
        return changed

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
