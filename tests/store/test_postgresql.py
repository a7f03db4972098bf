"""What is special about the store in PostgreSQL: its schema, its errors, a server that goes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import StoreBusy, StoreError
from aggregator.settings import Subscription
from aggregator.store.address import shown
from aggregator.store.open import back_up_store, open_library, open_store
from support.make import NOON, entry
from support.postgres import DRIVER, new_server, shared_server
from support.saving import new, query, save
from support.stores import sql

psycopg = pytest.importorskip("psycopg", reason=DRIVER)


@pytest.fixture
def place() -> str:
    return shared_server().new_store()


# ---------------------------------------------------------------- schema


def test_both_engines_have_the_same_tables_and_columns(tmp_path: Path, place: str) -> None:
    open_store(tmp_path / "store.db").close()
    open_store(place).close()
    sqlite = {
        (row["name"], column["name"])
        for row in sql(tmp_path / "store.db", "SELECT name FROM sqlite_schema WHERE type = 'table'")
        for column in sql(tmp_path / "store.db", f"PRAGMA table_info({row['name']})")
        if not row["name"].startswith(("sqlite_", "_sqlite", "search"))
    }
    with psycopg.connect(place) as connection:
        postgres = set(
            connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND table_name NOT LIKE 'search%' AND table_name <> 'store'"
            ).fetchall()
        )
    assert postgres == sqlite


# ---------------------------------------------------------------- statements


@pytest.mark.parametrize(
    ("said", "meant", "lists"),
    [
        ("SELECT 1 FROM t WHERE a = ? AND b = ?", "SELECT 1 FROM t WHERE a = %(p1)s AND b = %(p2)s", ()),
        ("SELECT ?2, ?1", "SELECT %(p2)s, %(p1)s", ()),
        ("a LIKE '%x' AND b = :b", "a LIKE '%%x' AND b = %(b)s", ()),
        ("id IN (SELECT value FROM json_each(:ids))", "id = ANY(%(ids)s)", ("ids",)),
        ("id NOT IN (SELECT value FROM json_each(?))", "id <> ALL(%(p1)s)", ("p1",)),
        ("group_concat(t.feed_id)", "string_agg(CAST(t.feed_id AS TEXT), ',')", ()),
        ("WHERE +feed_id = 1 AND a + 1 = 2", "WHERE feed_id = 1 AND a + 1 = 2", ()),
    ],
)
def test_statements_in_the_words_of_postgresql(said: str, meant: str, lists: tuple[str, ...]) -> None:
    from aggregator.store.postgresql.dialect import translate

    assert (translate(said).text, translate(said).lists) == (meant, lists)


# ---------------------------------------------------------------- opening


def test_reading_where_nothing_is_yet(place: str) -> None:
    assert open_library(place) is None
    open_store(place).close()
    library = open_library(place)
    assert library is not None
    assert library.feeds() == ()
    with pytest.raises(StoreError, match="open for reading"):
        library.sync_subscriptions((), NOON)
    library.close()


def test_a_store_of_a_newer_program_is_refused(place: str) -> None:
    open_store(place).close()
    with psycopg.connect(place) as connection:
        connection.execute("UPDATE store SET schema = 999")
    with pytest.raises(StoreError, match="newer aggregator"):
        open_store(place)


def test_a_store_that_a_newer_program_takes_over_is_not_written_to(place: str) -> None:
    """Two machines on one database: one is upgraded while the other still runs."""
    store = open_store(place)
    with psycopg.connect(place) as connection:
        connection.execute("UPDATE store SET schema = 999")
    with pytest.raises(StoreError, match="newer aggregator"):
        store.sync_subscriptions((Subscription("https://one.ex/feed"),), NOON)
    with psycopg.connect(place) as connection:
        assert connection.execute("SELECT count(*) FROM feeds").fetchall() == [(0,)]
    store.close()


def test_a_wrong_password_is_said_and_never_shown() -> None:
    server = shared_server()
    server.sql("CREATE ROLE with_password LOGIN PASSWORD 'right'")
    rules = server.folder / "data" / "pg_hba.conf"
    rules.write_text("local all with_password scram-sha-256\nlocal all all trust\n")
    server.sql("SELECT pg_reload_conf()")
    server.sql("CREATE DATABASE with_password OWNER with_password")
    right = server.url("public", "with_password", "right").replace("/postgres?", "/with_password?")
    open_store(right).close()
    with pytest.raises(StoreError, match="refuses this user") as refused:
        open_store(right.replace(":right@", ":hush-hush@"))
    assert "hush" not in str(refused.value)


def test_a_role_without_rights_is_told_what_it_lacks() -> None:
    server = shared_server()
    place = server.new_store()
    open_store(place).close()
    server.sql("CREATE ROLE nobody_much LOGIN")
    with pytest.raises(StoreError, match=r"GRANT|no schema|CREATE"):
        open_store(place.replace("postgres@", "nobody_much@"))


def test_a_database_that_is_not_there(place: str) -> None:
    with pytest.raises(StoreError, match="create the database"):
        open_store(place.replace("/postgres?", "/nowhere?"))


def test_copies_are_left_to_the_server(place: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        back_up_store(place, tmp_path / "copy.db")


def test_what_is_shown_of_an_address_has_no_secret() -> None:
    assert shown("postgresql://me:hush@db.ex:5433/news?sslmode=require&password=hush") == (
        "postgresql://me@db.ex:5433/news?sslmode=require"
    )
    assert "hush" not in shown("${HUSH}")


# ---------------------------------------------------------------- a server that goes away


@pytest.mark.slow
def test_a_server_that_was_restarted_is_found_again() -> None:
    with new_server() as server:
        place = server.new_store()
        store = open_store(place)
        store.sync_subscriptions((Subscription("https://one.ex/feed"),), NOON)
        server.stop()
        with pytest.raises(StoreBusy):
            store.feeds()
        with pytest.raises(StoreBusy, match="does not answer"):
            store.feeds()
        with pytest.raises(StoreBusy, match="does not answer"):
            open_store(place)
        server.start()
        assert [feed.url for feed in store.feeds()] == ["https://one.ex/feed"]
        (feed,) = store.feeds()
        save(store, feed, new(entry("A", "https://a.ex/1")))
        store.close()


# ---------------------------------------------------------------- cost


def test_how_much_space_it_takes_is_known(place: str) -> None:
    store = open_store(place)
    assert store.counts()["bytes"] > 100_000
    store.close()


def test_long_keys_are_kept_and_found(place: str) -> None:
    """PostgreSQL's B-trees take 2,700 bytes, links may be three times as long."""
    import hashlib

    long = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(120))
    store = open_store(place)
    store.sync_subscriptions((Subscription("https://one.ex/feed"),), NOON)
    (feed,) = store.feeds()
    found = entry("A long way to a story", f"https://one.ex/{long}", guid=long)
    save(store, feed, new(found))
    assert [known.guid for known in store.load_context(query(feed, found)).entries] == [long]
    store.close()
