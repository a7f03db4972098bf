"""What a store of ten million entries is asked often reads no large table whole: PostgreSQL's own plans say so.

Loading ten million rows would take an hour. The store here has some thousands, and the planner is told that there are
ten million. The plans are those by which each statement was really answered, also those of triggers and of foreign keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count, islice
from pathlib import Path

import pytest

from aggregator.settings import Keep
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.make import NOON, entry
from support.plans import explained, explaining, pretend
from support.postgres import DRIVER, Server, new_server
from support.saving import answered, changes, new, outcome, query

psycopg = pytest.importorskip("psycopg", reason=DRIVER)
pytestmark = pytest.mark.slow

ENTRIES, FEEDS = 8_000, 1_000
# What grows with the entries; `feeds`, `hosts`, `leases` and `workers` are as large as feeds.yaml.
LARGE = frozenset(
    "entries contents stories sightings related related_words telling_index word_counts tombstones search poll_log".split()
)
A_SCAN = 100_000  # what reading ten million rows costs at least, in the planner's unit
AGAIN = 7  # times that each is asked: from the sixth on, one plan may serve all values


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with new_server() as server:
        yield server


@pytest.fixture(scope="module")
def store(server: Server) -> Iterator[Store]:
    place = server.new_store()
    open_store(place).close()
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(psycopg.connect(place, autocommit=True)) as connection,
    ):
        patch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
        from many_rows import fill

        fill(connection, ENTRIES, FEEDS)
    pretend(server, place.rpartition("%3D")[2], 10_000_000 / ENTRIES)
    with closing(open_store(explaining(server, place))) as store:
        store.forget(NOON, Keep())  # counts all entries, once a day
        relating(store)  # weighs all words of the last days, where none were weighed yet
        yield store


def first(found: Iterable[object]) -> None:
    """As much as publishing takes of a long answer."""
    with closing(iter(found)) as rows:  # type: ignore[type-var]
        list(islice(rows, 100))


_NUMBERS = count(10**9)


def polling_unchanged(store: Store) -> None:
    (feed,) = store.lease_feeds("me", NOON, NOON + timedelta(minutes=1), 1)
    store.begin_poll(feed, "f1.ex", NOON, NOON + timedelta(hours=1))
    store.save_poll(outcome(feed, clears_backoff=True))
    store.release([f"host f{feed.id}.ex"], "me", NOON)


def polling_news(store: Store) -> None:
    (feed,) = store.lease_feeds("me", NOON, NOON + timedelta(minutes=1), 1)
    numbers = list(islice(_NUMBERS, 5))
    found = [entry(f"Headline number {n} of this", f"https://f{feed.id}.ex/{n}") for n in numbers]
    store.begin_poll(feed, "f1.ex", NOON, NOON + timedelta(hours=1))
    store.load_context(query(feed, *found))
    changed = changes(store, *map(new, found))
    assert store.save_poll(outcome(feed, changes=changed, response=answered(feed.url)))


def relating(store: Store) -> None:
    polling_news(store)
    store.publish_pending(NOON)
    store.relate(NOON, (), lambda words, counts: {"w1": 0.5, "w77": 0.5}, lambda pairs: (), lambda *words: ())


HOT: dict[str, Callable[[Store], object]] = {
    "polling what has not changed": polling_unchanged,
    "polling news": polling_news,
    "relating": relating,
    "renewing leases": lambda store: store.renew(["host f1.ex"], "me", NOON + timedelta(minutes=2)),
    "forgetting workers": lambda store: store.forget_worker("another", NOON),
    "paused hosts": lambda store: (store.paused_hosts(NOON), store.host_backoff("f1.ex", NOON)),
    "publishing: is there something new": lambda store: store.content_version(),
    "publishing: sources": lambda store: store.sources(),
    "publishing: the merged feed": lambda store: first(store.story_summaries()),
    "publishing: its stories": lambda store: store.load_stories(range(ENTRIES - 50, ENTRIES)),
    "publishing: tags": lambda store: store.tagged_stories({"tech": frozenset({1, 2, 3})}, 100),
    "publishing: pages of sources": lambda store: (store.feed_states(), store.stories_of_feed(5, 40)),
    "publishing: arrivals": lambda store: store.arrivals(100),
    "publishing: archives": lambda store: (store.archives(), store.unarchived_stories(None, 500)),
    "publishing: what archives name": lambda store: store.published_feeds(
        [f"https://f1.ex/story/{n}" for n in range(50)]
    ),
    "publishing: redactions": lambda store: store.redactions(),
    "the service's health": lambda store: store.counts(),
    "indexing for search": lambda store: store.index_search(),
    "forgetting": lambda store: store.forget(NOON, Keep(days=90)),
    "latest": lambda store: (store.latest(20), store.latest(20, since=NOON - timedelta(days=1))),
    "latest of a feed": lambda store: store.latest(20, feed="https://f7.ex/feed"),
    "search": lambda store: (store.search("w1", 20), store.search("w29 w20000", 20, titles_only=[1, 2])),
    "explain": lambda store: [
        store.sightings(id) for id in (*store.find_stories("https://f1.ex/story/7", "f1.ex/story/7"), 7)
    ],
    "a feed's polls": lambda store: store.feed_history(7),
    "the digest of a day": lambda store: list(store.published_since(NOON - timedelta(days=1))),
}


@pytest.mark.parametrize("name", HOT)
def test_no_hot_query_reads_a_whole_table(server: Server, store: Store, name: str) -> None:
    before = (server.folder / "log").stat().st_size
    for _ in range(AGAIN):
        HOT[name](store)
    found = explained(server, before)
    assert found
    for each in found:
        assert not each.scans() & LARGE, each.text
        # What is asked of each feed costs little each time; of a cursor only the first rows are taken.
        nodes = [node["Total Cost"] for node in each.nodes() if node.get("Relation Name") in LARGE]
        is_cheap = each.cost < A_SCAN or max(nodes, default=0) < A_SCAN or each.text.startswith("DECLARE")
        assert is_cheap, (each.cost, each.text)
        assert each.first < A_SCAN or max(nodes, default=0) < A_SCAN, (each.first, each.text)


def test_the_plans_of_triggers_and_of_foreign_keys_are_seen(server: Server, store: Store) -> None:
    """And one that reads a table whole is."""
    before = (server.folder / "log").stat().st_size
    polling_unchanged(store)
    store.rule_counts()
    found = explained(server, before)
    assert any("DELETE FROM poll_log" in each.text for each in found)
    assert any("sightings" in each.scans() for each in found)


def test_a_large_store_is_counted_by_the_server(store: Store) -> None:
    assert store.counts()["entries"] > 9_000_000
