"""Nobody follows himself: what we published is not read as a feed."""

from __future__ import annotations

import asyncio

import pytest

from aggregator.models import Fetched, ReadError, ReadFeed, Validators
from aggregator.pipeline.self_guard import OwnFeed, SelfFeedGuard
from aggregator.settings import Subscription
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, serve

from .conftest import Bench


def fetched(body: bytes) -> Fetched:
    return Fetched("https://x.example/", body, Validators(), {})


def guard_of(bench: Bench, *tags: str) -> SelfFeedGuard:
    return SelfFeedGuard(bench.read, OwnFeed(bench.store.publication_id(), bench.config.base_url, tags))


TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}


@pytest.mark.parametrize(
    "name", ["feed.atom", "feed.json", "tags/city.atom", "tags/city.json", "archive/2026-03.atom"]
)
def test_what_we_published_is_refused_wherever_it_is_found(bench: Bench, name: str) -> None:
    with serve({"/feed": Feed(rss(*numbered([1])))}) as server:
        bench.subscribe(Subscription(server.url("/feed"), tags=("city",)))
        bench.poll()
        bench.publish()
        ours = bench.published()[name]
        guard = guard_of(bench, "City")
        server.routes["/feed"] = Feed(ours, TYPES[name.rpartition(".")[2]])
        bench.read = guard  # type: ignore[method-assign]
        (result,) = bench.poll().values()
    assert result.status == "failing"
    assert "our own" in (result.message or "")


def test_another_feed_is_read_and_another_publication_too(bench: Bench) -> None:
    guard = guard_of(bench)
    assert isinstance(asyncio.run(guard(fetched(rss(*numbered([1]))), NOON)), ReadFeed)
    with serve({"/feed": Feed(rss(*numbered([1])))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
    other = OwnFeed("urn:uuid:11111111-2222-4333-8444-555555555555", "https://other.example/", [])
    theirs = SelfFeedGuard(bench.read, other)
    for name in ("feed.atom", "feed.json"):
        read = asyncio.run(theirs(fetched(bench.published()[name]), NOON))
        assert isinstance(read, ReadFeed), name


def test_what_cannot_be_read_stays_what_it_is(bench: Bench) -> None:
    guard = guard_of(bench)
    assert isinstance(asyncio.run(guard(fetched(b"<html>"), NOON)), ReadError)
