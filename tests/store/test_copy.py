"""A store is copied whole to a new place, of either engine, or the command says why not."""

from __future__ import annotations

import itertools
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.settings import Subscription
from aggregator.store.open import copy_store, open_library, open_store
from aggregator.store.sql import copying
from support.bench import Bench
from support.command import Folder
from support.feeds import rss
from support.make import NOON
from support.postgres import shared_server
from support.server import Feed, serve
from support.stores import sql

ENGINES = ("sqlite", "postgresql")
ITEMS = [(f"Headline {n} about the river bank 京都", f"https://one.example/{n}") for n in range(25)]
OTHERS = [
    (ITEMS[3][0], "https://two.example/3"),
    ("Bridge over the river bank reopens", "https://two.example/b"),
]


def place(kind: str, folder: Path, name: str) -> str:
    return str(folder / f"{name}.db") if kind == "sqlite" else shared_server().new_store()


def fill(folder: Path, where: str) -> Bench:
    """A store that two feeds were polled into twice, published and searchable."""
    one, two = Feed(rss(*ITEMS[:20], title="One")), Feed(rss(*OTHERS, title="Two"))
    with serve({"/one": one, "/two": two}) as server:
        bench = Bench.at(folder, where)
        bench.subscribe(
            Subscription(server.url("/one"), tags=("Économie",)), Subscription(server.url("/two"))
        )
        bench.poll()
        bench.publish()
        one.body = rss(*ITEMS, title="One")
        bench.now = NOON.replace(day=NOON.day + 1)
        bench.poll()
        bench.publish()
        while bench.store.index_search():
            pass
    return bench


def nothing(*_: object) -> None:
    """Reports to nobody."""


def rows(where: str) -> dict[str, list[dict[str, object]]]:
    """All that is copied, by table, whichever engine has it."""
    keys = {**copying.TABLES, "meta": ("key",)}
    return {table: ask(where, f"SELECT * FROM {table} ORDER BY {', '.join(keys[table])}") for table in keys}


def ask(where: str, statement: str) -> list[dict[str, object]]:
    """What a statement gives, over a connection of the test's own."""
    if not where.startswith("postgresql:"):
        return [dict(row) for row in sql(Path(where), statement)]
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(where, row_factory=dict_row) as connection:
        return connection.execute(statement.encode()).fetchall()


def own(filled: str, folder: Path) -> Path:
    """A copy of the store's file that a test may change."""
    return Path(shutil.copy(filled, folder / "source.db"))


POLLED = "UPDATE feeds SET last_attempt = '2030-01-01T00:00:00Z'"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store in a file, which no test changes."""
    folder = tmp_path_factory.mktemp("filled")
    where = place("sqlite", folder, "source")
    with closing(fill(folder, where).store):
        pass
    return where


@pytest.mark.parametrize(("kind", "back"), [*itertools.product(ENGINES, ENGINES)])
def test_copies_there_and_back_are_the_same(tmp_path: Path, filled: str, kind: str, back: str) -> None:
    there, again = place(kind, tmp_path, "there"), place(back, tmp_path, "again")
    copied = copy_store(filled, there, nothing)
    assert copy_store(there, again, nothing) == copied > 100
    assert rows(filled) == rows(there) == rows(again)


@pytest.mark.parametrize("kind", ENGINES)
def test_outputs_numbers_and_search_stay(tmp_path: Path, kind: str) -> None:
    source, target = place("sqlite", tmp_path, "source"), place(kind, tmp_path, "target")
    bench = fill(tmp_path / "a", source)
    with closing(bench.store):
        before, found = bench.published(), [story.id for story in bench.store.search("bridge", 10).stories]
        copy_store(source, target, nothing)
    moved = Bench.at(tmp_path / "b", target)
    with closing(moved.store):
        while moved.store.index_search():
            pass
        moved.now = bench.now
        moved.publish()
        assert moved.published() == before
        assert [story.id for story in moved.store.search("bridge", 10).stories] == found != []


@pytest.mark.parametrize("kind", ENGINES)
def test_no_number_is_given_twice(tmp_path: Path, filled: str, kind: str) -> None:
    """The highest numbers were given to rows that are gone."""
    source, target = own(filled, tmp_path), place(kind, tmp_path, "target")
    sql(source, "UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'entries'")
    copy_store(source, target, nothing)
    numbers = {
        "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = 'entries'",
        "postgresql": "SELECT last_value AS seq FROM entries_id_seq",
    }
    assert ask(target, numbers[kind]) == [{"seq": 5000}]


@pytest.mark.parametrize("kind", ENGINES)
@pytest.mark.parametrize("stop", [2, 7, 20, 31])
def test_goes_on_where_it_was_interrupted(
    tmp_path: Path, filled: str, kind: str, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, steps = place(kind, tmp_path, "target"), itertools.count(1)
    monkeypatch.setattr(copying, "_PORTION", 7)

    def interrupt(*_: object) -> None:
        if next(steps) == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(filled, target, interrupt)
    for opened in (open_store, open_library):
        with pytest.raises(StoreError, match="not finished"):
            opened(target)
    reports: list[tuple[str, int, int]] = []
    copy_store(filled, target, lambda *report: reports.append(report))
    assert rows(target) == rows(filled)
    assert reports[0][1] > 0  # what was there is not copied again


def test_begins_anew_where_the_source_has_changed(tmp_path: Path, filled: str) -> None:
    source, target = own(filled, tmp_path), str(tmp_path / "target.db")

    def interrupt(doing: str, *_: object) -> None:
        if doing == "comparing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(source, target, interrupt)
    sql(source, "DELETE FROM contents")
    sql(source, POLLED)
    copy_store(source, target, nothing)
    assert rows(target) == rows(str(source))


def test_is_refused_where_the_source_changes_meanwhile(tmp_path: Path, filled: str) -> None:
    source, target = own(filled, tmp_path), str(tmp_path / "target.db")

    def poll(doing: str, done: int, total: int) -> None:
        if doing == "comparing" and done == total:
            sql(source, POLLED)

    with pytest.raises(StoreError, match="written to while it was copied"):
        copy_store(source, target, poll)
    with pytest.raises(StoreError, match="not finished"):
        open_store(target)
    copy_store(source, target, nothing)
    assert rows(target) == rows(str(source))


def test_a_row_that_came_over_wrongly_is_found(tmp_path: Path, filled: str) -> None:
    target = tmp_path / "target.db"

    def damage(doing: str, done: int, total: int) -> None:
        if doing == "copying" and done == total:
            sql(target, "UPDATE entries SET title = title || ' ' WHERE id = 5")

    with pytest.raises(StoreError, match="not the same as the store in the table entries"):
        copy_store(filled, target, damage)


@pytest.mark.parametrize("kind", ENGINES)
def test_a_store_that_is_there_stays(tmp_path: Path, filled: str, kind: str) -> None:
    target = place(kind, tmp_path, "target")
    copy_store(filled, target, nothing)
    before = rows(target)
    with pytest.raises(StoreError, match="there is a store already"):
        copy_store(filled, target, nothing)
    with pytest.raises(StoreError, match="there is a store already"):
        copy_store(target, target, nothing)
    assert rows(target) == before


def test_every_table_is_copied(filled: str) -> None:
    names = {str(row["name"]) for row in ask(filled, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    made_by_sqlite = {name for name in names if name.lstrip("_").startswith(("search", "sqlite"))}
    assert names - made_by_sqlite == {*copying.TABLES, "meta", *copying.NOT_COPIED}


def test_command_says_what_to_do_next(tmp_path: Path, filled: str) -> None:
    folder = Folder(tmp_path)
    done = folder.run("store", "copy", filled, "copy.db")
    assert (done.code, "rows copied and compared" in done.out) == (0, True), done.err
    assert "from now on is not among them" in done.out
    assert "copy.db is in `data` as aggregator.db" in done.out
    again = folder.run("store", "copy", filled, "copy.db")
    assert (again.code, "there is a store already" in again.err) == (4, True)
    missing = folder.run("store", "copy", "no.db", "other.db")
    assert (missing.code, "there is no store at no.db" in missing.err) == (4, True)
    secret = folder.run("store", "copy", filled, "postgresql://news:${NO_SUCH_PASSWORD}@127.0.0.1/news")
    assert (secret.code, "on the command line needs ${NO_SUCH_PASSWORD}" in secret.err) == (4, True)
    other = folder.run("store", "copy", filled, "mysql://news@127.0.0.1/news")
    assert (other.code, "mysql:// is not supported as a store" in other.err) == (4, True)
    assert not (tmp_path / "mysql:").exists()
