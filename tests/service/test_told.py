"""Changes of state are told by mail and by a webhook, and never stand in the news."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import AggregatorError
from aggregator.health.state import ServiceState
from aggregator.mailer import MailError, MailServer, send
from aggregator.service.health import EVENTS, Health
from aggregator.service.service import Service
from aggregator.service.webhook import post
from aggregator.settings import Config
from support.command import Folder
from support.make import NOON
from support.server import Raw, Reply, redirect, serve
from support.smtp import mail_server


@contextmanager
def webhook() -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and what was posted to it."""
    posted: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", posted
        finally:
            server.shutdown()
            thread.join()


class Watched:
    """A service's health, minute by minute."""

    def __init__(self, folder: Folder, more: str) -> None:
        self.folder, self.now = folder, NOON
        self.state = ServiceState(1, "0", NOON, "feeds.yaml")
        self.health = Health(self.configure(more), self.state, lambda: self.now)
        self.health.config.data.mkdir()

    def configure(self, more: str) -> Config:
        self.folder.configure(["https://a.example/feed"], more)
        return load(self.folder.path / "feeds.yaml")

    def observe(self, minutes: int) -> None:
        for _ in range(minutes):
            self.health._report = None  # reports are used again for seconds
            self.now += timedelta(minutes=1)
            asyncio.run(self.health.observe())

    def fail(self) -> None:
        self.state.report("store", "the disk is full", self.now)


def test_changes_are_mailed_and_posted_once(folder: Folder) -> None:
    with mail_server(refuse="nobody@example.org") as box, webhook() as (url, posted):
        watched = Watched(
            folder,
            f"mail: {{smtp: {box.url}}}\n"
            f"health: {{webhook: '{url}', mail: [nobody@example.org, me@example.org]}}\n",
        )
        watched.observe(3)  # the first look is no news
        assert not box.messages
        watched.fail()
        watched.observe(30)
        (message,) = (message for _, message, _ in box.messages)
        assert message["To"] == "me@example.org"
        assert message["Subject"].startswith("News Feed: store")
        assert "the disk is full" in message.get_content()
        (body,) = posted
        assert "the disk is full" in json.loads(body)["text"]
        watched.state.clear("store")
        watched.observe(30)
        assert [len(box.messages), len(posted)] == [2, 2]
        assert not (watched.health.config.public_path / "feed.atom").exists()


def test_what_one_worker_has_told_another_does_not_tell_again(tmp_path: Path) -> None:
    """Each has a folder of its own. Whoever takes over tells what has changed since, and nothing else."""
    now, states = [NOON], [ServiceState(1, "0", NOON, "feeds.yaml") for _ in range(2)]
    with webhook() as (url, posted):
        workers = []
        for n, state in enumerate(states):
            folder = Folder(tmp_path / f"machine-{n}")
            folder.path.mkdir()
            folder.configure(["https://a.example/feed"], f"health: {{webhook: '{url}'}}\n")
            config = load(folder.path / "feeds.yaml")
            config.data.mkdir()
            workers.append(Health(config, state, lambda: now[0]))

        def observe(leader: int, minutes: int = 15) -> list[str]:
            """What is told meanwhile."""
            before = len(posted)
            for _ in range(minutes):
                now[0] += timedelta(minutes=1)
                for n, health in enumerate(workers):
                    health._report = None
                    asyncio.run(health.observe(n == leader))
            return [json.loads(body)["text"] for body in posted[before:]]

        assert observe(0) == []
        for state in states:
            state.report("store", "the disk is full", now[0])
        (told,) = observe(0)
        assert "the disk is full" in told
        assert observe(1) == []
        for state in states:
            state.clear("store")
        (told,) = observe(1)
        assert "store: well" in told
        assert observe(0) == []


def test_whom_a_change_did_not_reach_is_told_once_it_can_be_reached(folder: Folder) -> None:
    """The network that fails is what takes mail and webhook along."""
    with mail_server() as box, webhook() as (url, posted):
        mail, hook = box.url, url
    more = f"mail: {{smtp: {mail}}}\nhealth: {{webhook: '{hook}', mail: [me@example.org]}}\n"
    watched = Watched(folder, more)
    watched.observe(2)
    watched.fail()
    watched.observe(5)  # nobody listens
    with mail_server() as box, webhook() as (url, posted):
        watched.health.config = watched.configure(more.replace(mail, box.url).replace(hook, url))
        watched.observe(5)
        assert len(box.messages) == len(posted) == 1
        assert "the disk is full" in json.loads(posted[0])["text"]


def test_a_service_that_cannot_publish_from_the_start_on_tells_of_it(folder: Folder) -> None:
    """As one that is started anew on a disk that is full by now."""
    with webhook() as (url, posted):
        folder.configure(["https://a.example/feed"], f"health: {{webhook: '{url}'}}\n")
        config = load(folder.path / "feeds.yaml")
        config.data.mkdir()
        service = Service(config, clock=lambda: NOON)
        asyncio.run(service.observe())  # it has just begun
        assert not (config.data / EVENTS).exists()
        service.state.ready = True
        asyncio.run(service.observe())
        again = Service(config, clock=lambda: NOON)
        again.state.report("publish", "the disk is full", NOON)
        for _ in range(3):
            again._health._report = None
            asyncio.run(again.observe())
        (body,) = posted
        assert "the disk is full" in json.loads(body)["text"]


@contextmanager
def talking(beginning: bytes, word: bytes) -> Iterator[int]:
    """The port of a server that never stops: it says the beginning, then the word again and again."""
    ended = threading.Event()

    def talk(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.sendall(beginning)
            while not ended.wait(0.02):
                client.sendall(word)

    def listen() -> None:
        with contextlib.suppress(OSError):
            while True:
                threads.append(threading.Thread(target=talk, args=(listener.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = [threading.Thread(target=listen)]
        threads[0].start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            threads[0].join()
    for thread in threads:
        thread.join()


NO_HTTP = {
    "words": b"hello\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "status": b"HTTP/1.1 none\r\n\r\n",
    "headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    "line": b"HTTP/1.1 " + b"9" * 70_000 + b"\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("answer", NO_HTTP.values(), ids=NO_HTTP)
def test_a_change_is_told_again_to_a_webhook_that_answers_what_is_no_http(
    folder: Folder, answer: bytes
) -> None:
    """As a port that another program has taken."""
    with serve({"/hook": Raw(answer)}) as server:
        watched = Watched(folder, f"health: {{webhook: '{server.url('/hook')}'}}\n")
        watched.observe(1)
        watched.fail()
        watched.observe(5)
        server.routes["/hook"] = Reply(204)
        watched.observe(1)
        assert b"the disk is full" in server.requests[-1].body
        count = len(server.requests)
        watched.observe(2)
        assert len(server.requests) == count
        server.errors.clear()


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 100 Continue\r\n\r\nHTTP"])
def test_a_webhook_that_goes_on_for_ever_is_hung_up_on(beginning: bytes) -> None:
    with talking(beginning, b"a") as port, pytest.raises((AggregatorError, OSError)):
        post(f"http://127.0.0.1:{port}/", {}, longest=0.2)


def test_headers_that_break_off_after_an_ok_are_not_needed() -> None:
    with serve({"/hook": Raw(b"HTTP/1.1 200 OK\r\nX: a")}) as server:
        post(server.url("/hook"), {})


@pytest.mark.slow
def test_headers_that_go_on_after_an_ok_are_not_waited_for() -> None:
    """So many seconds, since the first line has to come in them on a busy machine, too."""
    with talking(b"HTTP/1.1 200 OK\r\nX: ", b"a") as port:
        post(f"http://127.0.0.1:{port}/", {}, longest=5)


@pytest.mark.parametrize("beginning", [b"220-", b"220 hello\r\n250-"])
def test_a_mail_server_that_goes_on_for_ever_is_hung_up_on(beginning: bytes) -> None:
    with talking(beginning, b"a") as port, pytest.raises(MailError, match="did not take the message"):
        send(MailServer(f"smtp://127.0.0.1:{port}"), b"", "a@example.org", ["b@example.org"], longest=0.2)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_what_a_webhook_redirects_was_not_told(status: int) -> None:
    with serve({"/hook": redirect("/elsewhere", status), "/elsewhere": Reply(200)}) as server:
        with pytest.raises(AggregatorError, match="redirects to"):
            post(server.url("/hook"), {})
        assert [request.target for request in server.requests] == ["/hook"]


def test_a_webhook_that_refuses_was_not_told() -> None:
    with serve({"/hook": Reply(500), "/good": Reply(204)}) as server:
        with pytest.raises(AggregatorError, match="answered 500"):
            post(server.url("/hook"), {"text": "x"})
        post(server.url("/good"), {"text": "x"})
        assert json.loads(server.requests[-1].body) == {"text": "x"}
