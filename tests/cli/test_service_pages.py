"""The service's own pages: the search, and how long a reader may keep what he got."""

from __future__ import annotations

import http.client
import re
import signal

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, serve


@pytest.mark.slow
def test_search_and_cache_times_of_the_running_service(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(5))))}) as server:
        folder.configure([server.url("/feed")], "base_url: https://news.example/planet/\n")
        process = folder.start("run", "--port", "0")
        try:
            assert process.stdout
            log = ""
            while "published" not in log:
                line = process.stdout.readline()
                assert line, log
                log += line
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", log)
            assert found
            port = int(found[1])
            status, headers, body = get(port, "/search?q=headline+3")
            assert status == 200
            assert body.count("<article") == 1
            assert get(port, "/planet/search?q=headline")[2].count("<article") == 5
            assert get(port, "/search?q=" + "x" * 500)[0] == 400
            for path in ("/", "/feed.atom", "/planet/tags/", "/search"):
                status, headers, body = get(port, path)
                assert status == 200, path
                age = re.fullmatch(r"public, max-age=(\d+)", headers["cache-control"])
                assert age
                assert 1 <= int(age[1]) <= 30  # the next tick, not a whole one from now
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait(60)
            if process.stdout:
                process.stdout.close()


def get(port: int, path: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return (
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read().decode(),
        )
    finally:
        connection.close()
