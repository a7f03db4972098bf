"""A service whose store is in PostgreSQL: a server that is down, restarted, or refuses; words, and serving on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.notified import manager
from support.postgres import Server, new_server
from support.running import Running, running
from support.server import Feed, serve

pytestmark = pytest.mark.slow

FEEDS = {"/a": Feed(rss(*numbered(range(3), "https://a.example")))}


@pytest.fixture
def postgres() -> Iterator[Server]:
    with new_server() as server:
        yield server


def problems(service: Running) -> str:
    return " ".join(each["message"] for each in json.loads(service.get("/health.json")[2])["problems"])


def test_a_server_that_is_down_at_the_start_is_waited_for(folder: Folder, postgres: Server) -> None:
    place = postgres.new_store()
    with serve(FEEDS) as server, manager() as told:
        folder.configure([server.url("/a")], f"store: '{place}'\n")
        assert folder.run("poll").code == 0  # published before
        postgres.stop()
        with running(folder, environment={"NOTIFY_SOCKET": told.path, "WATCHDOG_USEC": "2000000"}) as service:
            assert "does not answer" in service.wait_for("trying again")
            assert service.get("/feed.atom")[0] == 200
            status, _, words = service.get("/healthz")
            assert status == 503
            assert b"does not answer" in words
            told.wait_for("READY=1")  # it serves: a manager's patience with its start must not end it
            told.wait_for("WATCHDOG=1")
            assert service.get("/search?q=headline")[0] == 503
            assert service.get("/story/1-abcdef")[0] == 503
            postgres.start()
            service.wait_for("resolved: store")
            assert service.get("/search?q=headline")[0] == 200
            assert service.get("/healthz")[0] == 200
            assert "Traceback" not in service.log
            assert service.stop() == 0


def test_a_server_that_is_restarted_under_it(folder: Folder, postgres: Server) -> None:
    place = postgres.new_store()
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")], f"store: '{place}'\n")
        with running(folder) as service:
            service.wait_for("published")
            postgres.stop()
            assert service.get("/feed.atom")[0] == 200
            assert "the store postgresql" in problems(service)
            assert service.get("/search?q=headline")[0] == 503
            postgres.start()
            assert service.get("/search?q=headline")[0] == 200
            status = folder.run("status", "--json").json
            assert status["store"]["size"] > 0
            assert service.stop() == 0
            assert "Traceback" not in service.log


@pytest.mark.parametrize(
    ("break_it", "mend_it", "words"),
    [
        ("ALTER TABLE feeds RENAME TO feeds_", "ALTER TABLE feeds_ RENAME TO feeds", "cannot be used"),
        ("UPDATE store SET schema = 999", "UPDATE store SET schema = {schema}", "newer aggregator"),
    ],
    ids=["a table is gone", "a newer program's"],
)
def test_a_store_that_changes_under_it_is_said_and_served_on(
    folder: Folder, postgres: Server, break_it: str, mend_it: str, words: str
) -> None:
    place = postgres.new_store()
    schema = place.rpartition("%3D")[2]
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")], f"store: '{place}'\n")
        with running(folder) as service:
            service.wait_for("published")
            ((version,),) = postgres.sql("SELECT schema FROM store", schema)
            postgres.sql(break_it, schema)
            folder.configure([server.url("/a")], f"store: '{place}'\ntitle: Other\n")
            service.send(1)
            assert words in service.wait_for("trying again")
            assert service.get("/feed.atom")[0] == 200
            assert service.get("/healthz")[0] == 503
            postgres.sql(mend_it.format(schema=version), schema)
            service.wait_for("resolved: store")
            service.wait_for("published")
            assert service.stop() == 0


@pytest.mark.parametrize(
    ("user", "words"),
    [("with_password", "refuses this user"), ("powerless", "GRANT")],
)
def test_a_user_who_is_refused_at_the_start_ends_it_with_words(
    folder: Folder, postgres: Server, user: str, words: str
) -> None:
    place = postgres.new_store()
    postgres.sql("CREATE ROLE with_password LOGIN PASSWORD 'right'")
    postgres.sql("CREATE ROLE powerless LOGIN")
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")], f"store: '{place.replace('postgres@', f'{user}:hush@')}'\n")
        answer = folder.run("run", "--port", "0")
    assert answer.code == 4
    assert words in answer.err
    assert "hush" not in answer.err
    assert "Traceback" not in answer.err
