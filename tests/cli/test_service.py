"""`aggregator run`: polls, publishes, serves, and stops cleanly at any moment."""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, Raw, hang, serve


@contextmanager
def service(folder: Folder, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = folder.start("run", *arguments)
    try:
        yield process
    finally:
        process.kill()
        process.wait(60)
        if process.stdout:
            process.stdout.close()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """The service's log up to a line with these words."""
    assert process.stdout
    log = ""
    for line in process.stdout:
        log += line
        if words in line:
            return log
    raise AssertionError(f"the service ended without saying {words!r}:\n{log}")


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_it_polls_publishes_and_serves(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(5))))}) as server:
        folder.configure([server.url("/feed")])
        with service(folder, "--port", "0") as process:
            log = read_until(process, "published")
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", log)
            assert found
            port = int(found[1])
            assert f"{server.url('/feed')} ok 5 new" in log
            for path, kind in (
                ("/", "text/html"),
                ("/feed.atom", "application/atom+xml"),
                ("/feed.json", "application/feed+json"),
                ("/subscriptions.opml", "text/x-opml"),
            ):
                response, body = get(port, path)
                assert (response.status, response.getheader("Content-Type", "").partition(";")[0]) == (
                    200,
                    kind,
                )
                assert body
                assert response.getheader("Last-Modified")
                again, nothing = get(port, path, If_None_Match=response.getheader("ETag", ""))
                assert (again.status, nothing) == (304, b"")
                head, nothing = get(port, path, "HEAD")
                assert (head.status, nothing, head.getheader("Content-Length")) == (200, b"", str(len(body)))
                packed, smaller = get(port, path, Accept_Encoding="gzip")
                assert packed.getheader("Content-Encoding") == "gzip"
                assert len(smaller) < len(body)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_stops_while_it_polls(folder: Folder, name: str) -> None:
    """Long before the silent server has been given up."""
    with serve({"/slow": Raw(hang), "/fast": Feed(rss(*numbered(range(3))))}) as server:
        folder.configure([server.url("/fast"), server.url("/slow")])
        with service(folder, "--no-web") as process:
            read_until(process, "running as a service without pages: 2 feeds")
            read_until(process, "/fast ok 3 new")
            while not server.asked("/slow"):
                time.sleep(0.01)
            process.send_signal(getattr(signal, name))
            assert process.wait(60) == 0
            assert process.stdout
            assert "no response" not in process.stdout.read()
        assert len(folder.run("latest", "--json").json) == 3
        assert folder.published()["feed.atom"].count(b"<entry") == 3


@pytest.mark.slow
def test_no_process_is_left_behind(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        folder.configure([server.url("/feed")])
        with service(folder, "--no-web") as process:
            read_until(process, "published")
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            deadline = time.monotonic() + 60
            while (left := _in_session(process.pid)) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert left == []


@pytest.mark.browser
@pytest.mark.skipif(
    not shutil.which("newsboat"), reason="newsboat is not installed: no real reader subscribes"
)
def test_newsboat_subscribes_and_shows_the_stories(folder: Folder, tmp_path: Path) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(7))))}) as server:
        folder.configure([server.url("/feed")])
        with service(folder, "--port", "0") as process:
            found = re.search(r"http://127\.0\.0\.1:\d+/", read_until(process, "published"))
            assert found
            (tmp_path / "urls").write_text(f"{found[0]}feed.atom\n")
            command = ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "/dev/null", "-x"]
            for _ in range(2):
                done = subprocess.run(
                    [*command, "reload", "print-unread"], cwd=tmp_path, env=folder.environment() | {"HOME": str(tmp_path)},
                    capture_output=True, text=True, timeout=60, check=False,
                )  # fmt: skip
                assert "7 unread articles" in done.stdout, done.stdout + done.stderr
    with sqlite3.connect(tmp_path / "cache.db") as db:
        shown = {row[0] for row in db.execute("SELECT title FROM rss_item")}
    db.close()
    assert shown == {title for title, _ in numbered(range(7))}


def test_a_port_that_is_taken_is_said(folder: Folder) -> None:
    folder.configure(["http://127.0.0.1:9999/feed"])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = folder.run_process("run", "--port", str(taken.getsockname()[1]))
    assert answer.code == 1
    assert "--port" in answer.err
    assert "Traceback" not in answer.err


def _in_session(leader: int) -> list[str]:
    done = subprocess.run(
        ["ps", "-o", "pid=,args=", "-s", str(leader)], capture_output=True, text=True, check=False
    )
    return [line for line in done.stdout.splitlines() if line.strip()]
