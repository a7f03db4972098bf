"""What a server can do with a socket that no server should."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator

from support.server import Raw

PAUSE = 0.05  # seconds between two drops


def raw(*pieces: bytes) -> Raw:
    """These bytes, then the end."""
    return Raw(b"".join(pieces))


def flood(head: bytes, piece: bytes) -> Raw:
    """The head, then the piece again and again until the client hangs up."""

    def send(client: socket.socket) -> None:
        client.sendall(head)
        while True:
            client.sendall(piece)

    return Raw(send)


def drip(head: bytes, drops: Callable[[], Iterator[bytes]], then_hang: bool = True) -> Raw:
    """The head at once, then drop by drop."""

    def send(client: socket.socket) -> None:
        client.sendall(head)
        for drop in drops():
            if left(client, PAUSE):
                return
            client.sendall(drop)
        if then_hang:
            left(client, None)

    return Raw(send)


def forever(drop: bytes) -> Callable[[], Iterator[bytes]]:
    """The same drop without end."""
    return lambda: iter(lambda: drop, None)


def letters(text: bytes) -> Callable[[], Iterator[bytes]]:
    """The text letter by letter."""
    return lambda: (text[n : n + 1] for n in range(len(text)))


def stalls(head: bytes) -> Raw:
    """The head, and nothing more."""
    return drip(head, lambda: iter(()))


def resets(*pieces: bytes) -> Raw:
    """These bytes, then RST instead of an end."""

    def send(client: socket.socket) -> None:
        client.sendall(b"".join(pieces))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return Raw(send)


def left(client: socket.socket, seconds: float | None) -> bool:
    """Whether the client hung up within so many seconds (None: however long it takes)."""
    while True:
        readable, _, _ = select.select([client], [], [], seconds)
        if not readable:
            return False
        if not client.recv(65536):
            return True
