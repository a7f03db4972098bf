"""Manners towards hosts: few at once, each one request at a time, with a pause between two.

A host that is slow keeps its turn and gives up its place among the few: else some dozen hosts that never
answer would keep all others waiting. Then there are more at once, but never more than `MOST` times as many.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aggregator import links

PATIENCE = 0.5  # seconds for which an exchange keeps its place
MOST = 32


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0  # by the loop's clock


class HostLimits:
    """Who may ask which host when. It remembers every host it has seen: as many as are subscribed to."""

    def __init__(self, *, at_once: int = 16, gap: float = 2.0) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._all = asyncio.Semaphore(at_once * MOST)
        self._gap = gap
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Waits for the host's turn and holds it for the block; `url` may be a bare host.

        Whoever waits for a host, or for the gap to pass, keeps no other host waiting.
        """
        host = self._host(url)
        async with host.turn:
            loop = asyncio.get_running_loop()
            if (wait := host.free_at - loop.time()) > 0:
                await asyncio.sleep(wait)
            async with self._all, self._place():
                try:
                    yield
                finally:
                    host.free_at = loop.time() + self._gap

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the few places, for as long as we have patience."""
        await self._places.acquire()
        held = True

        def give_up() -> None:
            nonlocal held
            if held:
                held = False
                self._places.release()

        patience = asyncio.get_running_loop().call_later(PATIENCE, give_up)
        try:
            yield
        finally:
            patience.cancel()
            give_up()

    def _host(self, url: str) -> _Host:
        name = links.host(url) if "://" in url else url
        return self._hosts.setdefault(name or url, _Host())
