"""A bound on a whole conversation: the time-out of a socket begins anew with each byte that comes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def hang_up_after(seconds: float, find: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Ends the connection after so long; what is read or written then fails. `find`: its socket, once there is one."""

    def hang_up() -> None:
        found = find()
        if found is not None:
            with contextlib.suppress(OSError):
                # Not that of a TLS socket, which would take its state away from the thread that reads.
                socket.socket.shutdown(found, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
