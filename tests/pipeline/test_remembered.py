"""A program that remembers what it published publishes what one does that has no memory, whatever happens to the store."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.errors import ExportError
from aggregator.export.manifest import load
from aggregator.models import Redacted
from aggregator.pipeline.changes import ChangePublisher, publish_changes
from aggregator.pipeline.memory import Feeds
from aggregator.pipeline.publication import as_source
from aggregator.settings import Config, FilterRule, Filters, Keep, Subscription
from aggregator.store.open import open_store
from support.calls import counted
from support.feeds import Item, numbered, rss
from support.postgres import shared_server
from support.programs import Programs, check
from support.server import Feed, Server, serve

from .conftest import Bench

SHARED = [
    (f"Harbour tunnel number {n} opens to traffic in Kallavik", f"https://kallavik.example/{n}")
    for n in range(4)
]


class World:
    """Feeds of one server, and an installation that polls them."""

    def __init__(self, bench: Bench, server: Server, seed: int) -> None:
        self.bench, self.server, self.chance = bench, server, random.Random(seed)
        self.items: dict[str, list[Item]] = {}
        self.titles: dict[str, str] = {}
        self.number = 0
        for name in "abcd":
            self.items[name] = self.news(2)
            self.titles[name] = f"Feed {name}"
            self.serve(name)
        urls = [server.url(f"/{name}") for name in "abcd"]
        self.begin = (Subscription(urls[0], tags=("News",)), *map(Subscription, urls[1:]))
        bench.subscribe(*self.begin)

    def news(self, count: int) -> list[Item]:
        self.number += count
        return numbered(range(self.number - count, self.number))

    def serve(self, name: str) -> None:
        date = format_datetime(self.bench.now - timedelta(hours=1))
        self.server.routes[f"/{name}"] = Feed(rss(*self.items[name], title=self.titles[name], date=date))

    def poll(self) -> None:
        self.bench.now += timedelta(hours=2)
        self.bench.poll()

    def some_feed(self) -> str:
        return self.chance.choice("abcd")

    # ---------------------------------------------------------------- what happens

    def more(self) -> None:
        name = self.some_feed()
        self.items[name] = [*self.news(self.chance.choice((1, 1, 60))), *self.items[name]][:70]
        self.serve(name)
        self.poll()

    def same_story(self) -> None:
        story = self.chance.choice(SHARED)
        for name in self.chance.sample("abcd", 2):
            if story not in self.items[name]:
                self.items[name] = [story, *self.items[name]]
                self.serve(name)
        self.poll()

    def edit(self) -> None:
        name = self.some_feed()
        title, link = self.items[name][0]
        self.items[name][0] = f"{title} {self.chance.choice(('at last', 'in the end', 'after all'))}", link
        self.serve(name)
        self.poll()

    def rename(self) -> None:
        name = self.some_feed()
        self.titles[name] = f"Called {self.chance.randrange(5)}"
        self.serve(name)
        self.poll()

    def fail(self) -> None:
        self.server.routes.pop(f"/{self.some_feed()}", None)
        self.poll()

    def recover(self) -> None:
        for name in "abcd":
            self.serve(name)
        self.poll()

    def quiet(self) -> None:
        self.bench.now += timedelta(days=self.chance.choice((0, 1, 31)))
        self.poll()

    def redact(self) -> None:
        store = self.bench.store
        story = self.chance.choice(store.latest(9))
        entries = [sighting.entry.id for sighting in store.sightings(story.id)]
        store.redact(Redacted(entries, [story.atom_id]), self.bench.now)

    def forget(self) -> None:
        self.bench.store.forget(self.bench.now, Keep(self.chance.choice((3, 40))))

    def block(self) -> None:
        words = self.chance.choice((None, "number 1", "tunnel"))
        rules = Filters(block=(FilterRule(title=words),)) if words else Filters()
        self.bench.config = replace(self.bench.config, filters=rules)

    def subscriptions(self) -> None:
        feeds = list(self.begin)
        how = self.chance.randrange(4)
        if how == 1:
            feeds.pop(self.chance.randrange(4))
        elif how == 2:
            self.chance.shuffle(feeds)
        elif how == 3:
            feeds[1] = replace(feeds[1], name="The second", tags=("News", "Harbours"), priority=3)
        self.bench.config = replace(self.bench.config, feeds=tuple(feeds))

    def files(self) -> None:
        names = sorted(self.bench.published())
        for name in self.chance.sample(names, 3):
            path = self.bench.config.public_path / name
            if self.chance.random() < 0.5:
                path.unlink()
            else:
                path.write_bytes(path.read_bytes()[::-1])

    def another_process(self) -> None:
        self.bench.store.close()
        self.bench.store = open_store(self.bench.place)


STEPS: tuple[Callable[[World], None], ...] = (
    World.more, World.more, World.same_story, World.edit, World.rename, World.fail, World.recover, World.quiet,
    World.redact, World.forget, World.block, World.subscriptions, World.files, World.another_process,
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    with serve({}) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "seed", "count"),
    [("sqlite", 1, 1), ("sqlite", 2, 2), ("sqlite", 3, 3), ("postgresql", 4, 2)],
)
def test_whatever_happens_programs_that_remember_publish_as_one_that_does_not(
    tmp_path: Path, server: Server, engine: str, seed: int, count: int
) -> None:
    place = shared_server().new_store() if engine == "postgresql" else None
    bench, programs = Bench.at(tmp_path, place), Programs(count)
    world, done = World(bench, server, seed), []
    world.poll()
    check(bench, programs)
    for _ in range(45):
        step = world.chance.choice(STEPS)
        done.append(step.__name__)
        step(world)
        if world.chance.random() < 0.8:  # else two changes at once
            check(bench, programs, done)
    check(bench, programs, done)
    bench.store.close()


def test_a_program_that_remembers_looks_at_the_feeds_alone_that_have_changed(
    bench: Bench, server: Server
) -> None:
    routes = [f"/{number}" for number in range(20)]
    for number, route in enumerate(routes):
        server.routes[route] = Feed(rss(*numbered(range(100 * number, 100 * number + 2))))
    bench.subscribe(*map(server.url, routes))
    bench.poll()
    publisher = ChangePublisher(bench.config)
    with counted(as_source, load) as first:
        assert publisher.publish(bench.store, bench.now)
    server.routes["/7"] = Feed(rss(*numbered(range(698, 702)), date=format_datetime(bench.now)))
    bench.now += timedelta(hours=2)
    bench.poll()
    with counted(as_source, load) as second:
        assert "feed.atom" in publisher.publish(bench.store, bench.now)
    assert (first, second) == ({"as_source": 20, "load": 1}, {"as_source": 1})
    assert publish_changes(bench.store, bench.config, bench.now) == ()


def test_another_order_of_feeds_is_a_change_of_all(bench: Bench) -> None:
    """The feeds that tell a story stand beside it in the order of feeds.yaml."""
    bench.subscribe(*(f"https://{name}.example/feed" for name in "abc"))
    bench.store.publish_pending(bench.now)
    feeds = Feeds(bench.config)
    feeds.read(bench.store)
    assert list(feeds.changed_since(bench.store)) == []
    bench.store.sync_subscriptions(bench.config.feeds[::-1], bench.now)
    assert set(feeds.changed_since(bench.store)) == set(feeds.sources)


def test_who_publishes_in_turn_with_another_reads_what_that_one_wrote(bench: Bench, server: Server) -> None:
    server.routes["/a"] = Feed(rss(*numbered(range(2))))
    bench.subscribe(server.url("/a"))
    bench.poll()
    one, other = ChangePublisher(bench.config), ChangePublisher(bench.config)
    for publisher in (one, other, one, other):
        bench.now += timedelta(hours=2)
        server.routes["/a"] = Feed(rss(*numbered(range(bench.now.hour)), date=format_datetime(bench.now)))
        bench.poll()
        with counted(load) as loaded:
            assert publisher.publish(bench.store, bench.now)
            assert publisher.publish(bench.store, bench.now) == ()
        assert loaded == {"load": 1}


def test_an_app_remembers_what_it_published_until_that_fails_or_feeds_yaml_is_another(
    tmp_path: Path, server: Server
) -> None:
    server.routes["/a"] = Feed(rss(*numbered(range(2))))
    feeds = (Subscription(server.url("/a")),)
    config = Config(tmp_path / "feeds.yaml", feeds, data=tmp_path, allow_addresses=("127.0.0.0/8",))
    with App(config) as app:
        app.poll()

        def loads() -> int:
            with counted(load) as loaded:
                app.publish()
            return loaded["load"]

        assert (loads(), loads()) == (1, 0)
        app.config = replace(config, title="Another")
        assert (loads(), loads()) == (1, 0)
        page = config.public_path / "index.html"
        page.unlink()
        page.mkdir()
        with pytest.raises(ExportError):
            app.publish()
        page.rmdir()
        assert (loads(), loads()) == (1, 0)
        assert page.is_file()
