"""What a running service says of itself: true in health, true in trouble, and elsewhere for Prometheus."""

from __future__ import annotations

import json
import os
import shutil
import signal
import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.app import App, load_config
from aggregator.health.state import ServiceState
from aggregator.models import PUBLISH, Lease, PublishedFile, Role, Worker
from aggregator.service.health import Health
from aggregator.store.open import open_store
from support.command import Folder
from support.feeds import numbered, rss
from support.make import NOON
from support.running import running, until
from support.server import Feed, Reply, serve

FEEDS: dict[str, Feed | Reply] = {
    "/a": Feed(rss(*numbered(range(3), "https://a.example"))),
    "/gone": Reply(500),
}


def own_place() -> str:
    """An address and port that nobody takes before the service does: loopback has more than the one that all use."""
    number = os.getpid()
    return f"127.9.{number >> 8 & 255}.{number & 255}:9464"


def test_health_status_and_metrics_of_a_running_service(folder: Folder) -> None:
    metrics_at = own_place()
    with serve(FEEDS) as server:
        folder.configure([server.url("/a"), server.url("/gone")], f"health: {{metrics: {metrics_at}}}\n")
        before = folder.run("status")
        assert before.code == 3
        assert before.out.startswith("State      UNKNOWN: nothing was polled yet")
        assert "not running" in before.out
        with running(folder) as service:

            def said() -> Any:
                return json.loads(service.get("/health.json")[2])

            def metrics() -> str:
                with urllib.request.urlopen(f"http://{metrics_at}/metrics", timeout=30) as answer:
                    return str(answer.read(), "utf-8")

            until(lambda: service.get("/readyz")[0] == 200)
            until(lambda: said()["conditions"] == {"healthy": 1, "failing": 1})
            assert service.get("/healthz")[::2] == (200, b"ok\n")
            assert said()["service"]["pid"] == service.process.pid
            assert service.get("/health.atom")[1]["content-type"].startswith("application/atom+xml")
            _, headers, page = service.get("/health")
            assert b"<h1" in page
            assert "style-src" in headers["content-security-policy"]
            assert service.get("/metrics")[0] == 404
            assert 'aggregator_polls_total{result="ok"} 1.0' in metrics()
            assert 'aggregator_polls_total{result="failing"} 1.0' in metrics()
            until(lambda: 'aggregator_poll_stage_seconds_count{stage="save"} 2.0' in metrics())
            assert "aggregator_store_entries 3.0" in metrics()
            status = folder.run("status", "--json")
            assert status.code == 1  # half of the feeds are in trouble
            assert status.json["service"]["address"].endswith(f":{service.port}/")
            assert service.stop() == 0
        assert "not running" in folder.run("status").out
        server.errors.clear()


def test_status_tells_of_workers_wherever_it_is_asked(folder: Folder) -> None:
    """On a machine where none of them runs, too: they have told the store."""
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        assert folder.run("poll").code == 0
    assert "Workers" not in folder.run("status").out
    later = datetime.now(UTC) + timedelta(hours=1)  # so that the test may take its time
    with closing(open_store(folder.path / "data/aggregator.db")) as store:
        roles: dict[str, Role] = {"east-1": "poller", "west-2": "poller", "west-3": "publisher"}
        for name, role in roles.items():
            store.note_worker(Worker(name, role, later, later))
        (token,) = store.lease([PUBLISH], "west-3", later, later + timedelta(hours=1)).values()
        published = PublishedFile("feed.atom", b"x", int(later.timestamp()))
        assert store.save_outputs([published], Lease(PUBLISH, "west-3", token))
    told = folder.run("status").out
    assert "Service    not running on this machine\n" in told
    assert "Publisher  west-3\n" in told
    assert "Workers    3 seen in the last minute: 2 poller, 1 publisher\n" in told
    assert "Published  just now\n" in told
    found = folder.run("status", "--json").json
    assert found["leader"] == "west-3"
    assert [each["name"] for each in found["workers"]] == ["east-1", "west-2", "west-3"]


@pytest.mark.slow
def test_an_output_in_the_way_is_said_and_the_rest_is_served_on(folder: Folder) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        with running(folder) as service:
            service.wait_for("published")
            public = folder.path / "data/public"
            (public / "feed.json").unlink()
            (public / "feed.json").mkdir()
            service.send(signal.SIGHUP)
            service.wait_for("in the way")
            status, _, body = service.get("/healthz")
            assert status == 503
            assert body.startswith(b"publish: ")
            assert service.get("/feed.atom")[0] == 200
            (public / "feed.json").rmdir()
            service.send(signal.SIGHUP)
            service.wait_for("resolved: publish")
            assert service.get("/healthz")[0] == 200
            assert service.stop() == 0


@pytest.mark.slow
def test_what_was_removed_under_it_comes_back(folder: Folder) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        with running(folder) as service:
            service.wait_for("published")
            shutil.rmtree((folder.path / "data/public").rename(folder.path / "removed"))
            service.send(signal.SIGHUP)
            until(lambda: service.get("/feed.atom")[0] == 200)
            # In one step: while it is emptied, the service may write to it.
            shutil.rmtree((folder.path / "data").rename(folder.path / "removed"))
            service.send(signal.SIGHUP)
            service.wait_for("/a ok 3 new")
            until(lambda: service.get("/feed.atom")[0] == 200)
            assert service.stop() == 0


def test_a_folder_that_cannot_be_looked_into_is_one_where_nothing_is_published(folder: Folder) -> None:
    """As one that belongs to somebody else; a name that is too long fails for root, too."""
    folder.configure(["https://a.example/feed"], f"data: {'n' * 300}\n")
    config = load_config(folder.path / "feeds.yaml")
    health = Health(config, ServiceState(1, "0", NOON, "feeds.yaml"), lambda: NOON)
    assert health.answer("readyz")[0] == 503
    assert not App(config).outputs_are_in_place()


def test_a_report_that_takes_long_is_made_seldom() -> None:
    from aggregator.service.health import use_until

    assert use_until(100.0, 101.0) == 105.0
    assert use_until(100.0, 110.0) == 410.0
