"""The search finds what was published, the newest first, whatever people type."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.errors import StoreError
from aggregator.store.sql import search as module
from aggregator.store.sql.search import spaced
from aggregator.store.sqlite.search import expression
from support.bench import Bench
from support.feeds import rss
from support.postgres import shared_server
from support.server import Feed, serve

TITLES = (
    "The bridge reopens after four years",
    "Bridges and tunnels: a short history of AND, OR and NEAR",
    "京都で新しい図書館が開館",
    "Économie : la boulangerie rouvre",
    "Nothing of note in C++ and C#",
)

QUERIES: list[tuple[str, list[int]]] = [
    ("bridge", [1, 0]),
    ("BRIDGES", [1, 0]),
    ("bridge four", [0]),
    ("four bridge", [0]),
    ('"four bridge"', []),
    ('"four years"', [0]),
    ("economie", [3]),
    ("ÉCONOMIE", [3]),
    ("図書館", [2]),
    ("京都", [2]),
    ("館書図", []),
    ("about", [4, 3, 2, 1, 0]),  # in every summary
    ("AND", [4, 1]),
    ("bridge OR nothing", []),
    ("title:bridge", []),
    ("bri*", [1, 0]),
    ("b*", []),
    ("C++", [4]),
    ('"', []),
    ("", []),
    ("   ", []),
    ("-", []),
    ('bridge"', [1, 0]),
    ("NEAR(bridge years)", []),
    ("bridge'; DROP TABLE stories; --", []),
]


@pytest.fixture
def searched(bench: Bench) -> Bench:
    items = [(title, f"https://feed.example/{number}") for number, title in enumerate(TITLES)]
    with serve({"/feed": Feed(rss(*items))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
    assert bench.store.index_search() == len(TITLES)
    return bench


def found(bench: Bench, query: str) -> list[str]:
    return [story.title for story in bench.store.search(query, 50).stories]


@pytest.mark.parametrize(("query", "numbers"), QUERIES)
def test_what_is_found(searched: Bench, query: str, numbers: list[int]) -> None:
    assert found(searched, query) == [TITLES[number] for number in numbers]


def test_postgresql_finds_the_same(tmp_path: Path) -> None:
    bench = Bench.at(tmp_path, shared_server().new_store())
    items = [(title, f"https://feed.example/{number}") for number, title in enumerate(TITLES)]
    with closing(bench.store), serve({"/feed": Feed(rss(*items))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
        assert bench.store.index_search() == len(TITLES)
        for query, numbers in QUERIES:
            assert found(bench, query) == [TITLES[number] for number in numbers], query
        no_titles = bench.store.search("about", 10, titles_only=[1])
        assert no_titles.total == 0


@given(st.text())
@example('"' * 100)
@example("\x00a")
@example("a " * 500)
@example("\ud800")
def test_whatever_is_typed_is_an_expression_of_bounded_size(query: str) -> None:
    made = expression(query.encode("utf-8", "replace").decode())
    assert len(made) < 1000
    assert made.count('"') % 2 == 0


@given(st.text("ab \"'*:^(){}-+京", max_size=30))
def test_no_query_is_an_error(query: str) -> None:
    import sqlite3

    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(title)")
    if expression(query):
        db.execute("SELECT * FROM t WHERE t MATCH ?", (expression(query),)).fetchall()
    db.close()


def test_an_edit_is_found_by_its_new_words_and_not_by_the_old(searched: Bench) -> None:
    with serve({"/feed": Feed(rss(("The bridge is closed again", "https://feed.example/0")))}) as server:
        searched.sql("UPDATE feeds SET effective_url = ?", server.url("/feed"))
        searched.now += timedelta(hours=2)
        searched.poll()
        searched.publish()
    assert searched.store.index_search() == 1
    assert found(searched, "closed") == ["The bridge is closed again"]
    assert found(searched, "reopens") == []


def test_what_retention_removes_is_not_found(searched: Bench) -> None:
    searched.now += timedelta(days=500)
    assert searched.forget(10)
    searched.store.index_search()
    assert found(searched, "bridge") == []


def test_a_feed_that_was_dropped_is_not_found(searched: Bench) -> None:
    searched.store.sync_subscriptions((), searched.now)
    assert found(searched, "bridge") == []


def test_what_is_not_published_is_not_found(bench: Bench) -> None:
    with serve({"/feed": Feed(rss((TITLES[0], "https://feed.example/0")))}) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
    assert bench.store.index_search() == 0
    assert found(bench, "bridge") == []


def test_indexing_goes_in_portions(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PORTION", 2)
    with serve(
        {"/feed": Feed(rss(*((title, f"https://feed.example/{n}") for n, title in enumerate(TITLES))))}
    ) as server:
        bench.subscribe(server.url("/feed"))
        bench.poll()
        bench.publish()
    assert [bench.store.index_search() for _ in range(4)] == [2, 2, 1, 0]


def test_a_search_that_takes_too_long_ends(searched: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", -1)
    searched.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
        " INSERT INTO search (title, summary) SELECT 'bridge ' || i, iif(i % 2, 'nowhere', '') FROM n"
    )
    with pytest.raises(StoreError):
        searched.store.search("bridge nowhere", 50)
    monkeypatch.setattr(module, "LONGEST", 60)
    assert searched.store.search("bridge", 50).total


def test_spaced() -> None:
    assert spaced("京都 a京b") == "京 都 a 京 b"
    assert spaced("plain  text") == "plain text"
