"""What is special about the store in PostgreSQL: its schema, its errors, a server that goes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import StoreBusy, StoreError
from aggregator.models import Worker
from aggregator.settings import Subscription
from aggregator.store.address import shown
from aggregator.store.open import back_up_store, open_library, open_store, store_problems
from support.make import NOON, entry
from support.postgres import DRIVER, new_server, shared_server
from support.saving import new, query, save
from support.stores import sql

psycopg = pytest.importorskip("psycopg", reason=DRIVER)
errors = pytest.importorskip("aggregator.store.postgresql.errors", reason=DRIVER)
check_pooler = pytest.importorskip("aggregator.store.postgresql.pooler", reason=DRIVER).check_pooler


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
    with pytest.raises(StoreError, match="newer aggregator"):
        store.note_worker(Worker("one", "publisher", NOON, NOON))
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


@pytest.mark.parametrize("open_it", [open_store, open_library, store_problems])
def test_a_role_without_rights_is_told_what_it_lacks(place: str, open_it: Callable[[str], object]) -> None:
    open_store(place).close()
    theirs = as_role(place, "nobody_much")
    with pytest.raises(StoreError, match="GRANT USAGE"):
        open_it(theirs)


@pytest.mark.parametrize(
    ("rights", "lacking"),
    [
        (
            "GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1}",
            ["INSERT", "entries_id_seq", "own", "GRANT CREATE"],
        ),
        (
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {0} TO {1};"
            " GRANT USAGE ON ALL SEQUENCES IN SCHEMA {0} TO {1}",
            ["own", "GRANT CREATE"],
        ),
        ("GRANT postgres TO {1}", []),
    ],
    ids=["reads", "reads and writes", "owns"],
)
def test_what_a_role_may_not_do_is_found_before_it_fails(place: str, rights: str, lacking: list[str]) -> None:
    open_store(place).close()
    schema, role = place.rpartition("%3D")[2], f"role_{place.rpartition('_')[2]}"
    theirs = as_role(place, role)
    server = shared_server()
    server.sql(f"CREATE TABLE {schema}.of_others (id INT)")
    server.sql(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    server.sql(rights.format(schema, role))
    server.sql(f"REVOKE ALL ON {schema}.of_others FROM {role}")
    found = store_problems(theirs)
    assert len(found) == len(lacking)
    for problem, words in zip(found, lacking, strict=True):
        assert words in problem
        assert "of_others" not in problem
    library = open_library(theirs)
    assert library is not None
    library.close()


def as_role(place: str, role: str) -> str:
    shared_server().sql(f"CREATE ROLE {role} LOGIN" if not _is_role(role) else "SELECT 1")
    return place.replace("postgres@", f"{role}@")


def _is_role(role: str) -> bool:
    return bool(shared_server().sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (("postgres@", "no_such_role@"), StoreError, "refuses this user"),
        (("/postgres?", "/nowhere?"), StoreError, "create the database"),
        (
            ("/postgres?", "/postgres?sslmode=verify-full&sslrootcert=/nowhere&hostaddr=127.0.0.1&"),
            StoreBusy,
            "address",
        ),
        (("/postgres?", "/postgres?sslmode=sometimes&"), StoreError, "sslmode"),
        (("/postgres?", "/postgres?sslmod=require&"), StoreError, "check `store`.*sslmod"),
        (("/postgres?host=", "/postgres?port=1&host="), StoreBusy, "is its server running"),
    ],
)
def test_an_address_that_does_not_work_is_said(
    place: str, change: tuple[str, str], error: type[StoreError], words: str
) -> None:
    with pytest.raises(StoreError, match=words) as raised:
        open_store(place.replace(*change))
    assert type(raised.value) is error


def test_all_text_passes_whatever_the_address_says(place: str) -> None:
    with closing(open_store(place + "&client_encoding=LATIN1")) as store:
        store.sync_subscriptions((Subscription("https://one.ex/新聞"),), NOON)
        assert [feed.url for feed in store.feeds()] == ["https://one.ex/新聞"]


def test_copies_are_left_to_the_server(place: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        back_up_store(place, tmp_path / "copy.db")


def test_what_is_shown_of_an_address_has_no_secret() -> None:
    assert shown("postgresql://me:hush@db.ex:5433/news?sslmode=require&password=hush") == (
        "postgresql://me@db.ex:5433/news?sslmode=require"
    )


@pytest.mark.parametrize(
    "address",
    [
        "${HUSH}",
        "postgresql://me:a/hush@db.ex/news",
        "postgresql://me:a?hush@db.ex/news",
        "postgresql://me:a#hush@db.ex/news",
        "postgresql://me:a@hush@db.ex/news",
        "postgresql://me:a]hush@db.ex/news",
        "postgresql://me@db.ex/news?passwort=hush",
        "postgresql://me@db.ex/news?sslpassword=hush",
    ],
)
def test_nothing_is_shown_of_what_may_be_a_secret(address: str) -> None:
    assert "hush" not in shown(address)


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


def test_a_wait_for_another_writer_that_is_given_up_leaves_nothing_open(place: str) -> None:
    with psycopg.connect(place) as writer, closing(open_store(place, lock_timeout=0.05)) as store:
        store.sync_subscriptions([Subscription("https://one.ex/feed")], NOON)
        writer.execute("SELECT * FROM store FOR UPDATE")
        for _ in range(2):
            with pytest.raises(StoreBusy):
                store.sync_subscriptions([], NOON)
        assert len(store.due_feeds(NOON)) == 1
        writer.rollback()
        store.sync_subscriptions([], NOON)
        assert store.due_feeds(NOON) == ()


def test_a_writer_that_stands_still_does_not_hold_up_others_for_ever(place: str) -> None:
    """As a process does that is stopped, or cut off, in the middle of a transaction."""
    limited = place.replace("options=", "options=-cidle_in_transaction_session_timeout%3D2000%20")
    with closing(open_store(limited)) as still, closing(open_store(place)) as other:
        other.sync_subscriptions([Subscription("https://one.ex/feed")], NOON)

        def stand_still(subscriptions: Iterator[Subscription]) -> Iterator[Subscription]:
            other.sync_subscriptions([Subscription("https://two.ex/feed")], NOON)  # waits for its turn
            yield from subscriptions

        with pytest.raises(StoreBusy, match="stood still"):
            still.sync_subscriptions(stand_still(iter([Subscription("https://three.ex/feed")])), NOON)
        assert [feed.url for feed in still.feeds()] == ["https://two.ex/feed"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("terminating connection due to idle-in-transaction timeout", "stood still for too long"),
        ("terminating connection due to idle-session timeout", "idle_session_timeout"),
        ("connection is bad: session is read-only", "can be written now"),
        ("terminating connection due to administrator command", "is being stopped or started"),
        ("could not receive data from server: Connection reset by peer", "does not answer"),
    ],
)
def test_a_connection_that_is_found_ended_says_why(place: str, said: str, words: str) -> None:
    """The server's last words arrive without their code where the connection is gone before they are read."""
    with pytest.raises(StoreBusy, match=words), errors.store_errors(place):
        raise psycopg.OperationalError(
            f"consuming input failed: {said}\nserver closed the connection unexpectedly"
        )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('pg_hba.conf rejects connection for host "::1", user "us", no encryption', "sslmode=require"),
        ('no pg_hba.conf entry for host "::1", user "us", no encryption', "sslmode=require"),
        (
            'no pg_hba.conf entry for host "::1", SSL encryption; no pg_hba.conf entry, no encryption',
            "add a line to the server",
        ),
        ('no pg_hba.conf entry for host "::1", user "us", SSL encryption', "add a line to the server"),
    ],
)
def test_whom_a_server_does_not_let_in_is_told_why(place: str, said: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as raised, errors.store_errors(place):
        raise psycopg.OperationalError(f"connection failed: FATAL:  {said}")
    assert ("without encryption" in str(raised.value)) == (words == "sslmode=require")


def test_a_right_to_the_schema_that_is_lost_meanwhile_is_said(place: str) -> None:
    """To who has no right to it, its tables are not there."""
    server, schema = shared_server(), place.rpartition("%3D")[2]
    open_store(place).close()
    server.sql("CREATE ROLE dismissed LOGIN")
    server.sql(f"GRANT USAGE ON SCHEMA {schema} TO dismissed")
    server.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO dismissed")
    library = open_library(place.replace("postgres@", "dismissed@"))
    assert library is not None
    with closing(library):
        assert library.latest(1) == ()
        server.sql(f"REVOKE USAGE ON SCHEMA {schema} FROM dismissed")
        with pytest.raises(StoreError, match="GRANT USAGE, CREATE ON SCHEMA"):
            library.latest(1)


def test_a_database_that_cannot_hold_all_text_is_refused() -> None:
    server = shared_server()
    server.sql("CREATE DATABASE narrow ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    narrow = server.url().replace("/postgres?", "/narrow?")
    with pytest.raises(StoreError, match="encoding LATIN1"):
        open_store(narrow)
    assert "encoding LATIN1" in store_problems(narrow)[0]


def test_limits_of_the_server_that_a_service_cannot_bear(place: str) -> None:
    from aggregator.store.postgresql.database import PostgresDatabase

    """A connection is idle between polls; statements of a migration may take minutes."""
    limited = f"{place}%20-cstatement_timeout%3D2000"
    if "idle_session_timeout" in str(shared_server().sql("SELECT name FROM pg_settings")):
        limited += "%20-cidle_session_timeout%3D60000"
    open_store(limited).close()
    with closing(PostgresDatabase(limited, lock_timeout=30.0)) as db:
        assert db.value("SELECT current_setting('idle_session_timeout', true)") in ("0", None)
    assert [each for each in store_problems(limited) if "after 2s" in each] != []


# ---------------------------------------------------------------- poolers


def test_a_pooler_that_shares_connections_is_refused(place: str) -> None:
    """It greets each client under a number of its own; then two of them are answered by one process."""
    with psycopg.connect(place, autocommit=True) as found, pytest.raises(StoreError, match="pool_mode"):
        check_pooler(place, found, greeted_by=-1, connect=lambda: nullcontext(found))


def test_a_pooler_that_keeps_sessions_is_let_pass(place: str) -> None:
    def connect() -> Any:
        made.append(psycopg.connect(place, autocommit=True))
        return made[-1]

    made: list[Any] = []
    with psycopg.connect(place, autocommit=True) as found:
        for _ in range(2):  # found once, known from then on
            check_pooler(place, found, greeted_by=-1, connect=connect)
    assert [each.closed for each in made] == [True]


def test_a_server_without_a_pooler_is_asked_no_more(place: str) -> None:
    with psycopg.connect(place, autocommit=True) as found:
        check_pooler(place, found, greeted_by=found.info.backend_pid, connect=lambda: pytest.fail("asked"))


FOUR = tuple(f"https://host{n}.ex/feed" for n in range(4))
MOVED = "https://moved.ex/feed"
# How the feeds are stored, as SQL with their numbers in order, and what feeds.yaml has then.
RELOADS = {
    "another order": ("SELECT 1", (FOUR[3], FOUR[1], FOUR[0])),
    "refused by the settings before": (
        "UPDATE feeds SET needs_settings = 1, next_poll = '2025-06-01T00:00:00Z' WHERE url LIKE '%host0%'",
        (FOUR[0], FOUR[1], FOUR[3]),
    ),
    "a new address": (
        f"UPDATE feeds SET effective_url = '{MOVED}' WHERE url LIKE '%host3%'",
        (FOUR[1], FOUR[0], MOVED),
    ),
    "a clock that was wrong": (
        "UPDATE feeds SET last_attempt = '2099-01-01T00:00:00Z' WHERE url LIKE '%host3%';"
        " UPDATE feeds SET next_poll = '2099-01-01T00:00:00Z' WHERE url LIKE '%host0%' OR url LIKE '%host2%';"
        " UPDATE feeds SET last_success = '2099-01-01T00:00:00Z' WHERE url LIKE '%host0%'",
        (FOUR[0], FOUR[1], FOUR[3]),
    ),
}


@pytest.mark.parametrize("name", RELOADS)
def test_a_reload_of_feeds_yaml_waits_for_polls_that_begin(place: str, name: str) -> None:
    """And they never for it: who began them writes rows in the order of their ids."""
    stored, urls = RELOADS[name]
    begin = "UPDATE feeds SET polls_begun = polls_begun + 1 WHERE id = %s"
    with (
        closing(open_store(place, lock_timeout=600)) as store,
        ThreadPoolExecutor(1) as reload,
        psycopg.connect(place, autocommit=True) as watch,
        psycopg.connect(place) as polls,
    ):
        store.sync_subscriptions([Subscription(url) for url in FOUR], NOON)
        first, _, dropped, last = [feed.id for feed in store.feeds()]
        watch.execute(stored.encode())
        polls.execute(begin, [first])
        done = reload.submit(store.sync_subscriptions, [Subscription(url) for url in urls], NOON)
        waits = "SELECT pg_sleep(0.01) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
        while not (done.done() or watch.execute(waits, [polls.info.backend_pid]).fetchall()):
            pass
        polls.execute(begin, [dropped])
        polls.execute(begin, [last])
        polls.commit()
        done.result()
        after = {feed.id: feed for feed in store.feeds()}
        assert [feed.url for feed in after.values()] == list(urls)
        assert (after[first].polls_begun, after[last].polls_begun) == (1, 1)
        assert all(feed.next_poll is None for feed in after.values())
