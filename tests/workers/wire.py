"""A TCP way to a database that is as slow as the width of an ocean, or cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path


class Wire:
    """Listens on loopback and passes on to a server's Unix socket. Use as a context manager."""

    def __init__(self, target: Path, delay: float) -> None:
        """`delay`: seconds that each piece takes, each way."""
        self._target, self.delay = target, delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._cut = False

    def __enter__(self) -> Wire:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._listener.close()

    def cut(self) -> None:
        """Nothing passes, and nobody is told: as where a cable is cut."""
        self._cut = True

    def mend(self) -> None:
        """What was open is closed; new connections pass."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._cut = False

    def url(self, place: str) -> str:
        """The address of a store, by this way."""
        options = place.partition("options=")[2]
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?sslmode=disable&gssencmode=disable&options={options}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                try:
                    server.connect(str(self._target))
                except OSError:
                    client.close()
                    continue
                self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self.delay)
                if self._cut:
                    return  # both stay open, as far as either end knows
                sink.sendall(data)
        if not self._cut:
            for each in (source, sink):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
