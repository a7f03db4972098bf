"""A week of real feeds with a clock of our own: what a subscriber gets who looks in every hour.

The corpus is its publishers' text and no part of the project: FEED_CORPUS names the folder where it lies.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.settings import Polling, Publish
from support import valid
from support.drip import Drip
from support.server import Feed, serve
from support.site import Site, serving
from support.valid import NS

from .conftest import Bench

CORPUS = Path(os.environ.get("FEED_CORPUS", "")) / "real" / "files"
DAYS = int(os.environ.get("WEEK_DAYS", "1"))
TICK, LOOK = timedelta(minutes=20), timedelta(hours=1)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "FEED_CORPUS" not in os.environ, reason="FEED_CORPUS is not set: no week of real feeds was simulated"
    ),
]


@dataclass
class Subscriber:
    """Asks for one file with its validators, and remembers what it was given and when."""

    path: str
    etag: str = ""
    body: bytes = b""
    asked: int = 0
    transferred: int = 0  # bytes of bodies
    bodies: int = 0
    for_nothing: int = 0  # bodies that were the same as before
    seen: dict[str, datetime] = field(default_factory=dict)
    last: frozenset[str] = frozenset()
    again: list[str] = field(default_factory=list)  # stories that went and came back

    def look(self, site: Site, now: datetime) -> None:
        self.asked += 1
        headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": self.etag} if self.etag else {})
        answer = site.ask(self.path, headers=headers)
        if answer.status == 304:
            assert not answer.body
            return
        assert answer.status == 200
        body = answer.plain
        self.bodies += 1
        self.transferred += len(answer.body)
        self.for_nothing += body == self.body
        self.body, self.etag = body, answer.headers["etag"]
        ids = [str(found.text) for found in valid.atom(body).findall("a:entry/a:id", NS)]
        assert len(set(ids)) == len(ids)
        self.again += [id for id in ids if id in self.seen and id not in self.last]
        for id in ids:
            self.seen.setdefault(id, now)
        self.last = frozenset(ids)


def test_a_week(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    start = bench.now
    drips = {
        f"/{path.name}": Drip(path.read_bytes(), start, timedelta(days=DAYS))
        for path in sorted(CORPUS.iterdir())
    }
    coming = sum(drip.coming for drip in drips.values())
    bench.polling = Polling(host_gap=timedelta(0), timeout=timedelta(seconds=20))
    subscriber, polls, published, size = Subscriber("/feed.atom"), 0, 0, 0
    with serve({path: Feed(drip.at(start), gzip=True) for path, drip in drips.items()}) as server:
        bench.subscribe(*(server.url(path) for path in drips), publish=Publish())
        bench.poll()
        bench.publish()
        with serving(bench.config.public_path) as site:
            while bench.now <= start + timedelta(days=DAYS):
                for path, drip in drips.items():
                    route = server.routes[path]
                    assert isinstance(route, Feed)
                    route.body = drip.at(bench.now)
                polls += len(bench.poll(only_due=True))
                published += bool(bench.publish())
                if (bench.now - start) % LOOK == timedelta(0):
                    subscriber.look(site, bench.now)
                    size += len(bench.published()["feed.atom"])
                bench.now += TICK
    stories = {
        story.atom_id: story.first_published for story in bench.store.latest(100_000) if story.first_published
    }
    # What a new subscriber finds in the feed is its newest; the rest of the first fetches is in the archive.
    news = {id: when for id, when in stories.items() if when > start}
    missed = set(news) - set(subscriber.seen)
    late = {id for id, when in news.items() if id in subscriber.seen and subscriber.seen[id] - when > LOOK}
    with capsys.disabled():
        print(
            f"\n{DAYS} days, {len(drips)} feeds, {coming} entries that came, {polls} polls, {published} publishes"
            f" with a change\n{len(stories)} stories published, {len(news)} of them after the first look; {len(subscriber.seen)} seen, {len(missed)} missed,"
            f" {len(subscriber.again)} seen again, {len(late)} late\n{subscriber.asked} looks:"
            f" {subscriber.bodies} bodies, {subscriber.asked - subscriber.bodies} times 304,"
            f" {subscriber.for_nothing} bodies for nothing; {subscriber.transferred / 1e6:.2f} MB packed"
            f" where {size / 1e6:.2f} MB would have been asked for without conditions and packing"
        )
    assert not missed
    assert not late
    assert not subscriber.again
    assert not subscriber.for_nothing
    assert len(news) > coming / 2
