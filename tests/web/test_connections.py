"""Limits on connections, seen from the wire: a crowd, a head without an end, a reader that does not read."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregator.export import write_outputs
from aggregator.web import make_app
from aggregator.web.connections import ConnectionLimits
from aggregator.web.server import WebServer
from aggregator.web.sockets import listen
from support.publications import RICH, publication

CONNECTIONS, ESTABLISHED = "/proc/net/tcp", "01"
ASK = b"GET /feed.atom HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def served(folder: Path, limits: ConnectionLimits) -> Iterator[int]:
    write_outputs(publication(RICH), folder)
    listener = listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    with WebServer(listener, make_app(folder, lambda: 1), limits=limits):
        yield port


def connect(port: int, data: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    if data:
        client.sendall(data)
    return client


def is_answered(port: int) -> bool:
    """Asks again where a request was hung up on, as one may be that this machine has sent too late."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionError), connect(port, ASK) as client:
            if found := client.recv(12):
                return found == b"HTTP/1.1 200"
    return False


def is_held(port: int, client: socket.socket) -> bool:
    """Whether the server still has its end of this connection."""
    ends = f":{port:04X}", f":{client.getsockname()[1]:04X}"
    rows = (line.split() for line in Path(CONNECTIONS).read_text().splitlines()[1:])
    return any((row[1][-5:], row[2][-5:]) == ends and row[3] == ESTABLISHED for row in rows)


def is_closed(client: socket.socket) -> bool:
    """Whether the server has hung up, now or as soon as it does."""
    try:
        while client.recv(65_536):
            pass
    except ConnectionError:
        pass
    return True


def test_a_crowd_of_idle_connections_makes_way_for_the_next_one(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits(connections=20)) as port:
        crowd = [connect(port, b"GET / HTTP/1.1\r\nHost: x") for _ in range(60)]
        assert is_answered(port)
        assert is_closed(crowd[0])  # who has waited longest goes first
        for client in crowd:
            client.close()


def test_a_request_that_does_not_arrive_is_not_waited_for(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits(request_seconds=1)) as port:
        for beginning in (b"", b"GET / HT", ASK[:-2]):
            with connect(port, beginning) as client:
                assert is_closed(client)
        assert is_answered(port)


def test_a_head_without_an_end_is_refused(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits()) as port:
        for beginning in (b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"):
            with connect(port, beginning) as client:
                try:
                    for _ in range(10_000):
                        client.sendall(b"a: b\r\n" * 2000 if beginning.endswith(b"\n") else b"a" * 12_000)
                except ConnectionError:
                    continue
                raise AssertionError("120 MB of a request were read")
        assert is_answered(port)


@pytest.mark.skipif(not Path(CONNECTIONS).exists(), reason="this kernel has no /proc/net/tcp")
def test_who_does_not_read_is_hung_up_on(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits(stalled_seconds=1)) as port:
        (tmp_path / "feed.atom").write_bytes(b"x" * 20_000_000)
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(ASK)
            end = time.monotonic() + 60
            while is_held(port, client):  # nothing is read
                assert time.monotonic() < end
                time.sleep(0.05)
            size = 0
            with contextlib.suppress(ConnectionError):
                while data := client.recv(1 << 20):
                    size += len(data)
            assert size < 20_000_000
        assert is_answered(port)


def read_slowly(port: int, longest: float) -> int | None:
    """The bytes that come, read with pauses; None where one was too long because this machine gave us no core."""
    size, before = 0, time.monotonic()
    with connect(port, ASK.replace(b"1.1", b"1.0")) as client:
        with contextlib.suppress(ConnectionError):
            while data := client.recv(200_000):
                size += len(data)
                time.sleep(0.2)
                if time.monotonic() - before > longest:
                    return None
                before = time.monotonic()
        return None if time.monotonic() - before > longest else size


def test_who_reads_slowly_gets_all(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits(stalled_seconds=2)) as port:
        (tmp_path / "feed.atom").write_bytes(b"x" * 1_000_000)
        sizes = (read_slowly(port, 1) for _ in range(100))
        assert next(size for size in sizes if size is not None) > 1_000_000


def is_kept(port: int, limit: float) -> bool | None:
    """Whether one connection serves for longer than the limit; None where we asked too late ourselves."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(client):
        client.connect()
        first, began = client.sock, time.monotonic()
        asked = began
        while time.monotonic() < began + 2 * limit:
            before, asked = asked, time.monotonic()
            kept = False
            with contextlib.suppress(OSError, http.client.HTTPException):
                client.request("GET", "/feed.atom")
                kept = bool(client.getresponse().read()) and client.sock is first
            if time.monotonic() - before >= limit:
                return None
            if not kept:
                return False
            time.sleep(limit / 10)
    return True


def test_connections_that_go_on_asking_are_kept(tmp_path: Path) -> None:
    with served(tmp_path, ConnectionLimits(request_seconds=1)) as port:
        tries = (is_kept(port, 1) for _ in range(100))
        assert next(kept for kept in tries if kept is not None)
