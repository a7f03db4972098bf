"""SIGTERM at every moment: it ends, what was reported is kept, no process is left behind."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from hostile import killers, slow, xml
from hostile.case import document
from hostile.round import host, outputs
from hostile.test_cases import check_outputs
from support import namespace
from support.command import COMMAND, Folder
from support.feeds import numbered, rss
from support.server import Feed, Route, serve
from support.watch import members

pytestmark = pytest.mark.network

LONGEST = 120.0  # seconds that a busy machine has for it; without the signal it goes on for ever
AT_ONCE = 4
COMMANDS = {"poll": ("poll",), "run": ("run", "--port", "0")}
Within = Callable[[list[str]], list[str]]  # a command line in other circumstances
SETTINGS = "allow_addresses: [127.0.0.0/8]\npolling: {host_gap: 0s}\nfeeds:\n"
GOOD = {f"/good/{n}": Feed(rss(*numbered([n], f"https://good{n}.example"))) for n in range(3)}


def large(number: int) -> Route:
    """5,000 entries that nobody else has: they take a while to be kept."""
    items = "".join(
        f"<item><guid>{number}-{n}</guid><title>{number} has headline {n}</title>"
        f"<description>{'Words. ' * 20}</description></item>"
        for n in range(4_999)
    )
    return document(xml.rss(items))


MOMENTS: dict[str, dict[str, Route]] = {
    "a drip": {f"/{n}": slow.CASES["slow: a document, letter by letter"].route for n in range(20)},
    "silence": {f"/{n}": slow.CASES["slow: silence"].route for n in range(20)},
    "an endless body": {f"/{n}": slow.CASES["slow: a chunk now and then"].route for n in range(20)},
    "reading what takes hours": {
        f"/{n}": killers.CASES[name].route
        for n, name in enumerate(["half roots before the root", "a namespace of 400 KB", "HTML: half tags"])
    }
    | {f"/{n}": xml.CASES["wide: a text of 9 MB of links"].route for n in range(3, 6)},
    "keeping": {f"/{n}": large(n) for n in range(8)},
}


@contextlib.contextmanager
def begun(
    folder: Folder, command: str, urls: list[str], within: Within = list
) -> Iterator[subprocess.Popen[str]]:
    """The command, polling these; whatever happens, nothing of it is left behind."""
    (folder.path / "feeds.yaml").write_text(SETTINGS + "".join(f"  - {url}\n" for url in urls))
    process = subprocess.Popen(
        within([str(COMMAND), *COMMANDS[command]]),
        cwd=folder.path,
        env=folder.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def read_until(process: subprocess.Popen[str], done: Callable[[str], bool], seconds: float = LONGEST) -> str:
    """What it has printed once that is `done`."""
    assert process.stdout
    text, end = "", time.monotonic() + seconds
    while not done(text):
        assert time.monotonic() < end, text
        if select.select([process.stdout], [], [], 0.1)[0]:
            data = os.read(process.stdout.fileno(), 65_536).decode()
            assert data, text
            text += data
    return text


def stopped(process: subprocess.Popen[str]) -> float:
    """Sends SIGTERM; the seconds until it and all its processes have ended."""
    began = time.monotonic()
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(LONGEST)
    while members(process.pid) and time.monotonic() < began + LONGEST:
        time.sleep(0.01)
    return time.monotonic() - began


def reported(text: str) -> set[str]:
    """The feeds of which it said that they were read, with one new entry."""
    found = re.findall(r"ok +1 new  .*?  (http\S+)|INFO (http\S+) ok 1 new", text)
    return {one or other for one, other in found}


def whole(folder: Path) -> set[str]:
    """The feeds with a stored entry, of a store that is as it should be."""
    db = sqlite3.connect(folder / "data/aggregator.db")
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {
            url for (url,) in db.execute("SELECT url FROM feeds WHERE id IN (SELECT feed_id FROM entries)")
        }
    finally:
        db.close()


@dataclass(frozen=True)
class Stop:
    """What came of stopping a command."""

    took: float
    said: str
    code: int
    folder: Path


def stop_once_good_feeds_are_read(
    path: Path, command: str, feeds: dict[str, Route], names: list[str], within: Within = list
) -> Stop:
    """Stops it when the good feeds have been reported, and the hostile ones have not. `names`: hosts to look up."""
    folder = Folder(path)
    with serve({**feeds, **GOOD}, host="0.0.0.0") as server:
        urls = [f"http://{host(n)}:{server.port}{path}" for n, path in enumerate([*feeds, *GOOD])]
        with begun(folder, command, [*urls, *(f"http://{name}/" for name in names)], within) as process:
            good = {url for url in urls if "/good/" in url}
            said = read_until(process, lambda text: reported(text) >= good)
            took = stopped(process)
            assert process.stdout
            said += process.stdout.read()
        server.errors.clear()
    return Stop(took, said, process.returncode, path)


def stop_after(path: Path, command: str, wait: float) -> Stop:
    """Stops it so many seconds after its first request (0: right after its start)."""
    feeds = MOMENTS["keeping"] | GOOD | {"/killer": killers.CASES["a namespace of 400 KB"].route}
    folder = Folder(path)
    with serve(feeds, host="0.0.0.0") as server:
        urls = [f"http://{host(n)}:{server.port}{path}" for n, path in enumerate(feeds)]
        with begun(folder, command, urls) as process:
            end = time.monotonic() + LONGEST
            while wait and not server.requests and time.monotonic() < end:
                time.sleep(0.005)
            time.sleep(wait)  # the moment is what is tried
            took = stopped(process)
            assert process.stdout
            said = process.stdout.read()
        server.errors.clear()
    return Stop(took, said, process.returncode, path)


def in_silence(path: Path, command: str) -> Stop:
    """Stops it while names are looked up at an address where nobody answers."""
    files = {"/etc/resolv.conf": "nameserver 127.0.0.99\noptions timeout:30 attempts:5\n"}
    files["/etc/nsswitch.conf"] = "hosts: dns\n"
    mine = {name: path / name.rpartition("/")[2] for name in files}
    for name, file in mine.items():
        file.write_text(files[name])

    def within(command: list[str]) -> list[str]:
        return namespace.with_files({name: str(file) for name, file in mine.items()}, command)

    return stop_once_good_feeds_are_read(path, command, {}, [f"name{n}.example" for n in range(20)], within)


STOPS: dict[str, Callable[[Path], Stop]] = {
    **{
        f"{command}, {moment}": partial(stop_once_good_feeds_are_read, command=command, feeds=feeds, names=[])
        for moment, feeds in MOMENTS.items()
        for command in COMMANDS
    },
    **{f"{command}, names that hang": partial(in_silence, command=command) for command in COMMANDS},
    **{
        f"{command}, after {wait} s": partial(stop_after, command=command, wait=wait)
        for wait in (0.0, 0.1, 0.4, 0.8, 1.5)
        for command in COMMANDS
    },
}


@pytest.fixture(scope="module")
def stops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Stop]]]:
    """All of them, some at once: most of their time is waiting."""
    with serve_nothing(), ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            name: pool.submit(stop, tmp_path_factory.mktemp("stop", numbered=True))
            for name, stop in STOPS.items()
        }


@contextlib.contextmanager
def serve_nothing() -> Iterator[None]:
    """A name server that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.99", 53))
        yield


@pytest.mark.parametrize("name", STOPS)
def test_it_stops(stops: dict[str, Future[Stop]], name: str) -> None:
    """What was reported is kept and in part published, and no process is left behind. How soon: benchmarks."""
    stop = stops[name].result()
    print(f"{name}: {stop.took:.1f} s")
    assert stop.took < LONGEST
    assert "Traceback" not in stop.said
    early = (0, -signal.SIGTERM, 128 + signal.SIGTERM)  # it may not have begun
    assert stop.code in (early if "after" in name else (0,)), stop.said[-3000:]
    if (stop.folder / "data/aggregator.db").exists():
        assert reported(stop.said) <= whole(stop.folder)
    published = outputs(Folder(stop.folder))
    if published or (stop.code == 0 and name.startswith("poll")):  # a service publishes when it starts again
        check_outputs(published)
