"""Changes of state are told by mail and by a webhook, and never stand in the news."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from aggregator.config import load
from aggregator.health.state import ServiceState
from aggregator.service.health import Health
from support.command import Folder
from support.make import NOON
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
        yield f"http://127.0.0.1:{server.server_port}/hook", posted
        server.shutdown()
        thread.join()


def test_changes_are_mailed_and_posted_once(folder: Folder) -> None:
    with mail_server(refuse="nobody@example.org") as box, webhook() as (url, posted):
        folder.configure(
            ["https://a.example/feed"],
            f"mail: {{smtp: {box.url}}}\n"
            f"health: {{webhook: '{url}', mail: [nobody@example.org, me@example.org]}}\n",
        )
        config = load(folder.path / "feeds.yaml")
        config.data.mkdir()
        state = ServiceState(1, "0", NOON, "feeds.yaml")
        now = [NOON]
        health = Health(config, state, lambda: now[0])

        def observe(times: int = 1) -> None:
            for _ in range(times):
                health._report = None  # reports are used again for seconds
                now[0] += timedelta(minutes=1)
                asyncio.run(health.observe())

        observe(3)  # the first look is no news
        assert not box.messages
        state.report("store", "the disk is full", now[0])
        observe(30)
        (message,) = (message for _, message, _ in box.messages)
        assert message["To"] == "me@example.org"
        assert message["Subject"].startswith("News Feed: store")
        assert "the disk is full" in message.get_content()
        (body,) = posted
        assert "the disk is full" in json.loads(body)["text"]
        state.clear("store")
        observe(30)
        assert [len(box.messages), len(posted)] == [2, 2]
        assert not (config.public_path / "feed.atom").exists()


def test_whom_a_change_did_not_reach_is_told_once_it_can_be_reached(folder: Folder) -> None:
    """The network that fails is what takes mail and webhook along."""
    with mail_server() as box, webhook() as (url, posted):
        mail, hook = box.url, url
    config_text = f"mail: {{smtp: {mail}}}\nhealth: {{webhook: '{hook}', mail: [me@example.org]}}\n"
    folder.configure(["https://a.example/feed"], config_text)
    config = load(folder.path / "feeds.yaml")
    config.data.mkdir()
    state = ServiceState(1, "0", NOON, "feeds.yaml")
    now = [NOON]
    health = Health(config, state, lambda: now[0])

    def observe(minutes: int) -> None:
        for _ in range(minutes):
            health._report = None
            now[0] += timedelta(minutes=1)
            asyncio.run(health.observe())

    observe(2)
    state.report("store", "the disk is full", now[0])
    observe(5)  # nobody listens
    with mail_server() as box, webhook() as (url, posted):
        folder.configure(["https://a.example/feed"], config_text.replace(mail, box.url).replace(hook, url))
        health.config = load(folder.path / "feeds.yaml")
        observe(5)
        assert len(box.messages) == len(posted) == 1
        assert "the disk is full" in json.loads(posted[0])["text"]
