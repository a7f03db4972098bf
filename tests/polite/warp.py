"""An event loop whose clock jumps: nobody waits for a timer while no socket has anything to say."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
_IDLE_WAIT = 0.05  # real seconds that an open connection may be silent before time goes on


class _Selector(selectors.DefaultSelector):
    """Waits for sockets in real time, and for timers not at all."""

    now = 0.0  # virtual seconds
    at_rest = 1  # files watched while nothing is under way: the loop's own, and listeners

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events or timeout == 0:
            return events
        if len(self.get_map()) > self.at_rest:
            events = super().select(_IDLE_WAIT)
        if not events and timeout is not None:
            self.now += timeout
        return events


class WarpLoop(asyncio.SelectorEventLoop):
    """Real sockets and virtual time, which begins at START."""

    def __init__(self) -> None:
        self._warp = _Selector()
        super().__init__(self._warp)

    def time(self) -> float:
        return self._warp.now

    def rest(self, listeners: Sequence[object]) -> None:
        """Listening sockets are no sign that something is under way."""
        self._warp.at_rest = 1 + len(listeners)


def clock() -> datetime:
    """The virtual time, in whole seconds as the program's own clock tells it."""
    return START + timedelta(seconds=int(asyncio.get_running_loop().time()))
