"""The page that answers a search, whatever is asked and however the store is."""

from __future__ import annotations

from functools import partial

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.errors import StoreError
from aggregator.models import SearchResult
from aggregator.pipeline.search import NOTHING, find, render_answer, render_story_page
from aggregator.settings import Subscription
from support.feeds import numbered, rss
from support.server import Feed, serve

from .conftest import Bench


@pytest.fixture
def searched(bench: Bench) -> Bench:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
    bench.store.index_search()
    return bench


def ask(bench: Bench, query: str) -> tuple[int, LexborHTMLParser]:
    status, page = render_answer(partial(find, bench.store, bench.config), bench.config, query)
    return status, LexborHTMLParser(page.decode())


def words(page: LexborHTMLParser) -> str:
    return " ".join(page.css(".lead")[0].text().split()) if page.css(".lead") else ""


@pytest.mark.parametrize(
    ("query", "status", "stories", "said"),
    [
        ("", 200, 0, ""),
        ("   ", 200, 0, ""),
        ("headline 2", 200, 1, "1 story with all of these words, the newest first."),
        ("headline", 200, 3, "3 stories with all of these words, the newest first."),
        ("nothing", 200, 0, "No story has all of these words."),
        ("x" * 201, 400, 0, "Please search for 200 characters or less."),
        ('"><script>', 200, 0, "No story has all of these words."),
    ],
)
def test_answer(searched: Bench, query: str, status: int, stories: int, said: str) -> None:
    got, page = ask(searched, query)
    assert got == status
    assert len(page.css("article")) == stories
    assert words(page) == said
    assert page.css("input")[0].attributes["value"] == query.strip()[:200]
    assert not page.css("script")


def test_before_the_first_poll_nothing_is_found(bench: Bench) -> None:
    status, _ = render_answer(lambda query, limit, skip: NOTHING, bench.config, "bridge")
    assert status == 200


def test_a_store_that_fails_is_said(bench: Bench) -> None:
    def broken(query: str, limit: int, skip: int) -> SearchResult:
        raise StoreError("damaged")

    status, page = render_answer(broken, bench.config, "bridge")
    assert status == 503
    assert "damaged" not in page.decode()


def test_of_a_feed_without_content_titles_alone_are_searched(bench: Bench) -> None:
    feed = rss(("A plain headline", "https://quiet.example/1")).replace(b"About A", b"Hidden words")
    with serve({"/feed": Feed(feed)}) as server:
        url = server.url("/feed")
        for content, found in ((None, 1), ("none", 0)):
            bench.subscribe(Subscription(url, content=content))  # type: ignore[arg-type]
            bench.poll()
            bench.publish()
            bench.store.index_search()
            assert len(ask(bench, "hidden")[1].css("article")) == found
            assert len(ask(bench, "headline")[1].css("article")) == 1


def test_a_story_has_a_page_of_its_own(searched: Bench) -> None:
    links = [a.attributes["href"] or "" for a in ask(searched, "headline")[1].css(".by a")]
    keys = [link.removeprefix("story/") for link in links if link.startswith("story/")]
    assert len(keys) == 3
    status, page = render_story_page(searched.store, searched.config, keys[0])
    assert (status, LexborHTMLParser(page).css("main h1")[0].text()) == (200, "Headline number 2 of many")
    for key in ("1-000000", "x", keys[0].replace("-", "0-")):
        assert render_story_page(searched.store, searched.config, key)[0] == 404
