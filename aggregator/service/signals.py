"""What the service does at SIGTERM, SIGINT, SIGHUP and SIGUSR1."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator, Mapping

# Seconds, after which the process ends as it is: all that is stored and published is whole.
LONGEST_STOP = 4.5


def run_in_thread(work: Callable[[], None], actions: Mapping[int, Callable[[], object]]) -> None:
    """Runs `work` in a thread to its end, and does the actions at the signals with these numbers meanwhile.

    Call it in the main thread, which alone runs handlers. It waits for bytes and not for the thread: a signal that
    comes as it is about to wait for a lock, or that another thread gets, would not end that wait, and its handler
    would never run. Python writes a byte for each signal, whichever thread gets it, and whenever.
    """
    noted, note = os.pipe()
    ended, end = os.pipe()
    os.set_blocking(note, False)

    def run() -> None:
        try:
            work()
        finally:
            os.close(end)

    thread = threading.Thread(target=run, name="service", daemon=True)
    try:
        with _handled(actions, note):
            thread.start()
            while not select.select([noted, ended], [], [])[0].count(ended):
                os.read(noted, 1000)
            thread.join()
    finally:
        for descriptor in (noted, note, ended):
            os.close(descriptor)


@contextlib.contextmanager
def _handled(actions: Mapping[int, Callable[[], object]], note: int) -> Iterator[None]:
    def handle(number: int, _: object) -> None:
        actions[number]()

    wakeup = signal.set_wakeup_fd(note, warn_on_full_buffer=False)
    before = {number: signal.signal(number, handle) for number in actions}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)


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
