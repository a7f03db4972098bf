"""Workers as processes of their own on one store, and hosts on loopback that notice who asks them, and when."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from support import shifted
from support.command import Folder
from support.feeds import DATE, rss
from support.postgres import Server as Postgres
from support.running import TIMEOUT, Running, until
from support.server import Feed, Reply, Request, Server, serve

SETTINGS = "id: 'urn:uuid:11111111-2222-4333-8444-555555555555'\n"


@dataclass
class Visit:
    path: str
    began: float
    ended: float = 0.0


@dataclass
class Host:
    """One address of loopback with some feeds. Requests that overlap are noticed; a feed may be held up."""

    address: str
    feeds: dict[str, Feed]
    visits: list[Visit] = field(default_factory=list)
    most_at_once: int = 0
    held: dict[str, threading.Event] = field(default_factory=dict)  # answers that wait for these
    server: Server | None = None
    refuses: tuple[str, str] | None = None  # a header: it answers 429 with it
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        visit = Visit(request.target, time.monotonic())
        with self._lock:
            self.visits.append(visit)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            if request.target in self.held:
                self.held[request.target].wait(TIMEOUT)
            return (
                Reply(429, headers=(self.refuses,)) if self.refuses else self.feeds[request.target](request)
            )
        finally:
            with self._lock:
                self._now -= 1
                visit.ended = time.monotonic()

    @property
    def urls(self) -> list[str]:
        assert self.server is not None
        return [self.server.url(path) for path in self.feeds]

    def polls(self) -> Counter[str]:
        return Counter(visit.path for visit in self.visits)


@contextmanager
def hosts(count: int, feeds: int) -> Iterator[list[Host]]:
    """Hosts with so many feeds each, of four entries; some of the entries are told by two hosts."""
    with ExitStack() as stack:
        found = []
        for n in range(count):
            host = Host(f"127.0.1.{n + 1}", {f"/{k}": Feed(document(n, k)) for k in range(feeds)})
            routes = dict.fromkeys(host.feeds, host.answer)
            host.server = stack.enter_context(serve(routes, host=host.address))
            found.append(host)
        try:
            yield found
        finally:
            for host in found:
                for event in host.held.values():
                    event.set()


def document(n: int, k: int, more: int = 0) -> bytes:
    own = [
        (f"Bridge {n} over river {k} reopens after flood {i}", f"https://paper{n}.example/{k}/{i}")
        for i in range(3 + more)
    ]
    shared = (
        f"Parliament passes budget number {n // 2} of year {k}",
        f"https://wire.example/budget/{n // 2}/{k}",
    )
    found = rss(*own, shared, title=f"Paper {n}, part {k}").decode()
    # Of two feeds that give one id to an entry the first to come has it; here each gives its own.
    found = found.replace(f"<guid>{shared[1]}</guid>", f'<guid isPermaLink="false">budget {n} {k}</guid>')
    for place in range(
        len(own) + 1
    ):  # no two of all have one date: whichever comes first, they stand in one order
        minute = (n * 10 + k) * 10 + place
        at = format_datetime(datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minute))
        found = found.replace(f"<pubDate>{DATE}</pubDate>", f"<pubDate>{at}</pubDate >", 1)
    return found.encode()


class Crew:
    """The workers of one store; on PostgreSQL each has a folder of its own, as on machines of their own."""

    def __init__(self, path: Path, site: list[Host], place: str | None) -> None:
        self.path, self.site, self.place = path, site, place
        self.settings = SETTINGS
        self._stack = ExitStack()
        self._count = 0

    def close(self) -> None:
        self._stack.close()

    def folder(self, more: str = "", place: str | None = None) -> Folder:
        """Of the next worker."""
        place = place or self.place
        folder = Folder(self.path / (f"machine-{self._count}" if place else "machine"))
        self._count += 1
        folder.path.mkdir(exist_ok=True)
        store = f"store: '{place}'\n" if place else ""
        folder.configure([url for host in self.site for url in host.urls], store + self.settings + more)
        return folder

    def start(self, role: str, *more: str, folder: Folder | None = None) -> Running:
        folder = folder or self.folder()
        return self._keep(folder.start("run", "--role", role, "--port", "0", *more))

    def start_shifted(self, role: str, seconds: int, folder: Folder | None = None) -> Running:
        """On a machine whose clock is wrong by so many seconds."""
        folder = folder or self.folder()
        support = str(Path(shifted.__file__).parent.parent)
        process = subprocess.Popen(
            [sys.executable, shifted.__file__, str(seconds), role],
            cwd=folder.path,
            env={**folder.environment(), "PYTHONPATH": support},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return self._keep(process)

    def _keep(self, process: subprocess.Popen[str]) -> Running:
        worker = Running(process)
        self._stack.callback(_end, worker)
        return worker

    # ------------------------------------------------------------ what is seen from outside

    def wait_for_polls(self, times: int = 1) -> None:
        """Until each feed was asked so often and answered."""
        until(lambda: all(count >= times for host in self.site for count in _answered(host)))

    def check_hosts(self) -> None:
        """No host was asked by two at once, and no feed twice."""
        assert {host.address: host.most_at_once for host in self.site} == dict.fromkeys(
            (host.address for host in self.site), 1
        )
        assert {count for host in self.site for count in host.polls().values()} == {1}


def _answered(host: Host) -> list[int]:
    done = Counter(visit.path for visit in host.visits if visit.ended)
    return [done[path] for path in host.feeds]


def _end(worker: Running) -> None:
    with contextlib.suppress(ProcessLookupError):
        worker.send(signal.SIGCONT)
    worker.close()
    print(worker.log)  # for a test that failed


def titles(folder: Folder) -> list[str]:
    """Of all stories of the store, with how many tell each; sorted."""
    return sorted(
        f"{story['title']} {len(story['also'])}"
        for story in folder.run("latest", "-n", "10000", "--json").json
    )


def sql(crew: Crew, postgres: Postgres | None, statement: str) -> None:
    """Changes the store from outside."""
    if crew.place is not None and postgres is not None:
        postgres.sql(statement, crew.place.rpartition("%3D")[2])
        return
    import sqlite3

    with contextlib.closing(sqlite3.connect(crew.path / "machine/data/aggregator.db", timeout=60)) as db, db:
        db.execute(statement)
