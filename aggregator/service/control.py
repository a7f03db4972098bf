"""What the service is to do next, and who waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Literal

Change = Literal["reload", "reopen", "repair"]  # repair: the store is damaged


class Control:
    """Belongs to the thread of the service's event loop, but for reading."""

    def __init__(self) -> None:
        self.stopping = False
        self.change: Change | None = None  # what is to be done, besides stopping
        self.wake = asyncio.Event()  # something is to be done

    @property
    def interrupted(self) -> bool:
        """Whether work that goes on in portions is to end."""
        return self.stopping or self.change is not None

    def change_to(self, change: Change) -> None:
        """Ends the rounds under way, and goes on with a store that mirrors the configuration."""
        self.change = change
        self.wake.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Waits until something is to be done, or so many seconds."""
        self.wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), seconds)
