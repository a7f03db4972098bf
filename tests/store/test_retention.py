"""What is forgotten, when, and how much at once; and that a wrong clock, a gap or a dead feed wipes nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.models import FeedInfo
from aggregator.settings import Keep, Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_library, open_store
from support.make import NOON, entry
from support.saving import DAY, answered, new, outcome, save
from support.stores import sql

INFO = FeedInfo("rss20", "A feed", None)
ONE, TWO = Subscription("https://one.ex/feed"), Subscription("https://two.ex/feed")


class Filled:
    """A store of two feeds with `count` entries each, all listed at noon of the first day."""

    def __init__(self, folder: Path, count: int = 3) -> None:
        self.path, self.asked = folder / "aggregator.db", list[str]()
        self.store: Store = open_store(self.path, self.asked.append)
        self.store.sync_subscriptions((ONE, TWO), NOON)
        for feed, name in zip(self.store.feeds(), "ab", strict=True):
            entries = [new(entry(f"{name}{n}", f"https://{name}.ex/{n}")) for n in range(count)]
            save(self.store, feed, *entries, response=answered(feed.url, digest="x"), info=INFO)

    def read(self, days: float, *urls: str) -> None:
        """These feeds are read then, without any of the entries; all of them where none is named."""
        for feed in self.store.feeds():
            if not urls or feed.url in urls:
                save(self.store, feed, days=days, response=answered(feed.url, days=days), info=INFO)

    def forget(self, days: float, keep: Keep | None = None, limit: int = 500) -> int:
        return self.store.forget(NOON + days * DAY, keep or Keep(10), limit)

    @property
    def count(self) -> int:
        return int(sql(self.path, "SELECT count(*) FROM entries")[0][0])


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    made = Filled(tmp_path)
    yield made
    made.store.close()


def test_what_is_no_longer_listed_is_forgotten_after_its_days(filled: Filled) -> None:
    for day in range(1, 13):
        filled.read(day)
        filled.forget(day)
        assert filled.count == (6 if day < 11 else 0), day


def test_a_portion_is_removed_by_as_many_statements_however_large_it_is(filled: Filled) -> None:
    """But for the tombstones, of which each entry gets one."""
    filled.read(1)
    filled.read(12)
    filled.forget(12, Keep(5), limit=0)  # notes how many there are
    asked = []
    for limit in (1, 5):
        filled.asked.clear()
        assert filled.forget(12, Keep(5), limit) == limit
        asked.append(len({text for text in filled.asked if "tombstones" not in text}))  # triggers repeat it
    assert asked[0] == asked[1]


def test_before_a_poll_has_succeeded_nothing_is_forgotten(filled: Filled) -> None:
    assert filled.forget(4000) == 0  # switched off for years, or the clock is wrong


def test_after_a_gap_nothing_is_forgotten_for_a_day(filled: Filled) -> None:
    filled.read(1)
    filled.forget(1)
    filled.read(100)
    assert filled.forget(100) == 0
    filled.read(100.5)
    assert filled.forget(100.5) == 0
    filled.read(101.1)
    assert filled.forget(101.1) == 6


def test_a_clock_that_was_ahead_for_hours_costs_nothing(filled: Filled) -> None:
    filled.read(1)
    filled.forget(1)
    filled.read(401)  # polls succeed under the wrong clock
    assert filled.forget(401) == 0
    assert filled.forget(1.2) == 0  # it is right again
    filled.read(2)
    assert filled.forget(2) == 0
    assert filled.count == 6


def test_entries_of_a_failing_feed_wait_for_it(filled: Filled) -> None:
    for day in range(1, 30):
        filled.read(day, ONE.url)
        filled.forget(day)
    assert filled.count == 3  # those of the feed that could not be read
    filled.read(30)
    assert filled.forget(30) == 3


def test_entries_of_a_dropped_feed_age(filled: Filled) -> None:
    filled.store.sync_subscriptions((ONE,), NOON)
    for day in range(1, 9):
        filled.read(day, ONE.url)
        assert filled.forget(day, Keep(6)) == (6 if day == 7 else 0)


def test_what_is_listed_stays_however_old(filled: Filled) -> None:
    for feed in filled.store.feeds():
        filled.store.save_poll(outcome(feed, days=25, response=answered(feed.url, days=25)))  # a 304
    assert filled.forget(25) == 0


def test_above_the_number_the_oldest_go_and_the_listed_stay(filled: Filled) -> None:
    filled.read(1, ONE.url)
    assert filled.forget(1, Keep(365, entries=4)) == 2
    assert filled.forget(1, Keep(365, entries=1)) == 1  # the other feed still lists its three
    assert filled.count == 3


def test_portions_and_a_quarter_a_day_at_most(tmp_path: Path) -> None:
    filled = Filled(tmp_path, count=3000)
    for day in (1, 20):
        filled.read(day)
    portions = []
    while portion := filled.forget(20, limit=400):
        portions.append(portion)
    assert max(portions) == 400
    assert sum(portions) == 1500
    filled.read(21.1)
    while filled.forget(21.1):
        pass
    assert filled.count == 6000 - 1500 - 1125
    filled.store.close()


def test_space_comes_back(tmp_path: Path) -> None:
    filled = Filled(tmp_path, count=2000)
    filled.read(20)
    before = size_of(filled)
    for day in range(20, 40):
        filled.read(day)
        while filled.forget(day):
            pass
        while filled.store.release_space():
            pass
    assert filled.count == 0
    assert size_of(filled) < before / 3
    filled.store.close()


def size_of(filled: Filled) -> int:
    return sum(path.stat().st_size for path in filled.path.parent.glob("aggregator.db*"))


# ---------------------------------------------------------------- who may read


def test_others_may_not_read_the_store(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    open_store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_store_that_was_open_to_all_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    open_store(path).close()
    path.chmod(0o644)
    store = open_store(path)
    store.sync_subscriptions((ONE,), NOON)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("aggregator.db*")} == {0o640}
    store.close()


def test_reading_writes_nothing(filled: Filled) -> None:
    filled.store.close()
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in filled.path.parent.iterdir()}
    library = open_library(filled.path)
    assert library is not None
    assert len(library.latest(10)) == 6
    library.close()
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in filled.path.parent.iterdir()}
    assert {
        path: state for path, state in after.items() if path.suffix not in (".db-wal", ".db-shm")
    } == before


def test_an_older_store_is_not_changed_by_reading(filled: Filled) -> None:
    sql(filled.path, "PRAGMA user_version = 1")
    with pytest.raises(StoreError, match="of an older aggregator"):
        open_library(filled.path)
    assert sql(filled.path, "PRAGMA user_version")[0][0] == 1
