"""What the service does at SIGTERM, SIGINT, SIGHUP and SIGUSR1."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping

# Seconds, after which the process ends as it is: all that is stored and published is whole.
LONGEST_STOP = 4.5


@contextlib.contextmanager
def handled(actions: Mapping[int, Callable[[], object]]) -> Iterator[None]:
    """Does these at the signals with these numbers, for as long as the block runs; in the main thread."""

    def handle(number: int, _: object) -> None:
        actions[number]()

    before = {number: signal.signal(number, handle) for number in actions}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Ending:
    """Ends the process should it not end by itself: as safe as a power cut, which store and outputs survive."""

    def __init__(self, last: Callable[[], None]) -> None:
        """`last`: what is done before, in whatever thread."""
        self._last = last

    def set_deadline(self) -> None:
        """Ends the process LONGEST_STOP seconds from now."""
        timer = threading.Timer(LONGEST_STOP, self.end_now)
        timer.daemon = True
        timer.start()

    def end_now(self) -> None:
        """Ends the process without finishing anything."""
        self._last()
        os._exit(0)
