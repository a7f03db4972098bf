"""SIGTERM, SIGINT and SIGHUP at any moment once the program has begun: a quiet, quick end, or none."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aggregator.service.service import Service
from aggregator.settings import Config
from support.command import Folder
from support.feeds import numbered, rss
from support.running import Running, running
from support.server import Feed, serve

MOMENTS = (0.0, 0.05, 0.1, 0.2, 0.4)  # seconds after the first line of ours; the moment is what is tried


def wait_until_it_hears(service: Running) -> None:
    """Until our first line has run: before, Python itself answers signals."""
    while True:
        status = Path(f"/proc/{service.process.pid}/status").read_text()
        caught = re.search(r"SigCgt:\s*(\w+)", status)
        assert caught
        if int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_while_it_starts_ends_it_quietly(folder: Folder, name: str, moment: float) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        folder.configure([server.url("/feed")])
        service = Running(folder.start("run", "--port", "0"))
        try:
            wait_until_it_hears(service)
            time.sleep(moment)
            code = service.stop(getattr(signal, name))
        finally:
            service.close()
        assert "Traceback" not in service.log
        assert code == 0, service.log


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_as_it_begins_to_work_ends_it_quietly(folder: Folder, moment: float) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        folder.configure([server.url("/feed")])
        with running(folder) as service:
            service.wait_for("serving")
            time.sleep(moment)
            code = service.stop()
        assert "Traceback" not in service.log
        assert code == 0, service.log
        server.errors.clear()


HEARD = """
import os, signal, threading
from aggregator.service.signals import run_in_thread

stopped = threading.Event()

def work():
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)  # which the main thread does not notice
    stopped.wait()

run_in_thread(work, {signal.SIGTERM: stopped.set})
print("ended")
"""


def test_a_signal_is_heard_whichever_thread_gets_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HEARD], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("ended\n", "", 0)


def test_cancelled_jobs_are_no_errors(caplog: pytest.LogCaptureFixture) -> None:
    """A job that was cancelled before it began, as when the program is stopped just then."""

    async def work() -> None:
        async with service._scheduled():
            await asyncio.sleep(0)  # the first job is a task now, and has not run

    service = Service(Config(Path("feeds.yaml"), ()))
    asyncio.run(work())
    assert not caplog.records


@pytest.mark.slow
def test_a_hangup_while_it_starts_is_no_end(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        folder.configure([server.url("/feed")])
        service = Running(folder.start("run", "--port", "0"))
        try:
            wait_until_it_hears(service)
            for _ in range(10):
                service.send(signal.SIGHUP)
                time.sleep(0.05)
            service.wait_for("published")
            assert service.stop() == 0
        finally:
            service.close()
