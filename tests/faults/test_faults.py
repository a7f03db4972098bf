"""What breaks around the program: store locked, disk read-only, crowds, clocks."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator

import pytest

from support import invariants
from support.command import Folder
from support.disk import MISSING, run_read_only
from support.feeds import numbered, rss
from support.running import running
from support.server import Feed, Server, serve
from support.stores import sql

pytestmark = pytest.mark.slow

FEEDS = {f"/{n}": Feed(rss(*numbered(range(n * 50, n * 50 + 50), f"https://{n}.example"))) for n in range(6)}


def configure(folder: Folder, server: Server, more: str = "") -> None:
    folder.configure([server.url(path) for path in FEEDS], more)


def check(folder: Folder) -> None:
    invariants.check(folder.path / "data", document=50)


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_a_store_on_a_read_only_disk_can_be_read(folder: Folder) -> None:
    with serve(FEEDS) as server:
        configure(folder, server)
        assert folder.run("poll").code == 0
    done = run_read_only(
        folder,
        "aggregator latest && aggregator feeds && aggregator search Headline && aggregator digest --since 2000-01-01"
        " && aggregator dedupe && aggregator backup copy.db && ! aggregator poll --all",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_that_another_process_locks_stops_neither_pages_nor_service(folder: Folder) -> None:
    with serve(FEEDS) as server:
        configure(folder, server)
        with running(folder) as service:
            service.wait_for("published")
            with contextlib.closing(sqlite3.connect(folder.path / "data/aggregator.db")) as other:
                other.execute("BEGIN IMMEDIATE")
                folder.configure([server.url(path) for path in FEEDS], "title: Other\n")
                service.send(1)  # SIGHUP: the new configuration has to be written
                service.wait_for("in use by another process")
                began = time.monotonic()
                assert service.get("/feed.atom")[0] == 200
                assert service.get("/healthz")[0] == 503
                assert time.monotonic() - began < 20  # generous: the lock would hold for ever
                other.rollback()
            service.wait_for("resolved: store")
            service.wait_to_serve("/feed.atom", "Other")
            assert service.stop() == 0
        check(folder)


def test_it_stops_at_once_while_the_store_is_locked(folder: Folder) -> None:
    with serve(FEEDS) as server:
        configure(folder, server)
        with running(folder) as service:
            service.wait_for("published")
            with contextlib.closing(sqlite3.connect(folder.path / "data/aggregator.db")) as other:
                other.execute("BEGIN IMMEDIATE")
                service.send(1)
                service.wait_for("reloading")
                assert service.stop() == 0
        check(folder)


@pytest.fixture
def crowd() -> Iterator[list[socket.socket]]:
    """Room for many sockets of our own; all are closed at the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    made: list[socket.socket] = []
    yield made
    for each in made:
        each.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_1100_idle_connections_do_not_stop_a_poll(folder: Folder, crowd: list[socket.socket]) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/0")])
        with running(folder, within=("prlimit", "--nofile=1024:1024")) as service:
            service.wait_for("published")
            for _ in range(1100):
                crowd.append(socket.create_connection(("127.0.0.1", service.port), timeout=30))
            folder.configure([server.url("/0"), server.url("/1")])
            service.send(1)
            service.wait_for("/1 ok 50 new")
            assert service.get("/feed.atom")[0] == 200
            assert "Traceback" not in service.log
            assert service.stop() == 0


@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is not installed: no clock can be set")
@pytest.mark.parametrize(("clock", "code"), [("@1970-01-02 00:00:00", 1), ("+400d", 0)])
def test_a_wrong_clock_destroys_nothing(folder: Folder, clock: str, code: int) -> None:
    with serve(FEEDS) as server:
        configure(folder, server)
        assert folder.run("poll").code == 0
        wrong = folder.run("poll", "--all", within=("faketime", "-f", clock))
        assert wrong.code == code, wrong.err
        assert folder.run("poll", "--all").code == 0
        assert sql(folder.path / "data/aggregator.db", "SELECT count(*) FROM entries")[0][0] == 300
        check(folder)


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="no other user can be taken on here"
)
def test_a_reader_of_the_group_reads_and_writes_nothing(folder: Folder) -> None:
    with serve(FEEDS) as server:
        configure(folder, server)
        assert folder.run("poll").code == 0
    for parent in (folder.path, *folder.path.parents[:4]):
        parent.chmod(parent.stat().st_mode | 0o055)
    path = folder.path / "data/aggregator.db"
    os.chown(path, 0, 65534)
    path.chmod(0o640)
    within = ("setpriv", "--reuid=65533", "--regid=65534", "--clear-groups")
    if folder.run("--version", within=within).code:
        pytest.skip("another user cannot run this Python")
    answer = folder.run("latest", "--json", within=within)
    assert answer.code == 0, answer.err
    assert len(answer.json) == 20
    assert folder.run("poll", within=within).code != 0
