"""More than 300 hostile feeds at once, the worst of every table, with good feeds between them, twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

import pytest

from hostile import floods, slow
from hostile.case import Case
from hostile.round import Crowd, Round, gathered
from hostile.test_cases import TABLES, check_outputs
from support.command import Folder

# Of each table every so-many-th case: of those that cost most nearly all.
EVERY = {
    "slow": 1,
    "transport": 8,
    "compression": 4,
    "redirects": 8,
    "bodies": 3,
    "xml": 2,
    "encodings": 16,
    "killers": 1,
    "entries": 9,
}
CASES: Mapping[str, Case] = (
    {
        f"{table}: {name}": TABLES[table][name]
        for table, every in EVERY.items()
        for name in list(TABLES[table])[::every]
    }
    | {f"silence {number}": slow.CASES["slow: silence"] for number in range(100)}
    | floods.CASES
)
GOOD = 40
TIMEOUT = 10  # seconds
MEMORY = 400_000_000  # bytes, of all processes together
ON_TIME = 20.0  # seconds from the start of the program
LONGEST = 30.0  # seconds that any one feed may hold the round


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = Folder(tmp_path_factory.mktemp("crowd"))
    with gathered(folder, CASES, f"{TIMEOUT}s", good=GOOD) as crowd:
        yield crowd


@pytest.fixture(scope="module")
def rounds(crowd: Crowd) -> tuple[Round, Round]:
    return crowd.poll(), crowd.poll("--all")


def test_it_is_a_crowd() -> None:
    assert len(CASES) >= 300


@pytest.mark.parametrize("number", [0, 1])
def test_a_round_over_hundreds_of_hostile_feeds(rounds: tuple[Round, Round], number: int) -> None:
    found = rounds[number]
    print(
        f"{len(CASES)} hostile feeds: {found.seen.seconds:.1f} s, {found.seen.peak / 1e6:.0f} MB,",
        f"good feeds after {max(row.at or 0.0 for row in found.good.values()):.1f} s,",
        f"the longest held it for {max(row.held or 0.0 for row in found.rows.values()):.1f} s",
    )
    assert found.seen.code == 0, found.seen.out[-2000:]
    assert "Traceback" not in found.seen.out
    assert 0 < found.seen.peak < MEMORY
    for row in found.good.values():
        assert (row.status, row.new) == (("ok", 1), ("unchanged", 0))[number], row
        assert row.at is not None
        assert row.at < ON_TIME
    for name, row in found.rows.items():
        assert row.at is not None, f"{name} has no line"
        assert row.held is None or row.held < LONGEST, (name, row)
        assert row.status in ("ok", "unchanged") or row.words, name


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_published_of_it_is_valid(rounds: tuple[Round, Round], number: int) -> None:
    check_outputs(rounds[number].outputs)


def test_the_store_is_whole(crowd: Crowd, rounds: tuple[Round, Round]) -> None:
    with sqlite3.connect(crowd.folder.path / "data/aggregator.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        good = "SELECT count(*), count(DISTINCT s.id) FROM stories s JOIN feeds f ON f.id = s.feed_id WHERE f.url LIKE '%/good/%'"
        assert db.execute(good).fetchall() == [(GOOD, GOOD)]
    db.close()
