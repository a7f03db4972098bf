"""Runs the service for a simulated day of 1,000 rounds over 1,000 feeds: what grows?

    python benchmarks/growth.py [--feeds 1000] [--rounds 1000] [--hours 24] [--trace]

Linux alone. The service is the real one, with its web server and its workers; only its clock is ours, and jumps once a
round has ended. A feed has news every third hour, and readers ask for pages meanwhile. Prints the memory, the
descriptors, the threads and the store's log of the service as it goes on. `--trace` counts what Python allocated by
line, which takes much time and memory itself.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import logging
import os
import signal
import sys
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from aggregator.app import load_config
from aggregator.service.service import Service

BEGIN = datetime(2026, 3, 2, 6, tzinfo=UTC)
NEWS = timedelta(hours=3)  # how often a feed has an entry more
LISTED = 10  # entries of a document
TIDY = timedelta(hours=6)
PATHS = ("/", "/feed.atom", "/feed.json", "/search?q=number", "/health", "/health.json", "/archive/", "/none")
ITEM = (
    "<item><title>Number {number} of feed {feed}: {words}</title><link>http://feed-{feed}.example/{number}</link>"
    "<guid>http://feed-{feed}.example/{number}</guid><pubDate>{date:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
    "<description>&lt;p&gt;{words}&lt;/p&gt;{text}</description></item>"
)
TEXT = "&lt;p&gt;A paragraph with &lt;b&gt;some&lt;/b&gt; words of what happened.&lt;/p&gt;" * 10
WORDS = (
    "river",
    "bridge",
    "council",
    "school",
    "rain",
    "harvest",
    "museum",
    "railway",
    "budget",
    "festival",
    "clinic",
)


def document(feed: int, now: datetime) -> tuple[int, bytes]:
    """What a feed lists at that time, and the number of its newest entry."""
    offset = NEWS * (feed % 997) / 997
    newest = (now - BEGIN + offset) // NEWS + LISTED
    items = []
    for number in range(newest, newest - LISTED, -1):
        words = " ".join(WORDS[(feed * step + number * number) % len(WORDS)] for step in (1, 3, 7, 13))
        date = BEGIN + NEWS * (number - LISTED) - offset
        items.append(ITEM.format(number=number, feed=feed, words=words, date=date, text=TEXT))
    channel = f"<title>Feed {feed}</title><link>http://feed-{feed}.example/</link>"
    return newest, f'<rss version="2.0"><channel>{channel}{"".join(items)}</channel></rss>'.encode()


def farm(told: Connection) -> None:
    """Serves the feeds on all addresses of this machine, as of the time that it is told."""
    now = BEGIN

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                newest, body = document(int(request.split(b" ", 2)[1][1:]), now)
                status, etag = "200 OK", f'"{newest}"'
                if f"if-none-match: {etag}".encode() in request.lower():
                    status, body = "304 Not Modified", b""
                head = f"HTTP/1.1 {status}\r\nContent-Type: application/rss+xml\r\nETag: {etag}\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    async def serve() -> None:
        nonlocal now
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1024)
        told.send(server.sockets[0].getsockname()[1])
        while (moment := await asyncio.to_thread(told.recv)) is not None:
            now = moment

    asyncio.run(serve())


class Day:
    """Drives the service through its rounds, from a thread of its own, and samples its process."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, farm: Connection) -> None:
        self._rounds, self._step = arguments.rounds, timedelta(hours=arguments.hours) / arguments.rounds
        self._every, self._trace = arguments.every, arguments.trace
        self._farm, self._folder = farm, folder
        self._now, self._begun = BEGIN, time.monotonic()
        self._objects: Counter[str] = Counter()
        self._snapshot: tracemalloc.Snapshot | None = None
        config = load_config(folder / "feeds.yaml")
        self.service = Service(config, lambda: load_config(config.file), self._serving, lambda: self._now)

    def _serving(self, address: str) -> None:
        self._port = int(address.rpartition(":")[2].strip("/"))
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._drive, daemon=True).start()

    def _drive(self) -> None:
        try:
            self._wait()
            for number in range(1, self._rounds + 1):
                self._now += self._step
                self._farm.send(self._now)
                self._do(self.service.tick())
                self._wait()
                self._do(self.service.observe())
                if number % (TIDY // self._step) == 0:
                    self._do(self.service.tidy())
                self._ask(PATHS[number % len(PATHS)])
                if number % self._every == 0:
                    self._sample(number)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def _do(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()  # type: ignore[arg-type]

    def _wait(self) -> None:
        """Until the round has published."""
        while (self.service.state.last_publish or BEGIN - NEWS) < self._now:
            time.sleep(0.02)

    def _ask(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()

    def _sample(self, number: int) -> None:
        gc.collect()
        private = resident = 0
        for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            private += int(value.split()[0]) if name.startswith("Private_") else 0
            resident += int(value.split()[0]) if name == "Rss" else 0
        log, store = ((self._folder / f"data/aggregator.db{end}").stat().st_size for end in ("-wal", ""))
        cells = (
            number,
            f"{self._step * number / timedelta(hours=1):.1f}",
            f"{resident / 1e3:.1f}",
            f"{private / 1e3:.1f}",
            f"{_others() / 1e3:.1f}",
            len(gc.get_objects()),
            len(list(Path("/proc/self/fd").iterdir())),
            threading.active_count(),
            f"{log / 1e6:.1f}",
            f"{store / 1e6:.1f}",
            f"{time.process_time():.0f}",
            f"{time.monotonic() - self._begun:.0f}",
        )
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)
        if number in (self._rounds // 2, self._rounds) or self._trace:
            self._compare()

    def _compare(self) -> None:
        """What has come since the last time, by type and, traced, by line."""
        objects = Counter(type(each).__qualname__ for each in gc.get_objects())
        more = objects - self._objects if self._objects else Counter()
        print(
            "  more objects:",
            ", ".join(f"{name} {count}" for name, count in more.most_common(12)),
            flush=True,
        )
        self._objects = objects
        if self._trace:
            snapshot = tracemalloc.take_snapshot()
            if self._snapshot is not None:
                for line in snapshot.compare_to(self._snapshot, "lineno")[:12]:
                    print("  ", line, flush=True)
            self._snapshot = snapshot


def _others() -> int:
    """Private memory of the processes that the service has started, in kilobytes."""
    found, parents = 0, {str(os.getpid())}
    for status in sorted(Path("/proc").glob("[0-9]*/status"), key=lambda path: int(path.parent.name)):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            if fields["PPid"].strip() not in parents:
                continue
            parents.add(status.parent.name)
            for line in (status.parent / "smaps_rollup").read_text().splitlines():
                found += int(line.split()[1]) if line.startswith("Private_") else 0
        except (OSError, KeyError):
            continue
    return found


@contextmanager
def served() -> Iterator[tuple[Connection, int]]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=farm, args=(theirs,), daemon=True)
    process.start()
    yield ours, ours.recv()
    ours.send(None)
    process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--every", type=int, default=50, help="rounds between two lines")
    parser.add_argument("--trace", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with TemporaryDirectory() as name, served() as (told, port):
        urls = [f"http://127.{n // 250}.{n % 250}.1:{port}/{n}" for n in range(arguments.feeds)]
        lines = "".join(f"  - {url}\n" for url in urls)
        Path(name, "feeds.yaml").write_text(f"allow_addresses: [127.0.0.0/8]\nfeeds:\n{lines}")
        if arguments.trace:
            tracemalloc.start()
        print("| round | hours | resident MB | private MB | others MB | objects | descriptors | threads | log MB |"
              " store MB | CPU s | s |\n|" + " --- |" * 12, flush=True)  # fmt: skip
        Day(arguments, Path(name), told).service.run("127.0.0.1", 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
