"""kill -9 at any moment at which the program changes a file; `FAULTS_MOMENTS=200` tries so many of them.

The moments are system calls: strace counts those that change files, and kills at one of them, so that the same
moments are tried on any machine. support/invariants.py has what must hold.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence

import pytest

from faults.operations import ENTRIES, FEEDS, MOMENTS, OPERATIONS, Trial, trial
from support.command import Folder
from support.running import Running
from support.stores import sql

CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,fallocate,?rename,renameat,renameat2,?unlink,unlinkat,?mkdir,mkdirat"
STRACE = ("strace", "-f", "-qq")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("strace") or subprocess.run([*STRACE, "true"], capture_output=True).returncode != 0,
        reason="strace cannot be had: no moment can be chosen",
    ),
]


Call = tuple[str, int]  # a system call, and how many of its name its thread had made with it


def traced(folder: Folder) -> tuple[str, ...]:
    return (*STRACE, "-e", f"trace={CALLS}", "-o", str(folder.path / "trace"))


def at(call: Call, sent: signal.Signals = signal.SIGKILL) -> tuple[str, ...]:
    """What runs a command and sends it a signal as one of its threads is about to make this call."""
    name, number = call
    return (
        *STRACE,
        "-o",
        "/dev/null",
        "-e",
        f"trace={name}",
        "-e",
        f"inject={name}:signal={sent.name}:when={number}",
    )


def calls(folder: Folder, start: int = 0) -> list[Call]:
    """Those at which it can be killed, in order, after the first `start`.

    strace counts the calls of each thread for itself: the first thread that comes to a number is killed there.
    """
    seen: Counter[tuple[str, str]] = Counter()
    most: Counter[str] = Counter()
    made = []
    for place, (thread, name) in enumerate(lines(folder)):
        seen[thread, name] += 1
        if seen[thread, name] > most[name]:
            most[name] += 1
            if place >= start:
                made.append((name, most[name]))
    return made


def lines(folder: Folder, before: str = "") -> list[tuple[str, str]]:
    """Of the trace: thread and call. `before`: only those before the first that names this file."""
    text = (folder.path / "trace").read_text(errors="replace")
    end = text.rindex("\n", 0, text.index(before)) if before else len(text)
    return re.findall(r"^(\d+) +(\w+)\(", text[:end], re.M)


def chosen(found: Sequence[Call]) -> list[Call]:
    """MOMENTS of these, evenly spread."""
    return [found[len(found) * (2 * number + 1) // (2 * MOMENTS)] for number in range(MOMENTS)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_killed_at_any_moment(folder: Folder, name: str) -> None:
    with trial(folder, name) as made:
        command = made.operation.command
        assert folder.run(*command, within=traced(folder)).code == 0
        kills = 0
        for call in chosen(calls(folder)):
            made.begin()
            kills += folder.run(*command, within=at(call)).code == -signal.SIGKILL
            made.check()
            made.complete()
        assert kills >= MOMENTS // 2  # others had done all before


def test_killed_while_reloading(folder: Folder) -> None:
    with trial(folder, "publishing") as made:
        start = _reload(made, traced(folder), "T")
        for number, call in enumerate(chosen(calls(folder, start))):
            made.begin()
            _reload(made, at(call), f"T{number}")
            made.check()
            made.complete()


def _reload(made: Trial, within: tuple[str, ...], title: str) -> int:
    """Starts the service, reloads it, and ends it if it was not killed; how many calls the start took, of all threads."""
    folder = made.folder
    made.configure("")
    made.publications = ()
    shutil.rmtree(made.data / "public")  # so that the start says that it has published
    service = Running(folder.start("run", "--port", "0", within=within))
    try:
        service.wait_for("published")
        trace = folder.path / "trace"
        start = len(lines(folder)) if str(trace) in within else 0
        made.configure(f"title: {title}\n")
        os.kill(json.loads((made.data / "service.json").read_text())["pid"], signal.SIGHUP)
        try:
            service.wait_for("reloading")
            service.wait_for("published")
        except AssertionError:
            assert service.process.wait(60) == -signal.SIGKILL
        return start
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.process.pid, signal.SIGKILL)
        service.close()


def test_killed_while_restoring(folder: Folder) -> None:
    """The store is the one that stood there or the copy; it is never not there."""
    with trial(folder, "backing up") as made:
        assert folder.run("backup", "copy.db").code == 0
        kept = (folder.path / "copy.db").read_bytes()
        command = ("restore", "copy.db")
        assert folder.run(*command, within=traced(folder)).code == 0
        for call in chosen(calls(folder)):
            made.begin()
            (folder.path / "copy.db").write_bytes(kept)
            folder.run(*command, within=at(call))
            made.check()
            assert sql(made.data / "aggregator.db", "SELECT count(*) FROM entries")[0][0] == FEEDS * ENTRIES
            assert folder.run(*command).code == 0
            made.complete()
