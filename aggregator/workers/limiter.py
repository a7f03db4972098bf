"""Limits concurrency by priority: the lowest rank is next, and a wait has a budget of time."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator


class WaitBudgetSpent(Exception):
    """The budget was used up before a slot was free."""


class PriorityLimiter:
    """Allows `slots` holders at a time; of those that wait, the lowest rank is next."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []  # a heap
        self._number = itertools.count()

    @contextlib.asynccontextmanager
    async def slot(self, rank: int) -> AsyncIterator[None]:
        """Waits for a slot and holds it for the block."""
        if self._free:
            self._free -= 1
        else:
            slot = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (rank, next(self._number), slot))
            try:
                await slot
            except asyncio.CancelledError:
                if slot.done() and not slot.cancelled():
                    self._next()
                raise
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        while self._waiting:
            slot = heapq.heappop(self._waiting)[2]
            if not slot.done():
                slot.set_result(None)
                return
        self._free += 1


class WaitBudget:
    """How long one document may wait in all limiters together."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @contextlib.asynccontextmanager
    async def slot(self, limiter: PriorityLimiter, rank: int) -> AsyncIterator[None]:
        """As PriorityLimiter.slot. Raises WaitBudgetSpent."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with contextlib.AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._seconds):
                    await held.enter_async_context(limiter.slot(rank))
            except TimeoutError:
                raise WaitBudgetSpent from None
            self._seconds -= loop.time() - began
            yield
