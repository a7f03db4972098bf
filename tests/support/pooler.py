"""A pooler before a PostgreSQL server: its clients share one connection of the server, or each has its own."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_KEYS = itertools.count(1_000_000_000)  # no process of the server has such a number


@dataclass
class Pooler:
    """Sits on a port of loopback and passes on to the socket of a server that asks for no password."""

    target: Path
    shares: bool
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _shared: tuple[socket.socket, bytes] | None = None

    def url(self, place: str) -> str:
        """The address of a store, by this way."""
        schema = place.rpartition("options=")[2]
        port = self.listener.getsockname()[1]
        return f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable&options={schema}"

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def close(self) -> None:
        self.listener.close()
        with self._lock:
            if self._shared is not None:
                self._shared[0].close()

    def _answer(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            hello = _read(client, struct.unpack("!I", _read(client, 4))[0] - 4)
            with self._lock:
                server, parameters = self._server(hello)
            key = struct.pack("!cIII", b"K", 12, next(_KEYS), 1)
            client.sendall(struct.pack("!cII", b"R", 8, 0) + parameters + key + b"Z\0\0\0\5I")
            asked = b""
            while (message := _message(client))[:1] != b"X":
                asked += message
                if message[:1] in b"QS":  # the server answers these with what ends in a Z
                    with self._lock if self.shares else contextlib.nullcontext():
                        server.sendall(asked)
                        client.sendall(_until_ready(server))
                    asked = b""
            if not self.shares:
                server.close()

    def _server(self, hello: bytes) -> tuple[socket.socket, bytes]:
        """A connection of the server, and what it says of its settings."""
        if self._shared is None or not self.shares:
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.target))
            server.sendall(struct.pack("!I", len(hello) + 4) + hello)
            settings = b"".join(each for each in _messages_until_ready(server) if each[:1] == b"S")
            self._shared = server, settings
        return self._shared


@contextlib.contextmanager
def pooler(target: Path, shares: bool) -> Iterator[Pooler]:
    """`target`: the server's socket. `shares`: as PgBouncer's pool_mode `transaction`, else as `session`."""
    found = Pooler(target, shares)
    threading.Thread(target=found.serve, daemon=True).start()
    try:
        yield found
    finally:
        found.close()


def _until_ready(server: socket.socket) -> bytes:
    return b"".join(_messages_until_ready(server))


def _messages_until_ready(server: socket.socket) -> Iterator[bytes]:
    message = b""
    while message[:1] != b"Z":
        message = _message(server)
        yield message


def _message(source: socket.socket) -> bytes:
    head = _read(source, 5)
    return head + _read(source, struct.unpack("!I", head[1:])[0] - 4)


def _read(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        data = source.recv(size - len(found))
        if not data:
            raise OSError("closed")
        found += data
    return found
