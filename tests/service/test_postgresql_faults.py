"""What goes wrong around a database: what each command says, and that the service waits and loses nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from support.command import Folder
from support.disk import MISSING, Disk, small_disk
from support.feeds import numbered, rss
from support.postgres import Server, new_server
from support.running import TIMEOUT, running
from support.server import Feed, serve

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.slow

SECRET = "hush-hush"
STORE = 4  # the exit code
STATUS = 2  # critical
FEEDS = {"/a": Feed(rss(*numbered(range(3), "https://a.example")))}


@dataclass(frozen=True)
class Stage:
    """A server with a store that somebody else has filled, and the address under which we come."""

    server: Server
    owner: str  # an address

    @property
    def schema(self) -> str:
        return self.owner.rpartition("%3D")[2]

    def ours(self, role: str = "us") -> str:
        return self.owner.replace("postgres@", f"{role}:{SECRET}@")

    def entries(self) -> int:
        return int(str(self.server.sql("SELECT count(*) FROM entries", self.schema)[0][0]))


MOST = """
SELECT sum(setting::int * CASE name WHEN 'max_connections' THEN 1 ELSE -1 END) FROM pg_settings
WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
"""


def connections(stage: Stage, role: str) -> contextlib.ExitStack:
    """As many as there may be, those too that others have closed just now, and the server is about to."""
    held, end = contextlib.ExitStack(), time.monotonic() + TIMEOUT
    for _ in range(int(str(stage.server.sql(MOST)[0][0]))):
        while not _connect(stage.ours(role), held):
            assert time.monotonic() < end
            time.sleep(0.02)
    return held


def _connect(address: str, held: contextlib.ExitStack) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        held.enter_context(contextlib.closing(psycopg.connect(address)))
        return True
    return False


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with new_server() as server:
        server.sql(f"CREATE ROLE us LOGIN PASSWORD '{SECRET}'")
        server.sql(
            "CREATE ROLE few LOGIN CONNECTION LIMIT 0; CREATE ROLE with_password LOGIN PASSWORD 'right'"
        )
        server.sql("CREATE ROLE reader LOGIN; CREATE ROLE stranger LOGIN; CREATE ROLE crowd LOGIN")
        yield server


@pytest.fixture
def stage(postgres: Server) -> Stage:
    if postgres.process is None:
        postgres.start()
    stage = Stage(postgres, postgres.new_store())
    postgres.sql("GRANT postgres TO us; ALTER ROLE us SET ROLE postgres")
    postgres.sql(f"GRANT USAGE ON SCHEMA {stage.schema} TO reader")
    return stage


@dataclass(frozen=True)
class Fault:
    name: str
    words: str
    address: Callable[[Stage], str] = Stage.ours
    begin: Callable[[Stage], object] = lambda stage: None
    reads: bool = False  # whether reading still works


FAULTS = [
    Fault("the server is down", "is its server running", begin=lambda stage: stage.server.stop()),
    Fault("a wrong password", "check the name and password", lambda stage: stage.ours("with_password")),
    Fault("an unknown user", "check the name and password", lambda stage: stage.ours("nobody_there")),
    Fault(
        "an unknown database",
        "create the database",
        lambda stage: stage.ours().replace("/postgres?", "/news?"),
    ),
    Fault(
        "a store of a newer program",
        "upgrade the program",
        begin=lambda stage: stage.server.sql("UPDATE store SET schema = 999", stage.schema),
    ),
    Fault("no right to the schema", "GRANT USAGE, CREATE", lambda stage: stage.ours("stranger")),
    Fault(
        "a right to read only",
        "let it own the tables",
        lambda stage: stage.ours("reader"),
        lambda stage: stage.server.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {stage.schema} TO reader"),
        reads=True,
    ),
    Fault("a limit of connections", "has no connection left", lambda stage: stage.ours("few")),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_command_says_what_is_wrong_and_what_to_do(folder: Folder, stage: Stage, fault: Fault) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")], f"store: '{stage.ours()}'\n")
        assert folder.run("poll").code == 0
        published = folder.published()
        fault.begin(stage)
        folder.configure([server.url("/a")], f"store: '{fault.address(stage)}'\n")
        for command in (
            ["poll", "--all"],
            ["-v", "poll", "--all"],
            ["export"],
            ["latest"],
            ["search", "headline"],
            ["feeds"],
        ):
            answer = folder.run(*command)
            if fault.reads and command[-1] not in ("--all", "export"):
                assert answer.code == 0
                continue
            assert answer.code == STORE, command
            assert fault.words in answer.err
            assert SECRET not in answer.out + answer.err
            assert "Traceback" not in answer.err
        status, doctor = folder.run("status"), folder.run("doctor")
        assert status.code == (0 if fault.reads else STATUS)
        assert doctor.code == (1 if fault.reads else STATUS)
        for said in (doctor.out, *([] if fault.reads else [status.out])):
            assert fault.words in " ".join(said.split())
            assert SECRET not in said
        assert folder.published() == published


@pytest.mark.parametrize(
    ("break_it", "mend_it", "words"),
    [
        (
            "ALTER ROLE us CONNECTION LIMIT 0",
            "ALTER ROLE us CONNECTION LIMIT -1",
            "has no connection left",
        ),
        ("ALTER ROLE us NOLOGIN", "ALTER ROLE us LOGIN", "check the name and password"),
        ("ALTER ROLE us RESET ROLE; REVOKE postgres FROM us", "GRANT postgres TO us", "GRANT USAGE, CREATE"),
        (
            "ALTER ROLE us SET default_transaction_read_only = on",
            "ALTER ROLE us RESET default_transaction_read_only",
            None,  # we say in each session whether we write
        ),
    ],
    ids=["connections", "name", "rights", "read only"],
)
def test_what_is_lost_and_comes_back_while_the_service_runs(
    folder: Folder, stage: Stage, break_it: str, mend_it: str, words: str | None
) -> None:
    feed = Feed(rss(*numbered(range(3), "https://a.example")))
    with serve({"/a": feed}) as server:
        folder.configure([server.url("/a")], f"store: '{stage.ours()}'\n")
        with running(folder) as service:
            service.wait_for("published")
            stage.server.sql(break_it)
            stage.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'us'")
            service.send(1)
            if words is not None:
                # Not the first line, where the end of a connection met a statement: that is said before.
                assert "trying again" in service.wait_for(words)
                assert service.get("/feed.atom")[0] == 200
                assert service.get("/healthz")[0] == 503
            stage.server.sql(mend_it)
            service.send(1)
            if words is not None:
                service.wait_for("resolved: store")
            assert service.get("/search?q=headline")[0] == 200
            assert service.stop() == 0
            assert SECRET not in service.log
            assert "Traceback" not in service.log
    assert stage.entries() == 3


def test_a_server_without_a_free_connection_is_waited_for(folder: Folder, stage: Stage) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")], f"store: '{stage.ours('us')}'\n")
        with connections(stage, "crowd") as crowd:
            answer = folder.run("poll")
            assert answer.code == STORE
            assert "has no connection left" in answer.err
            with running(folder) as service:
                assert "has no connection left" in service.wait_for("trying again")
                crowd.close()
                service.send(1)
                service.wait_for("resolved: store")
                service.wait_for("published")
                assert service.stop() == 0
    assert stage.entries() == 3


# ---------------------------------------------------------------- a full disk of the server


def long_words(numbers: Sequence[int]) -> bytes:
    """So much text that it needs new pages, and does not shrink as it is packed."""
    import hashlib

    def text(number: int) -> str:
        return " ".join(hashlib.sha256(f"{number} {part}".encode()).hexdigest() for part in range(300))

    document = rss(*numbered(numbers, "https://a.example")).decode()
    for number in numbers:
        short = f"<description>About Headline number {number} of many</description>"
        document = document.replace(short, f"<description>{text(number)}</description>")
    return document.encode()


@contextlib.contextmanager
def on_small_disk(over: str, size: int) -> Iterator[tuple[Stage, Disk]]:
    """A server of its own, a folder of it on a disk of its own."""
    with new_server() as server:
        server.stop()
        place = server.folder / over
        place.mkdir(exist_ok=True)
        with small_disk(place, size) as disk:
            disk.run("chown", "-R", f"{server.user or 'root'}:", str(place))
            disk.run("chmod", "700", str(place))
            server.within = disk.within
            server.start()
            try:
                yield Stage(server, server.new_store()), disk
            finally:
                server.stop()


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_a_full_disk_of_the_server_loses_nothing(folder: Folder) -> None:
    feed = Feed(long_words(range(3)))
    with serve({"/a": feed}) as server, on_small_disk("tables", 40_000_000) as (stage, disk):
        stage.server.sql(f"CREATE TABLESPACE small LOCATION '{stage.server.folder}/tables'")
        place = stage.owner + "%20-cdefault_tablespace%3Dsmall"
        folder.configure([server.url("/a")], f"store: '{place}'\n")
        assert folder.run("poll").code == 0
        published = folder.published()
        filler = disk.fill()
        feed.body = long_words(range(40))
        answer = folder.run("poll", "--all")
        assert answer.code == STORE, answer.out + answer.err
        assert "make room on the server's disk" in answer.err
        assert folder.published() == published
        assert "Headline number 2" in folder.run("latest").out
        assert stage.entries() == 3
        stage.server.sql("UPDATE feeds SET next_poll = NULL", stage.schema)
        with running(folder) as service:
            assert "make room on the server's disk" in service.wait_for("trying again")
            assert service.get("/feed.atom")[0] == 200
            assert service.get("/healthz")[0] == 503
            filler.unlink()
            service.send(1)
            service.wait_for("resolved: store")
            assert service.stop() == 0
            assert "Traceback" not in service.log
            assert "psycopg" not in service.log
        assert folder.run("poll", "--all").code == 0
        assert stage.entries() == 40


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_a_full_disk_of_the_server_that_ends_it_loses_nothing(folder: Folder) -> None:
    """Without room for its write-ahead log PostgreSQL stops; it needs room to start, too."""
    feed = Feed(long_words(range(3)))
    with serve({"/a": feed}) as server, on_small_disk("data/pg_wal", 40_000_000) as (stage, disk):
        folder.configure([server.url("/a")], f"store: '{stage.owner}'\n")
        with running(folder) as service:
            service.wait_for("published")
            filler = disk.fill()
            write_until_it_ends(stage)
            feed.body = long_words(range(40))
            service.send(1)
            service.wait_for("trying again")
            assert service.get("/feed.atom")[0] == 200
            filler.unlink()
            stage.server.stop()
            stage.server.start()
            service.send(1)
            service.wait_for("resolved: store")
            assert service.get("/search?q=headline")[0] == 200
            assert service.stop() == 0
            assert "Traceback" not in service.log
        assert folder.run("poll", "--all").code == 0
        assert stage.entries() == 40


def write_until_it_ends(stage: Stage) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        for _ in range(200):
            stage.server.sql("SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000))")
