"""Worker processes: what a parser can do on a hostile document harms one document only."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.workers import Limits, WorkerError, Workers
from aggregator.workers.child import Bounds
from aggregator.workers.fork_server import ForkServer
from aggregator.workers.pool import Worker
from aggregator.workers.sandbox import landlock_version


@pytest.fixture
def workers() -> Iterator[Workers]:
    pool = Workers("support.tasks:misbehave", count=2, limits=Limits(seconds=60.0, memory=300_000_000))
    yield pool
    pool.close()


def run(workers: Workers, *how: str) -> list[object]:
    def seconds(one: str) -> float | None:
        return 2.0 if one == "hang" else None  # those beside it may be slow because the machine is

    async def all_of_them() -> list[object]:
        calls = (workers.run(one, seconds=seconds(one)) for one in how)
        return list(await asyncio.gather(*calls, return_exceptions=True))

    return asyncio.run(all_of_them())


def test_answers_come_back(workers: Workers) -> None:
    assert run(workers, "a", "b", "c") == ["a", "b", "c"]


def test_a_worker_is_used_again(workers: Workers) -> None:
    assert len({str(pid) for pid in run(workers, *["pid"] * 20)}) <= 2


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("hang", "took longer than 1.5 s"),
        ("swallow", "more memory"),
        ("raise", "KeyError"),
        ("recurse", "nested too deeply"),
        ("die", "ended on it"),
    ],
)
def test_a_document_that_breaks_the_reader_is_a_result(workers: Workers, how: str, words: str) -> None:
    answers = run(workers, "before", how, "after", "more")
    assert isinstance(answers[1], WorkerError)
    assert words in str(answers[1])
    assert [answers[0], *answers[2:]] == ["before", "after", "more"]


class Sent:
    """What is a text to the worker; the event is set as it is sent."""

    def __init__(self, text: str) -> None:
        self.text, self.sent = text, threading.Event()

    def __reduce__(self) -> tuple[type, tuple[str]]:
        self.sent.set()
        return str, (self.text,)


def test_a_worker_that_is_done_has_the_next_document_while_the_event_loop_is_busy(workers: Workers) -> None:
    documents = [Sent(text) for text in "abcd"]

    async def all_of_them() -> list[object]:
        answers = [asyncio.ensure_future(workers.run(document)) for document in documents]
        await asyncio.sleep(0)
        assert all(document.sent.wait(60) for document in documents)  # as while what was read is stored
        return list(await asyncio.gather(*answers))

    assert asyncio.run(all_of_them()) == ["a", "b", "c", "d"]


def gone(pid: int) -> bool:
    """Whether there is no such process, at the latest when its parent has had time to bury it."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_closing_ends_busy_workers_at_once() -> None:
    pool = Workers("support.tasks:misbehave", count=1, limits=Limits(seconds=600))

    async def close_while_busy() -> tuple[int, object]:
        pid = await pool.run("pid")
        busy = asyncio.ensure_future(pool.run("hang"))
        await asyncio.sleep(0.05)
        pool.close()
        answer = (await asyncio.gather(busy, return_exceptions=True))[0]
        return int(str(pid)), answer

    pid, answer = asyncio.run(close_while_busy())
    assert isinstance(answer, WorkerError)
    assert "longer" not in str(answer)
    assert gone(pid)


def test_closing_answers_what_waits_for_a_worker_or_a_thread() -> None:
    """Nobody is cancelled by it, whatever it meets them at."""
    pool = Workers("support.tasks:misbehave", count=2, limits=Limits(seconds=600))

    async def close_at_once() -> list[object]:
        calls = [asyncio.ensure_future(pool.run("hang")) for _ in range(20)]
        await asyncio.sleep(0)  # each waits now: for a thread, or for its turn
        pool.close()
        return list(await asyncio.gather(*calls, return_exceptions=True))

    for answer in asyncio.run(close_at_once()):
        assert isinstance(answer, WorkerError), repr(answer)
        assert "longer" not in str(answer)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_how_a_worker_ended_is_waited_for() -> None:
    """Its server, which alone hears of that, may get no core for a while: a slow document is still told from a crash."""
    server = ForkServer("support.tasks:misbehave")
    process, pipe = server.fork()
    server.fork()  # so that it has done with the first, and keeps no end of that one's pipe
    assert server.process_id is not None
    worker, told = Worker(process, pipe), []

    def call() -> None:
        try:
            worker.call(("hang",), Bounds(60, 0.2, 300_000_000))
        except WorkerError as error:
            told.append(str(error))

    thread = threading.Thread(target=call)
    os.kill(server.process_id, signal.SIGSTOP)
    try:
        thread.start()
        while state(process.pid) != "Z":
            time.sleep(0.01)
        thread.join(1.5)
    finally:
        os.kill(server.process_id, signal.SIGCONT)
    thread.join(60)
    server.close()
    assert told == ["took longer than 60 s to read"]


def state(pid: int) -> str:
    """R: it runs, T: it is stopped, Z: it has ended, and its parent has not heard of it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(landlock_version() < 1, reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    ("how", "stopped_by"),
    [
        ("read a file", "PermissionError"),
        ("list a folder", "PermissionError"),
        ("write a file", "PermissionError"),
        ("connect", "PermissionError"),
        ("send a datagram", "PermissionError"),
        ("run a program", "PermissionError"),
        ("kill the parent", "PermissionError"),
        ("read the environment", "PermissionError"),
    ],
)
def test_whoever_takes_a_worker_over_is_locked_in(prison: Workers, how: str, stopped_by: str) -> None:
    assert run(prison, how) == [stopped_by]


@pytest.fixture(scope="module")
def prison() -> Iterator[Workers]:
    pool = Workers("support.tasks:break_out", count=2)
    yield pool
    pool.close()


def test_workers_do_not_inherit_secrets() -> None:
    """In a process of its own, since the server that workers come from is started once for each."""
    code = (
        "import asyncio, os; from aggregator.workers import Workers\n"
        "pool = Workers('support.tasks:environment', count=2)\n"
        "print(sorted(asyncio.run(pool.run())), os.environ['A_SECRET']); pool.close()"
    )
    environment = {**os.environ, "A_SECRET": "hidden", "AWS_SECRET_ACCESS_KEY": "hidden"}
    environment["PYTHONPATH"] = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    names, _, kept = done.stdout.strip().rpartition(" ")
    assert "SECRET" not in names
    assert "PYTHONSAFEPATH" in names
    assert kept == "hidden"  # our own environment is as it was


def test_a_pool_that_is_prepared_starts_before_the_first_call() -> None:
    pool = Workers("support.tasks:misbehave", count=2)
    pool.prepare()
    assert pool.are_started
    assert run(pool, "a") == ["a"]
    pool.close()


def test_no_process_starts_before_there_is_something_to_read() -> None:
    pool = Workers("support.tasks:misbehave", count=2)
    assert not pool.are_started
    assert run(pool, "a") == ["a"]
    assert pool.are_started
    pool.close()


def test_a_fork_server_that_was_killed_is_replaced_and_what_it_forked_goes_on() -> None:
    server = ForkServer("support.tasks:misbehave")
    first, pipe = server.fork()
    assert server.process_id is not None
    os.kill(server.process_id, signal.SIGKILL)
    os.waitid(os.P_PID, server.process_id, os.WEXITED | os.WNOWAIT)
    pipe.send((("a",), Bounds(60, 60, 300_000_000)))
    assert pipe.recv()[:2] == ("ok", "a")
    second, _ = server.fork()
    assert second.is_alive()
    server.close()
    assert second.join(60) is not None
    first.kill()
    with pytest.raises(EOFError):
        server.fork()


def test_a_worker_has_no_way_to_the_server_or_to_another_worker() -> None:
    """Whoever takes one over could answer for the others."""
    server = ForkServer("support.tasks:descriptors")
    found = []
    for _ in range(2):
        _, pipe = server.fork()
        pipe.send(((), Bounds(60, 60, 300_000_000)))
        found.append(pipe.recv()[1])
    server.close()
    assert [len(sockets) for sockets in found] == [1, 1]  # the pipe to its user
