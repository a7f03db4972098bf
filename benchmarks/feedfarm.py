"""Serves made-up feeds on loopback, a host for each as in life, from a process of its own.

    python benchmarks/feedfarm.py --feeds 300 --megabytes 20

The first line printed lists the addresses; each line on stdin is answered with what was asked since then, and a
number in it gives every so many feeds an entry more; when stdin ends, so does the farm.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import hashlib
import json
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime

from feedforms import LAST_DAY, Feed
from feedmix import feeds, with_news


@dataclass(frozen=True, slots=True)
class _Served:
    """The answers to one path, ready to send."""

    known: tuple[bytes, ...]  # a request that holds one of these has the latest
    plain: bytes
    packed: bytes
    unchanged: bytes


def _served(feed: Feed, number: int) -> _Served:
    """Eight of ten servers send both validators, one an ETag alone, one a date alone."""
    mark = hashlib.sha256(feed.body).hexdigest()[:16]
    etags = tuple(f'{"W/" * (number % 5 == 0)}"{mark}{coding}"' for coding in ("", "-gzip"))
    modified = format_datetime(LAST_DAY + timedelta(hours=feed.entries, minutes=-number), usegmt=True)
    shared = "Server: nginx\r\nVary: Accept-Encoding\r\nCache-Control: max-age=300\r\nX-Frame-Options: SAMEORIGIN\r\n"
    if number % 10 != 8:
        shared += f"Last-Modified: {modified}\r\n"

    def answer(status: str, body: bytes, etag: str, more: str = "") -> bytes:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {feed.content_type}\r\n{shared}{more}"
        head += f"ETag: {etag}\r\n" if number % 10 != 9 else ""
        head += f"Content-Length: {len(body)}\r\n" if body else ""
        return f"{head}\r\n".encode() + body

    return _Served(
        known=(mark.encode(), modified.encode()),
        plain=answer("200 OK", feed.body, etags[0]),
        packed=answer("200 OK", gzip.compress(feed.body, 6, mtime=0), etags[1], "Content-Encoding: gzip\r\n"),
        unchanged=answer("304 Not Modified", b"", etags[1]),
    )


class _Answers(asyncio.Protocol):
    """One connection: a GET, its answer, and the next."""

    def __init__(self, served: dict[bytes, _Served], told: Counter[str]) -> None:
        self._served, self._told, self._asked = served, told, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            request, _, self._asked = self._asked.partition(b"\r\n\r\n")
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        served = self._served.get(request.split(b" ", 2)[1])
        _, _, headers = request.partition(b"\r\n")
        if served is None:
            kind, answer = "404", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        elif any(mark in headers for mark in served.known):
            kind, answer = "304", served.unchanged
        elif b"gzip" in headers:
            kind, answer = "200", served.packed
        else:
            kind, answer = "200 plain", served.plain
        self._told[kind] += 1
        self._transport.write(answer)
        if b"connection: close" in headers.lower():
            self._transport.close()


def _address(number: int) -> str:
    """A host for each feed but every tenth, which lives beside the one before it."""
    host = number - (number % 10 == 9)
    return f"127.0.{1 + host // 250}.{1 + host % 250}"


async def _serve(count: int, size: int, seed: int) -> None:
    loop = asyncio.get_running_loop()
    served: dict[bytes, _Served] = {}
    told: Counter[str] = Counter()
    places: dict[str, str] = {}

    async def place(address: str) -> str:
        """The host and port where this address answers; 127.0.0.1 on systems that know no other."""
        if address not in places:
            try:
                server = await loop.create_server(lambda: _Answers(served, told), address, 0, backlog=128)
            except OSError:
                if address == "127.0.0.1":
                    raise
                places[address] = await place("127.0.0.1")
            else:
                host, port = server.sockets[0].getsockname()
                places[address] = f"{host}:{port}"
        return places[address]

    addresses = []
    shown = list(feeds(count, size, seed))
    for number, feed in enumerate(shown):
        served[feed.path.encode()] = _served(feed, number)
        addresses.append(f"http://{await place(_address(number))}{feed.path}")
    print(json.dumps(addresses), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        for number in range(0, count, int(line)) if line.strip() else ():
            shown[number] = with_news(shown[number])
            served[shown[number].path.encode()] = _served(shown[number], number)
        print(json.dumps(told), flush=True)
        told.clear()


class Farm:
    """A running farm, as its guests see it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.urls: list[str] = json.loads(self._line())

    def asked(self, change: str = "") -> dict[str, int]:
        """How many answers of each kind were given since last asked: 200, 304, 404, 200 plain."""
        assert self._process.stdin
        self._process.stdin.write(f"{change}\n")
        self._process.stdin.flush()
        counts: dict[str, int] = json.loads(self._line())
        return counts

    def change(self, every: int) -> None:
        """Gives every so many feeds one entry more."""
        self.asked(str(every))

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


@contextlib.contextmanager
def farm(count: int, size: int, seed: int = 1) -> Iterator[Farm]:
    """A farm of `count` feeds and `size` bytes together, until the block is left."""
    command = [sys.executable, __file__, f"--feeds={count}", f"--megabytes={size / 1e6}", f"--seed={seed}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Farm(process)


def _allow_files(wanted: int) -> None:
    """Each host's socket is an open file."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    _allow_files(options.feeds + 1_000)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options.feeds, round(options.megabytes * 1e6), options.seed))


if __name__ == "__main__":
    main()
