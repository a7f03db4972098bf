"""What a store of ten million entries is asked often reads no large table whole: PostgreSQL's own plans say so.

Loading ten million rows would take an hour. The store here has some thousands, and the planner is told that there are
ten million. The plans are those by which each statement was really answered, also those of triggers and of foreign keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.settings import Keep
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.hot import HOT, polling_news, relating
from support.make import NOON
from support.plans import explained, explaining, pretend
from support.postgres import DRIVER, Server, new_server

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


# The entries of thirty days are a tenth of all here, and each is counted.
@pytest.mark.parametrize("name", sorted(HOT.keys() - {"publishing: entries a day"}))
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
    polling_news(store)
    store.rule_counts()
    found = explained(server, before)
    assert any("DELETE FROM poll_log" in each.text for each in found)
    assert any("sightings" in each.scans() for each in found)


def test_a_large_store_is_counted_by_the_server(store: Store) -> None:
    assert store.counts()["entries"] > 9_000_000
