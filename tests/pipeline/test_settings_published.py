"""Whatever changes in feeds.yaml, publishing writes what a publication from scratch would, and makes no more than it must."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from aggregator.export.archive import stories_of
from aggregator.export.sources import render_source
from aggregator.pipeline.changes import publish_changes
from aggregator.settings import FilterRule, Filters, Subscription
from support.calls import counted
from support.feeds import Item, numbered, rss
from support.programs import Programs, check, take_over
from support.server import Feed, Server, serve

from .conftest import Bench

SHARED = ("Harbour tunnel opens to traffic in Kallavik", "tunnel")
NAMES = ("a", "b", "c")
Change = Callable[[Bench, Server], None]


def items(name: str, months: int) -> list[Item]:
    """Two stories a month, and what all feeds tell, each with a link of its own."""
    own = numbered(range(2 * months), f"https://{name}.example")
    title, place = SHARED
    return [(f"{name.upper()}: {title}", link) for title, link in own] + [
        (title, f"https://{name}.example/{place}")
    ]


@pytest.fixture
def server(bench: Bench) -> Iterator[Server]:
    """Three feeds were published for three months, and two of these are closed."""
    with serve({}) as server:
        bench.now = bench.now.replace(month=3)
        addresses = {name: server.url(f"/{name}") for name in NAMES}
        bench.subscribe(
            Subscription(addresses["a"], tags=("News",)),
            Subscription(addresses["b"], name="B"),
            addresses["c"],
        )
        for months in range(1, 4):
            poll(bench, server, months)
            bench.now += timedelta(days=31)
        yield server


def poll(bench: Bench, server: Server, months: int) -> None:
    for name in NAMES:
        server.routes[f"/{name}"] = Feed(
            rss(
                *items(name, months),
                title=f"Feed {name}",
                date=format_datetime(bench.now - timedelta(hours=1)),
            )
        )
    bench.now += timedelta(hours=2)
    bench.poll()
    check(bench, Programs())


def setting(**values: Any) -> Change:
    def change(bench: Bench, server: Server) -> None:
        bench.config = replace(bench.config, **values)

    return change


def publishing(**values: Any) -> Change:
    def change(bench: Bench, server: Server) -> None:
        bench.config = replace(bench.config, publish=replace(bench.config.publish, **values))

    return change


def of_feed(index: int, **values: Any) -> Change:
    def change(bench: Bench, server: Server) -> None:
        feeds = list(bench.config.feeds)
        feeds[index] = replace(feeds[index], **values)
        bench.config = replace(bench.config, feeds=tuple(feeds))

    return change


def add(bench: Bench, server: Server) -> None:
    server.routes["/d"] = Feed(rss(*items("d", 2), title="Feed d"))
    bench.config = replace(bench.config, feeds=(*bench.config.feeds, Subscription(server.url("/d"))))
    bench.store.sync_subscriptions(bench.config.feeds, bench.now)
    bench.now += timedelta(hours=2)
    bench.poll()


def remove(index: int) -> Change:
    def change(bench: Bench, server: Server) -> None:
        feeds = bench.config.feeds
        bench.config = replace(bench.config, feeds=(*feeds[:index], *feeds[index + 1 :]))

    return change


def reorder(bench: Bench, server: Server) -> None:
    bench.config = replace(bench.config, feeds=bench.config.feeds[::-1])


def block(title: str) -> Change:
    return setting(filters=Filters(block=(FilterRule(title=title),)))


def icon(bench: Bench, server: Server) -> None:
    (bench.folder / "icon.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    bench.config = replace(bench.config, icon=bench.folder / "icon.png")


def template(bench: Bench, server: Server) -> None:
    (bench.folder / "templates").mkdir(exist_ok=True)
    (bench.folder / "templates" / "theme.css").write_text(f"body {{ order: {bench.now:%H} }}")
    bench.config = replace(bench.config, templates=bench.folder / "templates")


CHANGES: dict[str, Change] = {
    "title": setting(title="Another title"),
    "description": setting(description="What is published here."),
    "id": setting(id="urn:uuid:3d2ef2a6-9f1c-4a7b-8d0e-2f6f5a1b7c11"),
    "address": setting(base_url="https://news.example/"),
    "time zone": setting(timezone="Asia/Tokyo"),
    "theme": setting(theme="terminal"),
    "members": setting(theme="planet"),
    "icon": icon,
    "templates": template,
    "related": setting(related="off"),
    "no content": publishing(content="none"),
    "fewer entries": publishing(entries=2, guarantee_hours=0),
    "fewer of a source": publishing(per_source=1, guarantee_hours=0),
    "images": publishing(images="on"),
    "no search": publishing(search="off"),
    "attribution": publishing(attribution="line"),
    "hub": publishing(hub="https://hub.example/"),
    "aliases": publishing(aliases=("/atom.xml",)),
    "podcasts": publishing(podcasts=("News",)),
    "name": of_feed(1, name="Another name"),
    "own name": of_feed(1, name=None),
    "tags": of_feed(1, tags=("News", "Harbours")),
    "no tags": of_feed(0, tags=()),
    "content of a feed": of_feed(0, content="none"),
    "summary of a feed": of_feed(2, content="summary"),
    "private": of_feed(1, private="true"),
    "priority": of_feed(-1, priority=5),
    "picture": of_feed(0, avatar="https://faces.example/a.png"),
    "about": of_feed(0, about="Of harbours."),
    "site": of_feed(0, site="https://another.example/"),
    "keys of the operator's own": of_feed(0, extra=(("city", "Kallavik"),)),
    "a feed more": add,
    "the first feed removed": remove(0),
    "the last feed removed": remove(-1),
    "order": reorder,
    "blocked": block("number 1 "),
    "others blocked": block("number 2 "),
    "all blocked": block("Harbour"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "count"), [(0, 0), (1, 2), (2, 1)])
def test_all_outputs_follow_every_change_of_the_settings(
    bench: Bench, server: Server, seed: int, count: int
) -> None:
    """One after the other, some upon others, and each is taken back; published by programs that remember the last."""
    chance, begin, programs = random.Random(seed), bench.config, Programs(count)
    names = sorted(CHANGES)
    chance.shuffle(names)
    for number, name in enumerate(names):
        if seed % 2 or number % 3 == 0:
            bench.config = begin
            check(bench, programs)
        CHANGES[name](bench, server)
        check(bench, programs, name)
    bench.config = begin
    check(bench, programs)


@pytest.mark.parametrize(
    ("name", "pages", "documents"),
    [
        pytest.param("fewer entries", 0, 0, id="most entries"),
        pytest.param("tags", 3, 0, id="tags: the pages of sources lead to all of them"),
        pytest.param("about", 1, 0, id="about a feed"),
        pytest.param(
            "a feed more", 4, 1, id="a feed, with the story that all tell, and a month that is over"
        ),
        pytest.param("blocked", 3, 1, id="a rule about stories of one month"),
    ],
)
def test_no_more_is_made_than_a_setting_says_something_about(
    bench: Bench, server: Server, name: str, pages: int, documents: int
) -> None:
    CHANGES[name](bench, server)
    take_over(bench)
    with counted(render_source, stories_of) as made:
        assert publish_changes(bench.store, bench.config, bench.now)
    assert (made["render_source"], made["stories_of"]) == (pages, documents)
    check(bench, Programs())
