"""backup, restore and doctor: a verified copy, the way back, and what is left of a damaged store."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.running import running
from support.server import Feed, serve
from support.stores import sql


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A folder with a store of 400 entries, whose feed is still served."""
    folder = Folder(tmp_path_factory.mktemp("site"))
    with serve({"/feed": Feed(rss(*numbered(range(400))))}) as server:
        folder.configure([server.url("/feed")])
        assert folder.run("poll").code == 0
        yield folder


@pytest.fixture
def polled(site: Folder, tmp_path: Path) -> Folder:
    return site.copy(tmp_path)


def store_of(folder: Folder) -> Path:
    return folder.path / "data/aggregator.db"


def count(folder: Folder) -> int:
    return int(sql(store_of(folder), "SELECT count(*) FROM entries")[0][0])


def test_a_copy_brings_everything_back(polled: Folder) -> None:
    copy = polled.path / "copy.db"
    made = polled.run("backup", str(copy))
    assert made.code == 0, made.err
    assert "verified" in made.out
    assert copy.stat().st_mode & 0o077 == 0
    (config,) = sql(copy, "SELECT value FROM meta WHERE key = 'backup config'")
    assert config[0].endswith("feeds.yaml")
    sql(store_of(polled), "DELETE FROM entries")
    back = polled.run("restore", str(copy))
    assert back.code == 0, back.err
    assert count(polled) == 400
    assert list((polled.path / "data").glob("aggregator.db.replaced-1"))
    assert polled.run("doctor").code == 0


def test_a_damaged_copy_is_refused_and_nothing_changes(polled: Folder) -> None:
    copy = polled.path / "copy.db"
    polled.run("backup", str(copy))
    damage(copy, range(20, 40))
    refused = polled.run("restore", str(copy))
    assert refused.code == 4
    assert "damaged" in refused.err
    assert count(polled) == 400
    assert polled.run("restore", str(polled.path / "nothing.db")).code == 4
    assert polled.run("restore", str(polled.path / "feeds.yaml")).code == 4


@pytest.mark.slow
def test_a_store_that_a_service_uses_is_copied_and_not_replaced(polled: Folder) -> None:
    copy = polled.path / "copy.db"
    with running(polled) as service:
        assert service.port
        assert polled.run("backup", str(copy)).code == 0
        refused = polled.run("restore", str(copy))
        assert refused.code == 1
        assert "stop it first" in refused.err
        assert service.stop() == 0


def damage(path: Path, pages: range) -> None:
    """Overwrites pages of the file, as a failing disk does."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)


def pages_of(path: Path, name: str) -> list[int]:
    """Pages of a table or an index, counted from 0."""
    with sqlite3.connect(path) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    db.close()
    return [int(root) - 1]


def test_a_damaged_index_costs_nothing(polled: Folder) -> None:
    path = store_of(polled)
    for page in pages_of(path, "entries_dates"):
        damage(path, range(page, page + 1))
    found = polled.run("doctor")
    assert found.code == 2
    assert "--repair" in found.out
    mended = polled.run("doctor", "--repair")
    assert "nothing was lost" in " ".join(mended.out.split()), mended.out
    assert polled.run("doctor").code == 0
    assert count(polled) == 400


def test_of_a_damaged_table_all_that_can_be_read_is_saved(polled: Folder) -> None:
    path = store_of(polled)
    size = path.stat().st_size // 4096
    damage(path, range(size // 2, size // 2 + 3))
    if polled.run("doctor").code == 0:
        pytest.skip("these pages were not in use")
    mended = polled.run("doctor", "--repair")
    assert "rows were saved" in " ".join(mended.out.split()) or "made anew" in mended.out, (
        mended.out + mended.err
    )
    assert polled.run("doctor").code == 0
    assert count(polled) > 300
    assert polled.run("poll").code == 0


@pytest.mark.parametrize("name", ["feeds", "sightings"])
def test_where_what_all_else_refers_to_is_lost_entries_and_stories_stay(polled: Folder, name: str) -> None:
    path = store_of(polled)
    before = sql(path, "SELECT atom_id, link FROM stories ORDER BY id")
    for page in pages_of(path, name):
        damage(path, range(page, page + 1))
    polled.run("doctor", "--repair")
    assert count(polled) == 400
    assert sql(path, "SELECT atom_id, link FROM stories ORDER BY id") == before
    assert sql(path, "SELECT id FROM entries WHERE id NOT IN (SELECT entry_id FROM sightings)") == []
    assert polled.run("doctor").code == 0
    assert polled.run("poll", "--all").code == 0
    assert count(polled) == 400


@pytest.mark.slow
def test_the_service_mends_a_store_by_itself(polled: Folder) -> None:
    path = store_of(polled)
    for page in pages_of(path, "stories_merged"):
        damage(path, range(page, page + 1))
    (polled.path / "data/public/feed.atom").unlink()
    with running(polled) as service:
        service.wait_for("is whole again")
        service.wait_for("published")
        assert service.get("/feed.atom")[0] == 200
        assert service.stop() == 0


@pytest.mark.slow
def test_the_service_mends_a_store_that_it_finds_damaged_as_it_reloads(polled: Folder) -> None:
    path = store_of(polled)
    (polled.path / "data/public/feed.atom").unlink()
    with running(polled) as service:
        service.wait_for("published")
        for page in pages_of(path, "sqlite_autoindex_feeds_1"):  # which a new feed is written to
            damage(path, range(page, page + 1))
        with (polled.path / "feeds.yaml").open("a") as file:
            file.write("  - https://new.example/feed\n")
        service.send(signal.SIGHUP)
        service.wait_for("is whole again")
        service.wait_for("resolved: store")
        assert service.get("/healthz")[0] == 200
        assert service.stop() == 0
    assert len(sql(path, "SELECT id FROM feeds")) == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("data/aggregator.db", "is the store itself"),
        ("data/../data/aggregator.db", "is the store itself"),
        ("link.db", "is the store itself"),
        ("hard.db", "is the store itself"),
        ("data/aggregator.db-wal", "is the store itself"),
        ("feeds.yaml", "is no copy of a store"),
        ("pipe", "is no regular file"),
        ("/dev/null", "is no regular file"),
        ("foreign.db", "is a database of another program"),
        ("missing/copy.db", "there is no folder missing"),
        ("feeds.yaml/copy.db", "there is no folder feeds.yaml"),
    ],
)
def test_a_copy_takes_the_place_of_nothing_else(polled: Folder, name: str, words: str) -> None:
    folder = polled.path
    (folder / "link.db").symlink_to("data/aggregator.db")
    os.link(store_of(polled), folder / "hard.db")
    os.mkfifo(folder / "pipe")
    sql(folder / "foreign.db", "CREATE TABLE others (a)")
    before = (folder / "feeds.yaml").read_bytes(), store_of(polled).stat().st_ino
    answer = polled.run("backup", name)
    assert answer.code == 4
    assert words in answer.err
    assert ((folder / "feeds.yaml").read_bytes(), store_of(polled).stat().st_ino) == before
    assert polled.run("latest").code == 0
    if "store itself" in words:
        assert polled.run("restore", name).code == 4


def test_a_copy_replaces_an_older_one_however_that_is(polled: Folder) -> None:
    copy = polled.path / "copy.db"
    for content in (b"", b"SQLite format 3\0" + b"\xa5" * 5000, None):
        if content is not None:
            copy.write_bytes(content)
        assert polled.run("backup", "copy.db").code == 0
        assert int(sql(copy, "SELECT count(*) FROM entries")[0][0]) == 400
