"""Notices that other workers have written to the store: by its server's notifications, or by looking often."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from aggregator.errors import StoreError

if TYPE_CHECKING:
    from aggregator.store.interfaces import Watch

log = logging.getLogger(__name__)

_WAIT = 1.0  # seconds at most until it notices that it is to end
_AGAIN = 5.0  # seconds after the store could not be asked


class News:
    """A thread that waits for changes. Use as a context manager."""

    def __init__(self, watch: Callable[[], Watch], told: Callable[[], None]) -> None:
        """`watch`: opens what can wait for changes. `told`: called in the thread, at each."""
        self._watch, self._told = watch, told
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(_AGAIN)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                watch = self._watch()
            except StoreError as error:
                log.debug("news: %s", error)
                self._ending.wait(_AGAIN)
                continue
            try:
                self._told()  # of what was missed
                while not self._ending.is_set():
                    if watch.wait(_WAIT):
                        self._told()
            except StoreError as error:
                log.debug("news: %s", error)
                self._ending.wait(_AGAIN)
            finally:
                watch.close()
