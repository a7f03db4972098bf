"""Hours of polling on a clock that jumps: memory, descriptors, threads and the store's log do not grow.

`FAULTS_FEEDS=1000 FAULTS_HOURS=24` makes it a day of a thousand feeds, which takes half an hour.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from support.bench import Bench
from support.feeds import numbered, rss
from support.server import Feed, Reply, Request, serve

FEEDS, HOURS = int(os.environ.get("FAULTS_FEEDS", "60")), int(os.environ.get("FAULTS_HOURS", "9"))


def resident() -> int:
    """Bytes of memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.slow
def test_nothing_grows_in_a_day(bench: Bench) -> None:
    def route(number: int) -> Callable[[Request], Reply]:
        """A feed of ten entries, of which one is new every third hour."""

        def answer(request: Request) -> Reply:
            first = number * 1000 + (int(bench.now.timestamp()) // 10_800) % 1000
            return Feed(rss(*numbered(range(first, first + 10), f"https://{number}.example")))(request)

        return answer

    with serve({f"/{number}": route(number) for number in range(FEEDS)}, host="0.0.0.0") as server:
        bench.subscribe(*[f"http://127.{n // 250}.{n % 250}.1:{server.port}/{n}" for n in range(FEEDS)])
        seen = []
        for _ in range(HOURS):
            bench.poll(only_due=True)
            bench.publish()
            bench.store.release_space()
            server.requests.clear()
            gc.collect()
            log = (bench.folder / "aggregator.db-wal").stat().st_size
            seen.append((resident(), descriptors(), threading.active_count(), log))
            print(f"{len(seen)} h: {seen[-1][0] / 1e6:.0f} MB, {seen[-1][1]} descriptors,"
                  f" {seen[-1][2]} threads, log {log / 1e6:.1f} MB", flush=True)  # fmt: skip
            bench.now += timedelta(hours=1)
    settled, last = seen[len(seen) // 3], seen[-1]
    assert last[0] < settled[0] * 1.25
    assert last[1] <= settled[1] + 5
    assert last[2] <= settled[2] + 2
    assert max(each[3] for each in seen) < 64_000_000
