"""The feeds behind an address that a person types, over real HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime

from aggregator.fetch import Fetcher
from aggregator.models import Fetched, ReadError, ReadFeed
from aggregator.pipeline.find_feeds import FeedFinder, FoundFeeds
from aggregator.pipeline.read import read
from support.feeds import numbered, rss
from support.make import NOON
from support.server import Feed, Reply, Server, serve


def find(url: str) -> FoundFeeds:
    async def read_here(fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
        return read(bytes(fetched.body), fetched.headers.get("content-type"), fetched.url, now)

    async def run() -> FoundFeeds:
        async with Fetcher(
            user_agent="aggregator/test", now=lambda: NOON, allow_addresses=["127.0.0.0/8"], timeout=30
        ) as fetcher:
            return await FeedFinder(fetcher.fetch, read_here, NOON).find(url)

    return asyncio.run(run())


def page(html: str) -> Feed:
    return Feed(f"<!doctype html><html><body>{html}</body></html>".encode(), "text/html")


def asked(server: Server) -> list[str]:
    return [request.target for request in server.requests]


FEED = Feed(rss(*numbered([1, 2, 3, 4, 5])))


def test_a_feed_is_taken_as_it_is() -> None:
    with serve({"/feed": FEED}) as server:
        (feed,) = find(server.url("/feed")).feeds
        assert feed.url == server.url("/feed")
        assert (feed.entries, len(feed.newest)) == (5, 3)
        assert feed.newest[0].published >= feed.newest[1].published
        assert asked(server) == ["/feed"]


def test_a_feed_that_has_moved_for_good_is_taken_at_its_new_address() -> None:
    with serve({"/new": FEED}) as server:
        server.routes["/old"] = Reply(301, headers=(("Location", server.url("/new")),))
        server.routes["/for-now"] = Reply(302, headers=(("Location", server.url("/new")),))
        assert find(server.url("/old")).feeds[0].url == server.url("/new")


def test_a_page_names_its_feeds() -> None:
    links = (
        '<link rel=alternate type="application/rss+xml" title="Comments" href=/comments>'
        '<link rel=alternate type="application/rss+xml" href=/feed>'
        '<link rel=alternate type="application/rss+xml" href=/gone>'
    )
    with serve({"/": page(links), "/feed": FEED, "/comments": Feed(rss(*numbered([7])))}) as server:
        found = find(server.url("/"))
        assert [feed.url for feed in found.feeds] == [server.url("/feed"), server.url("/comments")]


def test_anchors_only_where_there_are_no_links_and_usual_places_last() -> None:
    with serve({"/": page('<a href="/my.rss">RSS</a>'), "/my.rss": FEED}) as server:
        assert [feed.url for feed in find(server.url("/")).feeds] == [server.url("/my.rss")]
        assert asked(server) == ["/", "/my.rss"]
    with serve({"/": page("hello"), "/atom.xml": FEED, "/rss.xml": FEED}) as server:
        assert [feed.url for feed in find(server.url("/")).feeds] == [server.url("/atom.xml")]
        assert "/rss.xml" not in asked(server)  # the first that is a feed is enough


def test_why_nothing_was_found() -> None:
    with serve({"/": page("hello")}) as server:
        found = find(server.url("/"))
        assert (found.feeds, "HTML" in found.problem) == ((), True)
        assert "404" in find(server.url("/missing")).problem
        assert len(asked(server)) < 12
