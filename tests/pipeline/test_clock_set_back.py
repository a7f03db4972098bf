"""The clock is set back in the middle of a round: no feed waits longer for it than a turn, no entry is doubled."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from aggregator.models import Fetched, ReadError, ReadFeed
from pipeline.conftest import Bench
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, Server, serve

FEEDS = 6
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class SetBack(Bench):
    """Its clock is set back as the third document of a round is read."""

    step = timedelta()
    reads = 0

    async def read(self, fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
        self.reads += 1
        if self.reads == 3:
            self.now -= self.step
        return await super().read(fetched, now)


@pytest.mark.parametrize(
    ("step", "first"),
    [(2 * HOUR, True), (399 * DAY, True), (59 * MINUTE, False), (2 * HOUR, False), (30 * DAY, False)],
    ids=["first round, 2 h", "first round, 399 d", "59 min", "2 h", "30 d"],
)
def test_the_clock_is_set_back_in_a_round(tmp_path: Path, step: timedelta, first: bool) -> None:
    bench = SetBack.at(tmp_path)
    with serve({}) as server, contextlib.closing(bench.store):
        play(bench, server, step, first)


def play(bench: SetBack, server: Server, step: timedelta, first: bool) -> None:
    server.routes.update({f"/{number}": feed(number) for number in range(FEEDS)})
    bench.subscribe(*(server.url(f"/{number}") for number in range(FEEDS)))
    if not first:
        bench.reads = 10
        assert len(bench.poll()) == FEEDS
        bench.now += 2 * HOUR
        server.routes.update({f"/{number}": feed(number, more=5) for number in range(FEEDS)})
        bench.reads = 0
    bench.step = step
    assert len(bench.poll(only_due=True)) == FEEDS
    bench.publish()
    after = bench.now
    assert after < NOON + 2 * HOUR
    server.routes.update({f"/{number}": feed(number, more=9) for number in range(FEEDS)})
    polled: set[str] = set()
    while bench.now < after + 4 * HOUR:
        bench.now += 30 * MINUTE
        results = bench.poll(only_due=True)
        assert {result.status for result in results.values()} <= {"ok", "unchanged"}
        polled |= results.keys()
    bench.publish()
    assert len(polled) == FEEDS
    stories = bench.store.latest(1000)
    assert len(stories) == len({story.title for story in stories}) == FEEDS * 19
    assert bench.sql("SELECT count(*) FROM entries")[0][0] == FEEDS * 19
    atom = etree.fromstring((bench.config.public_path / "feed.atom").read_bytes())
    ids = [entry.findtext("{*}id") for entry in atom.iterfind("{*}entry")]
    assert len(ids) == len(set(ids))


def feed(number: int, more: int = 0) -> Feed:
    first = number * 1000
    return Feed(rss(*numbered(range(first - more, first + 10), f"https://{number}.example")))
