"""A bound on a whole conversation: the time-out of a socket begins anew with each byte that comes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

_EVERY = 0.1  # seconds between two looks at a connection that is late
_GRACE = 1.0  # seconds in which what has come may be read


@contextlib.contextmanager
def hang_up_after(seconds: float, find: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Ends the connection after so long; what is read or written then fails. `find`: its socket, once there is one.

    One that is made only later, as by a name server that took all of the time, is ended as well.
    """
    done = threading.Event()

    def hang_up() -> None:
        # First for reading alone, so that what has come is followed by an end: with writing ended, too, the next byte that
        # comes is answered by a reset, and reading fails. One who sends faster than we read is ended by the second step.
        wait, how = seconds, socket.SHUT_RD
        while not done.wait(wait):
            found, wait = find(), _EVERY
            if found is not None:
                with contextlib.suppress(OSError):
                    # Not that of a TLS socket, which would take its state away from the thread that reads.
                    socket.socket.shutdown(found, how)
                    wait, how = _GRACE, socket.SHUT_RDWR

    thread = threading.Thread(target=hang_up, name="hang up", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
