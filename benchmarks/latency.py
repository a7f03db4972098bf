"""Polls feeds on hosts of their own that answer slowly, and some that never do: first cold, then unchanged.

    python benchmarks/latency.py [--hosts 1000] [--delay 0.2] [--hanging 0.02]

Linux alone, where all of 127.0.0.0/8 is this machine. Prints how long a round takes beside the shortest that is
possible: as many hosts at once as `polling.hosts_at_once` allows, each for its delay; one that hangs is not counted
after half a second, and is given up after 60 % of `polling.timeout`, counted from when its turn comes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from aggregator.settings import Polling
from meter import measure
from poll import Ours

DOCUMENT = (
    '<rss version="2.0"><channel><title>{host}</title><link>http://{host}/</link>'
    "<item><title>A story of {host}</title><link>http://{host}/1</link><guid>http://{host}/1</guid></item>"
    "</channel></rss>"
)

COUNTED, GIVEN_UP = 0.5, 0.6  # seconds that a host is counted among those at once; share of the time-out


class Slow:
    """One server for all hosts."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self.answered: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                host = writer.get_extra_info("sockname")[0]
                if b" /hang" in request:
                    await asyncio.sleep(3600)
                await asyncio.sleep(self._delay)
                body = DOCUMENT.format(host=host).encode()
                if b"if-none-match" in request.lower():
                    status, body = b"304 Not Modified", b""
                else:
                    status = b"200 OK"
                self.answered.append(status[:3])
                head = b'HTTP/1.1 %s\r\nContent-Type: application/rss+xml\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n'
                writer.write(head % (status, len(body)) + body)


@contextlib.contextmanager
def served(delay: float) -> Iterator[tuple[int, Slow]]:
    """The port on all addresses of this machine, until the block is left."""
    slow, loop, ready = Slow(delay), asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []

    async def serve() -> None:
        server = await asyncio.start_server(slow.answer, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        server.close()
        await asyncio.start_server(slow.answer, "0.0.0.0", ports[0], backlog=1024)  # all of 127.0.0.0/8
        ready.set()

    thread = threading.Thread(target=lambda: (loop.create_task(serve()), loop.run_forever()), daemon=True)
    thread.start()
    ready.wait()
    yield ports[0], slow

    def stop() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.call_later(0.1, loop.stop)

    loop.call_soon_threadsafe(stop)
    thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.2, help="seconds until an answer (0.2)")
    parser.add_argument("--hanging", type=float, default=0.02, help="share of hosts that never answer (0.02)")
    given = parser.parse_args()
    polling = Polling()
    hanging = round(given.hosts * given.hanging)
    with served(given.delay) as (port, slow), TemporaryDirectory() as folder:
        every = max(1, given.hosts // max(1, hanging))
        hosts = [f"127.1.{number // 250}.{number % 250 + 1}:{port}" for number in range(given.hosts)]
        urls = [
            f"http://{host}/{'hang' if hanging and number % every == every // 2 else 'feed'}"
            for number, host in enumerate(hosts)
        ]
        ours = Ours(Path(folder), urls)
        hanging = sum(url.endswith("hang") for url in urls)
        taken = (given.hosts - hanging) * given.delay + hanging * COUNTED
        given_up = GIVEN_UP * polling.timeout.total_seconds() if hanging else 0.0
        last = max((number for number, url in enumerate(urls) if url.endswith("hang")), default=0)
        turns = taken / polling.hosts_at_once
        shortest = max(turns, turns * last / given.hosts + given_up, 0.001)
        for name in ("cold", "unchanged"):
            cost = measure(ours.command("poll", "--all", "-q"), look_every=0.1)
            print(
                f"{name}: {cost.wall:.1f} s, {cost.wall / shortest:.2f} times the shortest; {cost.cpu:.1f} s of CPU,"
                f" {cost.rss / 1e6:.0f} MB; {len(slow.answered)} answers"
            )
            slow.answered.clear()


if __name__ == "__main__":
    main()
