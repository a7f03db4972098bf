"""What befalls workers, their publisher and their database: nothing is lost, and nothing is doubled."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from support.command import Folder
from support.feeds import rss
from support.postgres import Server, new_standby
from support.running import until
from support.server import Feed

from .conftest import MakeCrew
from .crew import Crew, document, hosts, sql, titles
from .wire import Wire

pytestmark = pytest.mark.slow
# Most of these wait until leases have run out: the lane `faults` has all of them on both engines, CI some on one.
IN_LANE = "FAULTS_MOMENTS" in os.environ
EVERY = ["postgresql", "sqlite"] if IN_LANE else ["postgresql"]
ENGINES = pytest.mark.parametrize("engine", EVERY)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Server | None:
    """The server, where the test's engine has one."""
    engine = request.node.callspec.params.get("engine") if hasattr(request.node, "callspec") else "postgresql"
    return None if engine == "sqlite" else request.getfixturevalue("postgres")


def wanted(crew: Crew) -> list[str]:
    """The stories of one process that nothing befalls."""
    folder = Folder(crew.path / "single")
    folder.path.mkdir()
    folder.configure([url for host in crew.site for url in host.urls], crew.settings)
    assert folder.run_process("poll").code == 0
    return titles(folder)


@ENGINES
def test_a_poller_that_is_killed_is_replaced(make_crew: MakeCrew, engine: str) -> None:
    crew = make_crew(engine, 3, 3)
    held = threading.Event()
    for host in crew.site:
        host.held["/0"] = held
    first = crew.start("poller")
    # All of them, so that none is begun and not yet asked for.
    until(lambda: all(host.polls()["/0"] == 1 for host in crew.site))
    second = crew.start("poller")
    first.send(signal.SIGKILL)
    held.set()
    crew.wait_for_polls()
    crew.check_hosts()  # those that were under way are polled again in an hour: one may be what killed it
    assert second.stop() == 0


@ENGINES
def test_a_publisher_that_is_killed_is_replaced(
    make_crew: MakeCrew, engine: str, database: Server | None
) -> None:
    crew = make_crew(engine, 2, 2)
    folders = [crew.folder(), crew.folder()]
    first = crew.start("publisher", folder=folders[0])
    first.wait_for("publishes from now on")
    crew.start("poller")
    web = crew.start("web")
    second = crew.start("publisher", folder=folders[1])
    crew.wait_for_polls()
    until(lambda: b"flood 2" in web.get("/feed.atom")[2])
    first.send(signal.SIGKILL)
    crew.site[0].feeds["/0"].body = document(0, 0, more=1)
    sql(crew, database, "UPDATE feeds SET next_poll = NULL WHERE url LIKE '%127.0.1.1%/0'")
    second.wait_for("publishes from now on")
    until(lambda: b"Bridge 0 over river 0 reopens after flood 3" in web.get("/feed.atom")[2])
    single = wanted(crew)
    assert titles(folders[1]) == single
    assert second.stop() == 0


def test_what_a_publisher_can_write_reaches_other_machines(make_crew: MakeCrew) -> None:
    """Though something is in the way of one of its files."""
    crew = make_crew("postgresql", 1, 1)
    folder = crew.folder()
    (folder.path / "data/public/feed.json").mkdir(parents=True)
    publisher = crew.start("publisher", folder=folder)
    crew.start("poller")
    web = crew.start("web")
    publisher.wait_for("in the way")
    until(lambda: b"<entry>" in web.get("/feed.atom")[2])
    assert web.get("/feed.json")[0] == 503


def test_a_publisher_that_is_too_old_for_the_store_makes_way(make_crew: MakeCrew, postgres: Server) -> None:
    """As on the machine that is upgraded last: what it has leased is over, though it runs on."""
    crew = make_crew("postgresql", 1, 1)
    publisher = crew.start("publisher")
    publisher.wait_for("publishes from now on")
    sql(crew, postgres, "UPDATE store SET schema = 999")
    assert crew.place is not None
    schema = crew.place.rpartition("%3D")[2]
    held = "SELECT 1 FROM leases WHERE name = 'publish' AND CAST(until AS timestamptz) > now()"
    until(lambda: not postgres.sql(held, schema))
    assert publisher.stop() == 0


@ENGINES
def test_a_poller_that_stood_still_saves_nothing_that_another_has_polled(
    make_crew: MakeCrew, engine: str, database: Server | None
) -> None:
    crew = make_crew(engine, 2, 3)
    host = crew.site[0]
    held = host.held["/0"] = threading.Event()
    folder = crew.folder()
    first = crew.start("poller", folder=folder)
    until(lambda: host.polls()["/0"] == 1)
    for url in crew.site[1].urls:  # saved: one that stops in a transaction holds up the others for minutes
        first.wait_for(f"{url} ok")
    second = crew.start("poller")
    first.send(signal.SIGSTOP)
    held.set()
    until(lambda: set(host.polls()) == {"/0", "/1", "/2"})
    sql(crew, database, "UPDATE feeds SET next_poll = NULL WHERE url LIKE '%127.0.1.1%/0'")
    until(lambda: host.polls()["/0"] == 2)
    second.wait_for("127.0.1.1:" + host.urls[0].rpartition(":")[2] + " ok")
    first.send(signal.SIGCONT)
    first.wait_for("not saved: another worker has polled it since")
    assert titles(folder) == wanted(crew)
    assert host.most_at_once == 1
    assert first.stop() == second.stop() == 0


@ENGINES
def test_a_publisher_that_stood_still_does_no_harm(
    make_crew: MakeCrew, engine: str, database: Server | None
) -> None:
    """Two that believe to be the one: what the older one writes, the newer one replaces, or it is not kept at all."""
    crew = make_crew(engine, 2, 2)
    folders = [crew.folder(), crew.folder()]
    first = crew.start("publisher", folder=folders[0])
    first.wait_for("publishes from now on")
    poller, web = crew.start("poller"), crew.start("web")
    second = crew.start("publisher", folder=folders[1])
    crew.wait_for_polls()
    until(lambda: b"flood 2" in web.get("/feed.atom")[2])
    first.send(signal.SIGSTOP)
    second.wait_for("publishes from now on")
    crew.site[0].feeds["/0"].body = document(0, 0, more=1)
    sql(crew, database, "UPDATE feeds SET next_poll = NULL WHERE url LIKE '%127.0.1.1%/0'")
    until(lambda: b"reopens after flood 3" in web.get("/feed.atom")[2])
    first.send(signal.SIGCONT)
    first.wait_for("does not publish any more")
    until(lambda: web.get("/feed.atom")[2] == folders[1].published()["feed.atom"])
    assert b"reopens after flood 3" in web.get("/feed.atom")[2]
    assert titles(folders[1]) == wanted(crew)
    for worker in (first, second, poller, web):
        assert worker.stop() == 0


def test_a_database_that_crashes_and_comes_back(make_crew: MakeCrew, postgres: Server) -> None:
    crew = make_crew("postgresql", 4, 5)
    postgres.sql("ALTER DATABASE postgres SET synchronous_commit = on")  # what was saved outlives a crash
    folder = crew.folder()
    workers = [
        crew.start("poller"),
        crew.start("poller"),
        crew.start("publisher"),
        crew.start("web", folder=folder),
    ]
    until(lambda: sum(len(host.visits) for host in crew.site) >= 5)
    postgres.stop(signal.SIGQUIT)
    workers[2].wait_for("trying again")
    assert workers[3].get("/healthz")[0] in (200, 503)
    postgres.start()
    crew.wait_for_polls()
    assert {host.most_at_once for host in crew.site} == {1}
    until(lambda: len(titles(folder)) == 4 * 5 * 3 + 2 * 5)
    assert titles(folder) == wanted(crew)
    for worker in workers:
        assert worker.stop() == 0
        assert "Traceback" not in worker.log


def test_a_server_that_ends_as_workers_begin(make_crew: MakeCrew, postgres: Server) -> None:
    """Whatever they do at that moment, they wait for it."""
    postgres.sql("ALTER DATABASE postgres SET synchronous_commit = on")  # else it may forget the feeds
    for _ in range(3):
        crew = make_crew("postgresql", 1, 1)
        workers = [crew.start("publisher"), crew.start("poller")]
        workers[0].wait_for("publishes from now on")
        postgres.stop(signal.SIGQUIT)
        postgres.start()
        workers[0].wait_for("published: ")
        # A poll that was begun as the server ended is not begun again for an hour.
        sql(crew, postgres, "UPDATE feeds SET next_poll = NULL")
        crew.wait_for_polls()
        for worker in workers:
            assert worker.stop() == 0
            assert "Traceback" not in worker.log


def test_a_standby_that_takes_over(make_crew: MakeCrew, postgres: Server) -> None:
    """The address names both servers; the one that is written to is found again."""
    crew = make_crew("postgresql", 4, 3)
    assert crew.place is not None
    with new_standby(postgres) as standby:
        both = crew.place.replace(f"host={postgres.folder}", f"host={postgres.folder},{standby.folder}")
        crew.place = f"{both}&target_session_attrs=read-write"
        folder = crew.folder()
        workers = [
            crew.start("poller"),
            crew.start("poller"),
            crew.start("publisher"),
            crew.start("web", folder=folder),
        ]
        until(lambda: sum(len(host.visits) for host in crew.site) >= 4)
        postgres.stop(signal.SIGQUIT)
        workers[2].wait_for("trying again")
        standby.sql("SELECT pg_promote()")
        crew.wait_for_polls()
        until(lambda: len(titles(folder)) == 4 * 3 * 3 + 2 * 3)
        assert titles(folder) == wanted(crew)
        assert {host.most_at_once for host in crew.site} == {1}
        until(lambda: b"flood 2" in workers[3].get("/feed.atom")[2])
        for worker in workers:
            assert worker.stop() == 0
            assert "Traceback" not in worker.log


def test_clocks_that_differ_by_hours(make_crew: MakeCrew) -> None:
    """All go by the database's clock: no feed is polled before its time, and no lease runs out early."""
    crew = make_crew("postgresql", 3, 2)
    right = crew.start("poller")
    crew.wait_for_polls()
    for shift in (7200, -7200):
        with hosts(1, 1) as (extra,):
            extra.address = "127.0.2.1"
            crew.site.append(extra)
            wrong = crew.start_shifted("poller", shift)
            until(lambda: extra.polls()["/0"] == 1)
            assert wrong.stop() == 0
            crew.site.pop()
    crew.check_hosts()
    assert right.stop() == 0


def test_a_way_to_the_database_that_is_slow(make_crew: MakeCrew, postgres: Server) -> None:
    """300 ms each round trip."""
    crew = make_crew("postgresql", 2, 1)
    assert crew.place is not None
    socket = next(postgres.folder.glob(".s.PGSQL.*[0-9]"))
    with Wire(socket, 0.15) as wire:
        folder = crew.folder()
        far = [
            crew.start(role, folder=crew.folder(place=wire.url(crew.place)))
            for role in ("poller", "publisher")
        ]
        near = crew.start("poller")
        crew.wait_for_polls()
        crew.check_hosts()
        until(lambda: len(titles(folder)) == 2 * 3 + 1)
        assert titles(folder) == wanted(crew)
        for worker in (*far, near):
            assert worker.stop() == 0


def test_a_poller_that_is_cut_off_from_the_database(make_crew: MakeCrew, postgres: Server) -> None:
    """Others take its hosts over; it asks nobody while it is cut off, and works again afterwards."""
    crew = make_crew("postgresql", 2, 3)
    assert crew.place is not None
    host = crew.site[0]
    held = host.held["/0"] = threading.Event()
    with Wire(next(postgres.folder.glob(".s.PGSQL.*[0-9]")), 0) as wire:
        folder = crew.folder()
        cut_off = crew.start("poller", folder=crew.folder(place=wire.url(crew.place)))
        until(lambda: host.polls()["/0"] == 1)
        wire.cut()
        held.set()
        crew.start("poller")
        crew.wait_for_polls()
        crew.check_hosts()
        wire.mend()
        until(lambda: len(titles(folder)) == 2 * 3 * 3 + 3)
        assert titles(folder) == wanted(crew)
        assert cut_off.stop() == 0


@pytest.mark.parametrize("role", ["poller", "publisher", "web"] if IN_LANE else ["poller"])
def test_what_is_wrong_at_the_start_is_said(make_crew: MakeCrew, postgres: Server, role: str) -> None:
    crew = make_crew("postgresql", 1, 1)
    assert crew.place is not None
    postgres.sql("CREATE ROLE with_password LOGIN PASSWORD 'right'")
    postgres.sql("CREATE ROLE powerless LOGIN")
    for user, words in (("with_password", "refuses this user"), ("powerless", "GRANT")):
        place = crew.place.replace("postgres@", f"{user}:hush@")
        answer = crew.folder(place=place).run_process("run", "--role", role, "--port", "0")
        assert answer.code == 4, answer.err
        assert words in answer.err
        assert "hush" not in answer.err
    folder = crew.folder()
    assert folder.run_process("poll").code == 0
    schema = crew.place.rpartition("%3D")[2]
    postgres.sql("UPDATE store SET schema = schema + 900", schema)
    answer = folder.run_process("run", "--role", role, "--port", "0")
    assert answer.code == 4
    assert "newer aggregator" in answer.err
    postgres.sql("UPDATE store SET schema = schema - 900", schema)
    postgres.stop()
    worker = crew.start(role, folder=folder)
    assert "does not answer" in worker.wait_for("trying again")
    postgres.start()
    worker.wait_for("resolved: store")
    assert worker.stop() == 0


def test_no_entry_is_told_twice_however_often_the_publisher_changes(
    make_crew: MakeCrew, postgres: Server
) -> None:
    crew = make_crew("postgresql", 2, 2)
    poller, web = crew.start("poller"), crew.start("web")
    crew.wait_for_polls()
    folder = crew.folder()
    for turn in range(3):
        crew.site[1].feeds["/1"] = Feed(rss((f"Turn {turn} of the wheel", f"https://turn.example/{turn}")))
        sql(crew, postgres, "UPDATE feeds SET next_poll = NULL WHERE url LIKE '%127.0.1.2%/1'")
        publisher = crew.start("publisher", folder=folder if turn % 2 else None)
        web.wait_to_serve("/feed.atom", f"Turn {turn} of the wheel")
        publisher.send(signal.SIGKILL if turn % 2 else signal.SIGTERM)
    found = web.get("/feed.atom")[2]
    assert found.count(b"<entry>") == len(titles(folder)) == 2 * 2 * 3 + 2 + 3
    assert poller.stop() == web.stop() == 0


if not IN_LANE:
    del test_a_publisher_that_stood_still_does_no_harm
    del test_a_way_to_the_database_that_is_slow
    del test_a_poller_that_is_cut_off_from_the_database
    del test_no_entry_is_told_twice_however_often_the_publisher_changes
