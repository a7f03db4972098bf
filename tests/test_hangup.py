"""A conversation ends in its time, also where its connection was made late."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

import pytest

from aggregator.hangup import hang_up_after


def test_a_connection_that_is_made_late_is_ended_too() -> None:
    """As where looking up its name took all of the time: what the server says then would have no bound."""
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    looks = iter([None, None])
    with ours, theirs, hang_up_after(0, lambda: next(looks, ours)):
        assert ours.recv(1) == b""


@pytest.mark.skipif(not hasattr(select, "POLLRDHUP"), reason="another system")
def test_what_came_in_time_ends_without_an_error_though_more_comes_afterwards() -> None:
    """Else a webhook that has said that all is well would be told once more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname(), timeout=60)
        theirs = listener.accept()[0]
        theirs.sendall(b"accepted")
        hung_up = select.poll()
        hung_up.register(ours, select.POLLRDHUP)
        looks = iter([ours])  # not a second time, which ends whoever never stops
        with ours, theirs, hang_up_after(0, lambda: next(looks, None)):
            assert hung_up.poll(60_000)
            theirs.sendall(b", and more")
            said = b""
            while data := ours.recv(100):
                said += data
            assert said.startswith(b"accepted")


def test_who_never_stops_is_hung_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs = listener.accept()[0]

        def talk() -> None:
            with contextlib.suppress(OSError):
                while True:
                    theirs.sendall(b"more" * 1000)

        thread = threading.Thread(target=talk)
        thread.start()
        with theirs:
            with ours, hang_up_after(0, lambda: ours), contextlib.suppress(OSError):
                while ours.recv(1000):
                    pass
            thread.join()
