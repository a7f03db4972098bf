"""A service manager's socket (sd_notify(3)): what a program told it, in order."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from support.running import TIMEOUT


@dataclass
class Manager:
    path: str
    socket: socket.socket
    heard: list[str] = field(default_factory=list)  # one text for each datagram

    def wait_for(self, assignment: str) -> str:
        """The next datagram with this assignment, whatever comes before."""
        ends = time.monotonic() + TIMEOUT
        while True:
            self.socket.settimeout(max(0.001, ends - time.monotonic()))
            text = self.socket.recv(65536).decode()
            self.heard.append(text)
            if assignment in text.split("\n"):
                return text


@contextlib.contextmanager
def manager() -> Iterator[Manager]:
    """For NOTIFY_SOCKET; waiting for what never comes ends after a minute."""
    with (
        tempfile.TemporaryDirectory(prefix="sd") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours,
    ):
        path = str(Path(folder) / "notify")  # short: a socket's path has 107 bytes at most
        ours.bind(path)
        yield Manager(path, ours)
