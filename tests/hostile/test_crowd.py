"""More than 300 hostile feeds at once, the worst of every table, with good feeds between them, twice."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hostile import floods, killers, slow, xml
from hostile.case import Case
from hostile.round import Crowd, Round, gathered
from hostile.test_cases import TABLES, check_outputs
from hostile.wire import left
from support.command import Folder
from support.server import Raw, Reply, redirect

pytestmark = pytest.mark.network

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
MEMORY = 400_000_000  # bytes, of all processes together


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder = Folder(tmp_path_factory.mktemp("crowd"))
    with gathered(folder, CASES, good=GOOD) as crowd:
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
    silent = [row.at or 0.0 for name, row in found.rows.items() if name.startswith("silence")]
    assert max(row.at or 0.0 for row in found.good.values()) < min(silent), (
        "a good feed waited for silent ones"
    )
    for name, row in found.rows.items():
        assert row.at is not None, f"{name} has no line"
        assert row.status in ("ok", "unchanged") or row.words, name


def test_what_is_published_of_it_is_valid(rounds: tuple[Round, Round]) -> None:
    check_outputs(rounds[1].outputs)


ALONE = 6  # seconds that each of these may take
HOURS = 120  # seconds: each takes hours where nothing ends it


# What takes all the time that it may for its answer, and then all that it may for being read.
def late(body: bytes) -> Raw:
    def send(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        client.sendall(body[:-1])
        if not left(client, ALONE * 0.5):
            client.sendall(body[-1:])

    return Raw(send)


def body_of(case: Case) -> bytes:
    assert isinstance(case.route, Reply)
    return case.route.body


SLOWEST = {
    name: Case(late(body_of(case)), status="")
    for name, case in (killers.CASES | xml.CASES).items()
    if name in ("half roots before the root", "a namespace of 400 KB", "wide: half a million attributes",
                "wide: a million attributes of an item", "deep: elements without end, 100,000 deep")
} | {"a chain of silent steps": Case(lambda request: redirect(f"?{request.target}x"), status="")}  # fmt: skip


@pytest.mark.parametrize("name", SLOWEST)
def test_one_feed_holds_a_round_no_longer_than_its_time(tmp_path: Path, name: str) -> None:
    with gathered(Folder(tmp_path), {name: SLOWEST[name]}, f"{ALONE}s", good=1) as crowd:
        found = crowd.poll()
    row = found.rows[name]
    assert row.held is not None
    assert row.held < HOURS
    assert found.good["/good/0"].status == "ok"


def test_the_store_is_whole(crowd: Crowd, rounds: tuple[Round, Round]) -> None:
    with sqlite3.connect(crowd.folder.path / "data/aggregator.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        good = "SELECT count(*), count(DISTINCT s.id) FROM stories s JOIN feeds f ON f.id = s.feed_id WHERE f.url LIKE '%/good/%'"
        assert db.execute(good).fetchall() == [(GOOD, GOOD)]
    db.close()
