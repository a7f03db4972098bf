"""A reader that takes only what is dated after the newest it saw: what it misses of feed.atom, and of bots.rss."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from lxml import etree

from support.feeds import rss
from support.server import Feed, serve
from support.valid import NS

from .conftest import Bench

pytestmark = pytest.mark.slow

DAYS, A_DAY, FEEDS = 10, 4, 6


class Reader:
    """Chat bots and newsletters read like this."""

    def __init__(self) -> None:
        self.newest: datetime | None = None
        self.taken: set[str] = set()

    def read(self, items: list[tuple[str, datetime]]) -> None:
        fresh = [(name, when) for name, when in items if self.newest is None or when > self.newest]
        self.taken |= {name for name, _ in fresh}
        self.newest = max((when for _, when in items), default=self.newest)


def atom(data: bytes) -> list[tuple[str, datetime]]:
    entries = etree.fromstring(data).findall("a:entry", NS)
    return [
        (entry.findtext("a:id", "", NS), datetime.fromisoformat(entry.findtext("a:published", "", NS)))
        for entry in entries
    ]


def bots(data: bytes) -> list[tuple[str, datetime]]:
    items = etree.fromstring(data).findall("channel/item")
    return [
        (item.findtext("guid", ""), parsedate_to_datetime(item.findtext("pubDate", ""))) for item in items
    ]


def test_by_dates_stories_are_missed_in_feed_atom_and_none_in_bots_rss(bench: Bench) -> None:
    by_atom, by_arrival = Reader(), Reader()
    published: set[str] = set()
    listed: dict[int, bytes] = {}
    with serve({f"/{n}": Feed(rss()) for n in range(FEEDS)}) as server:
        bench.subscribe(*(server.url(f"/{n}") for n in range(FEEDS)))
        for round_ in range(DAYS * A_DAY):
            for n in range(FEEDS):
                # Each feed dates its stories some hours back: written earlier, or seen late.
                when = bench.now - timedelta(hours=3 * n, minutes=round_ % 7)
                item = rss(
                    (f"Story {round_} of source {n} in the valley", f"https://{n}.example/{round_}"),
                    date=format_datetime(when),
                )
                body = item[item.index(b"<item>") : item.rindex(b"</item>") + 7]
                listed[n] = body + listed.get(n, b"")
                server.routes[f"/{n}"] = Feed(rss().replace(b"</channel>", listed[n] + b"</channel>"))
            bench.poll()
            bench.publish()
            outputs = bench.published()
            by_atom.read(atom(outputs["feed.atom"]))
            by_arrival.read(bots(outputs["bots.rss"]))
            published |= {name for name, _ in bots(outputs["bots.rss"])}
            bench.now += timedelta(hours=24 // A_DAY)
    assert len(published) == DAYS * A_DAY * FEEDS
    assert by_arrival.taken == published
    assert len(published - by_atom.taken) > len(published) // 10
