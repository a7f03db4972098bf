"""A line to wait in: the lowest rank is next, and nobody has to wait longer than its patience."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator


class WaitBudgetSpent(Exception):
    """The patience came to its end before the turn came."""


class PriorityLimiter:
    """Lets so many at a time through; of those that wait, the lowest rank is next."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []  # a heap
        self._number = itertools.count()

    @contextlib.asynccontextmanager
    async def turn(self, rank: int) -> AsyncIterator[None]:
        """Waits for a place and holds it for the block."""
        if self._free:
            self._free -= 1
        else:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (rank, next(self._number), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._next()
                raise
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class WaitBudget:
    """The turns of one document in several lines, for all of which together it has so much patience."""

    def __init__(self, patience: float) -> None:
        self._patience = patience  # seconds

    @contextlib.asynccontextmanager
    async def turn(self, line: PriorityLimiter, rank: int) -> AsyncIterator[None]:
        """As Line.turn; raises NoTurn when the patience is at its end."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with contextlib.AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._patience):
                    await held.enter_async_context(line.turn(rank))
            except TimeoutError:
                raise WaitBudgetSpent from None
            self._patience -= loop.time() - began
            yield
