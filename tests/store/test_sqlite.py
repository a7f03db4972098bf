"""What is special about the SQLite store: its file, its migrations, its settings, its query plans."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from aggregator.errors import StoreError
from aggregator.models import Decision, DocumentChanges, Placement
from aggregator.settings import Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_library, open_store
from aggregator.store.sql.entries import MOST_SHARING
from aggregator.store.sqlite import connect, schema
from support.make import NOON, entry, known
from support.saving import DAY, answered, edit, new, outcome, query, save
from support.stores import sql

# ---------------------------------------------------------------- opening


def test_the_schema_is_made_by_migrations_and_public(tmp_path: Path) -> None:
    path = tmp_path / "new" / "aggregator.db"
    open_store(path).close()
    db = Database(path)
    assert {"feeds", "entries", "stories", "sightings", "tombstones", "feed_traits", "poll_log"} <= set(
        db.table_names()
    )
    columns = {table: set(db[table].columns_dict) for table in ("feeds", "entries", "stories", "sightings")}
    assert {"url", "status", "last_error"} <= columns["feeds"]
    assert {"feed_id", "guid", "link", "title"} <= columns["entries"]
    assert {"atom_id", "title", "link"} <= columns["stories"]
    assert {"story_id", "entry_id", "rule", "key", "decided_at"} <= columns["sightings"]
    assert not schema.migrations.pending(db)
    assert len(schema.migrations.applied(db)) == connect.SCHEMA_VERSION
    db.close()


def test_letter_codes_of_the_first_version_become_slugs(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    db = Database(path)
    schema.migrations.apply(db, stop_before="m002_rule_slugs")
    db.execute("PRAGMA user_version = 1")
    db.execute(
        "INSERT INTO feeds (id, url, effective_url, created_at) VALUES (1, 'https://a.ex/', 'https://a.ex/', '')"
    )
    db.execute("INSERT INTO learned (feed_id, fact, key, learned_at) VALUES (1, 'shared link', 'a.ex/x', '')")
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(
        "INSERT INTO sightings (entry_id, story_id, rule, key, decided_at)"
        " VALUES (1, 1, 'new', '', ''), (2, 1, 'X1', 'a.ex/1', ''), (3, 1, 'X2m', 'a b c', '')"
    )
    db.execute("INSERT INTO related (entry_id, other_id, rule, key, noted_at) VALUES (1, 2, 'X1c', '', '')")
    db.conn.commit()
    db.close()
    open_store(path).close()
    found = [
        row[0]
        for table, column in (("sightings", "rule"), ("related", "rule"), ("feed_traits", "name"))
        for row in sql(path, f"SELECT {column} FROM {table} ORDER BY 1")
    ]
    assert found == ["new", "same-link-other-feed", "same-title-same-site", "comment-on-link", "shared-link"]


def test_the_store_waits_for_others_and_is_read_while_it_is_written(tmp_path: Path) -> None:
    open_store(tmp_path / "aggregator.db").close()
    assert sql(tmp_path / "aggregator.db", "PRAGMA journal_mode")[0][0] == "wal"


def test_an_engine_that_we_do_not_know_is_said() -> None:
    with pytest.raises(StoreError, match="mysql is not supported"):
        open_store("mysql://localhost/news")


@pytest.mark.parametrize("kind", ["folder", "text", "newer", "unwritable parent"])
def test_a_store_that_cannot_be_used_says_why(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "aggregator.db"
    words = {
        "folder": "is a folder",
        "text": "not an SQLite file",
        "newer": "newer aggregator",
        "unwritable parent": "is a file",
    }
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("This is no database, but a text that is long enough to be looked at." * 20)
    elif kind == "newer":
        open_store(path).close()
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 999")
        db.close()
    else:
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "aggregator.db"
    with pytest.raises(StoreError, match=words[kind]):
        open_store(path)


def test_reading_where_nothing_is_yet(tmp_path: Path) -> None:
    assert open_library(tmp_path / "aggregator.db") is None
    assert list(tmp_path.iterdir()) == []


def _open_eight_at_once(path: Path) -> list[BaseException]:
    errors: list[BaseException] = []

    def make() -> None:
        try:
            open_store(path).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_many_programs_may_make_the_store_at_once(tmp_path: Path) -> None:
    assert _open_eight_at_once(tmp_path / "aggregator.db") == []


@pytest.mark.slow
def test_many_programs_may_make_the_store_at_once_many_times(tmp_path: Path) -> None:
    """Changing the journal, two wait for each other: SQLite refuses one without waiting, once in sixteen times."""
    assert [error for n in range(100) for error in _open_eight_at_once(tmp_path / f"{n}.db")] == []


# ---------------------------------------------------------------- cost


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def traced(tmp_path: Path, asked: list[str]) -> Iterator[Store]:
    store = open_store(tmp_path / "aggregator.db", trace=asked.append)
    yield store
    store.close()


def test_hot_queries_use_indexes(traced: Store, asked: list[str], tmp_path: Path) -> None:
    """The cost of an entry, of a round and of publishing does not grow with what is stored."""
    one, two = Subscription("https://one.ex/feed"), Subscription("https://two.ex/feed")
    traced.sync_subscriptions((one, two), NOON)
    feed = traced.feeds()[0]
    found = entry("Fed holds rates steady, signals two cuts", "https://one.ex/1", tags=("news",))
    save(traced, feed, new(found))
    traced.publish_pending(NOON)
    asked.clear()
    traced.due_feeds(NOON)
    traced.begin_polls([(feed, "one.ex")], NOON, NOON + DAY)
    traced.load_context(query(feed, found))
    traced.load_context(query(feed, replace(found, guid="other", fingerprint="x")))
    save(
        traced, feed, edit(replace(found, title="Fed cuts"), 1), days=1, response=answered("https://one.ex/")
    )
    traced.publish_pending(NOON + DAY)
    traced.index_search()
    traced.search("fed", 10)
    traced.latest(5, tag="news")
    next(traced.story_summaries(), None)
    traced.tagged_stories({"news": frozenset([1])}, 100)
    traced.unarchived_stories(None, 500)
    next(traced.published_since(NOON), None)
    traced.sightings(1)
    traced.near_sightings([each.entry for each in traced.sightings(1)], DAY)
    # Scanned are feeds, of which there are few, lists that we give, stories in the order of an index up to a limit,
    # what was just selected of one story or feed, and what waits to be indexed.
    allowed = re.compile(
        r"json_each|USING|SCAN f\b|CONSTANT|SCAN s\b|\(subquery|feeds|search_waiting|VIRTUAL|main\.search|SCAN found|SCAN newest|SCAN teller"
    )
    for statement in {statement.strip() for statement in asked}:
        if statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")):
            path = tmp_path / "aggregator.db"
            plan = [row["detail"] for row in sql(path, f"EXPLAIN QUERY PLAN {statement}")]
            scans = [line for line in plan if line.startswith("SCAN") and not allowed.search(line)]
            assert not scans, f"{statement}: {scans}"


def test_who_shows_a_story_asks_of_its_own_feeds_alone(traced: Store, asked: list[str]) -> None:
    traced.sync_subscriptions([Subscription(f"https://{name}.ex/feed") for name in ("one", "two")], NOON)
    save(
        traced, traced.feeds()[0], new(entry("Fed holds rates steady, signals two cuts", "https://one.ex/1"))
    )
    asked.clear()
    (story,) = traced.load_stories([1])
    assert story.source.name == "one.ex"
    assert all("f.id IN" in text for text in asked if " FROM feeds f" in text)
    assert len(traced.sources()) == 2
    asked.clear()
    assert traced.load_stories([1]) == (story,)
    assert not any(" FROM feeds f" in text for text in asked)  # they are known, and nothing was written since


@pytest.mark.slow
def test_feeds_that_agree_on_thousands_of_links_do_not_fill_the_memory(traced: Store) -> None:
    """Each still finds its own entries, all of them, and of the others no more than can be looked at."""
    traced.sync_subscriptions([Subscription(f"https://{n}.ex/feed") for n in range(5)], NOON)
    feeds = traced.feeds()
    shown = [
        entry(f"Headline {n} of thousands", f"https://shared.ex/{n}", guid=f"{n}")
        for n in range(MOST_SHARING // 4)
    ]
    for feed in feeds:
        alone = tuple(Placement(-number - 1, number, None, "new", "") for number in range(len(shown)))
        decisions = tuple(
            Decision(each, "new", "new", "", atom_id=f"urn:{feed.id}:{each.guid}") for each in shown
        )
        made = DocumentChanges(decisions, alone, (), (), (), False, traced.version())
        assert traced.save_poll(outcome(feed, changes=made))
    renamed = [replace(each, guid=f"other {each.guid}") for each in shown]
    for feed in feeds:
        context = traced.load_context(query(feed, *renamed))
        assert sum(each.feed_id == feed.id for each in context.entries) == len(shown)
        assert len(context.entries) <= MOST_SHARING + len(shown)
    found = traced.near_sightings([known(each, n) for n, each in enumerate(shown)], DAY).sightings
    assert len(found) == MOST_SHARING
    assert {each.entry.feed_id for each in found} == {feed.id for feed in feeds[:4]}  # the first stored


def test_opening_it_again_leaves_the_locks_of_other_connections(tmp_path: Path) -> None:
    """Where the kernel drops them, the next process that closes the store removes the log that we write to."""
    path = tmp_path / "aggregator.db"
    with closing(open_store(path)) as store:
        open_store(path).close()
        other = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT * FROM feeds'); db.close()"
        subprocess.run([sys.executable, "-c", other, str(path)], check=True)
        store.sync_subscriptions([Subscription("https://one.ex/feed")], NOON)
        counted = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM feeds').fetchone()[0])"
        seen = subprocess.run(
            [sys.executable, "-c", counted, str(path)], check=True, capture_output=True, text=True
        )
        assert seen.stdout == "1\n"


def test_giving_space_back_waits_for_no_reader(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    store = open_store(path, lock_timeout=3600)  # which a test that waits would reach
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM feeds").fetchall()
    store.sync_subscriptions((Subscription("https://a.example/feed"),), NOON)
    while store.release_space():
        pass
    assert (tmp_path / "aggregator.db-wal").stat().st_size > 0
    reader.close()
    while store.release_space():
        pass
    assert (tmp_path / "aggregator.db-wal").stat().st_size == 0
    store.close()
