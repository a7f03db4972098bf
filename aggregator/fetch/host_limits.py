"""Limits on requests: few hosts at once, one request at a time for each host, with a pause between two.

A slow host keeps its own lock but stops counting as one of the few: some dozen hosts that never answer
would otherwise block all others. The total is bounded by `MOST` times the limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aggregator import links

SLOW_AFTER = 0.5  # seconds after which an exchange does not count any more
MOST = 32


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0  # by the loop's clock


class HostLimits:
    """The limits, for all hosts. Every host seen is remembered: as many as there are subscriptions."""

    def __init__(self, *, at_once: int = 16, gap: float = 2.0) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._all = asyncio.Semaphore(at_once * MOST)
        self._gap = gap
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Waits until the host may get a request and holds its lock for the block; `url` may be a bare host.

        Waiting for one host, or for the gap after its last request, blocks no other host.
        """
        host = self._host(url)
        async with host.turn:
            loop = asyncio.get_running_loop()
            if (wait := host.free_at - loop.time()) > 0:
                await asyncio.sleep(wait)
            async with self._all, self._slot():
                try:
                    yield
                finally:
                    host.free_at = loop.time() + self._gap

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """One of the few slots, until the exchange counts as slow."""
        await self._slots.acquire()
        held = True

        def give_up() -> None:
            nonlocal held
            if held:
                held = False
                self._slots.release()

        timer = asyncio.get_running_loop().call_later(SLOW_AFTER, give_up)
        try:
            yield
        finally:
            timer.cancel()
            give_up()

    def _host(self, url: str) -> _Host:
        name = links.host(url) if "://" in url else url
        return self._hosts.setdefault(name or url, _Host())
