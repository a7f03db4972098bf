"""A resolver that is dead, or lies: no feed is charged for it, and the service stops all the same."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import namespace
from support.command import Folder
from support.feeds import numbered, rss
from support.running import Running
from support.server import Feed, serve
from support.stores import sql

pytestmark = pytest.mark.network

FLAGS = {"no such name": b"\x81\x83", "server failure": b"\x81\x82", "refused": b"\x81\x85"}
ANSWERS = ("nothing", "garbage", *FLAGS)


def reply(kind: str, question: bytes) -> bytes | None:
    """What a server that answers like this sends."""
    if kind == "nothing":
        return None
    if kind == "garbage":
        return os.urandom(60)
    return question[:2] + FLAGS[kind] + b"\0\1\0\0\0\0\0\0" + question[12:]


@contextmanager
def resolver(kind: str) -> Iterator[list[bytes]]:
    """A DNS server at the usual port; the questions that it was asked."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))

        def answer() -> None:
            while True:
                question, client = server.recvfrom(2000)
                if not question:
                    return
                asked.append(question)
                data = reply(kind, question)
                if data is not None:
                    server.sendto(data, client)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield asked
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", 53))
            thread.join()


def configured(folder: Folder, port: int, *more: str) -> tuple[str, ...]:
    """Six feeds with names, and more hosts; what runs a command that asks our resolver."""
    urls = [f"http://{host}:{port}/feed" for host in (*(f"{name}.example" for name in "abcdef"), *more)]
    text = "allow_addresses: [127.0.0.0/8]\npolling: {host_gap: 0s, timeout: 10s}\nfeeds:\n"
    (folder.path / "feeds.yaml").write_text(text + "".join(f"  - {url}\n" for url in urls))
    files = {"resolv.conf": "nameserver 127.0.0.1\n", "nsswitch.conf": "hosts: files dns\n"}
    for name, words in files.items():
        (folder.path / name).write_text(words)
    return tuple(namespace.with_files({f"/etc/{name}": str(folder.path / name) for name in files}, []))


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_feed_is_charged_for_a_dead_resolver(tmp_path: Path, kind: str) -> None:
    folder = Folder(tmp_path)
    routes = {"/feed": Feed(rss(*numbered(range(3))))}
    with resolver(kind) as asked, serve(routes) as server:
        answer = folder.run("poll", within=configured(folder, server.port))
        assert answer.code == 0, answer.err
        assert "No network: 6 feeds skipped" in answer.out
        assert asked
        feeds = sql(folder.path / "data/aggregator.db", "SELECT failures, status FROM feeds ORDER BY url")
        assert [tuple(row) for row in feeds] == [(0, "new")] * 6


def test_a_service_stops_at_once_while_it_waits_for_the_resolver(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    routes = {"/feed": Feed(rss(*numbered(range(3))))}
    with resolver("nothing"), serve(routes) as server:
        within = configured(folder, server.port, "127.0.0.1")
        service = Running(folder.start("run", "--port", "0", within=within))
        try:
            service.wait_for("ok 3 new")
            assert service.get("/healthz")[0] == 200
            assert service.stop() == 0
        finally:
            service.close()
        assert "Traceback" not in service.log
