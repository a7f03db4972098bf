"""Calls of the store that come together are made as one transaction: each costs a wait for the disk, however much is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from aggregator.errors import StoreBusy, StoreError

T = TypeVar("T")
Asked = TypeVar("Asked")
Given = TypeVar("Given")
_WAITS = (0.5, 1, 2, 4, 8, 15, 30, 30)  # seconds, between tries while another process writes to the store


async def when_free(call: Callable[[], T]) -> T:
    """What the call gives; while another process writes to the store, others go on and it is tried again.

    Raises StoreBusy where that takes minutes.
    """
    for wait in _WAITS:
        try:
            return call()
        except StoreBusy:
            await asyncio.sleep(wait)
    return call()


class Batcher(Generic[Asked, Given]):
    """Makes one call of several that coroutines ask for, each for itself.

    It waits for nobody: what is asked for at the same moment, or while the store is at work, is in the next call. So calls
    become larger as they become slow.
    """

    def __init__(self, call: Callable[[Sequence[Asked]], Sequence[Given]]) -> None:
        """`call` does all that it is asked for or, where it raises, nothing."""
        self._call = call
        self._waiting: list[tuple[Asked, asyncio.Future[Given]]] = []
        self._task: asyncio.Task[None] | None = None  # kept, since the event loop does not

    def __call__(self, asked: Asked) -> asyncio.Future[Given]:
        """What the call gives for this. Nothing is done where the future is cancelled before its turn."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if len(self._waiting) == 1:
            self._task = asyncio.ensure_future(self._make())
        return future

    async def _make(self) -> None:
        await asyncio.sleep(0)  # for those who are about to ask
        together, self._waiting = self._waiting, []
        wanted: list[tuple[Asked, asyncio.Future[Given]]] = []

        def call() -> Sequence[Given]:
            """Anew at each try, since some may be cancelled between two."""
            wanted[:] = [each for each in together if not each[1].done()]
            return self._call([asked for asked, _ in wanted]) if wanted else ()

        try:
            given = await when_free(call)
        except StoreError as error:
            _fail([future for _, future in wanted], error)
        except Exception:  # of one of them, which shall not be the others' fault
            for asked, future in wanted:
                await self._make_alone(asked, future)
        else:
            for (_, future), found in zip(wanted, given, strict=True):
                _give(future, found)

    async def _make_alone(self, asked: Asked, future: asyncio.Future[Given]) -> None:
        try:
            given = await when_free(lambda: () if future.done() else self._call([asked]))
        except Exception as error:
            _fail([future], error)
        else:
            for found in given:
                _give(future, found)


def _give(future: asyncio.Future[Given], given: Given) -> None:
    if not future.done():
        future.set_result(given)


def _fail(futures: Sequence[asyncio.Future[Given]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
