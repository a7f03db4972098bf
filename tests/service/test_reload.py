"""A changed feeds.yaml, SIGHUP and SIGUSR1: the service goes on, under the new configuration or the old one."""

from __future__ import annotations

import signal
import threading

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.running import running
from support.server import Feed, Reply, Request, serve
from support.stores import sql

pytestmark = pytest.mark.slow  # each starts the service

FEEDS = {
    "/a": Feed(rss(*numbered(range(3), "https://a.example"))),
    "/b": Feed(rss(*numbered(range(10, 13), "https://b.example"))),
}


def test_hangup_reloads_and_a_new_feed_is_polled(folder: Folder) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        with running(folder) as service:
            service.wait_for("published")
            folder.configure([server.url("/a"), server.url("/b")])
            service.send(signal.SIGHUP)
            service.wait_for("reloading: 2 feeds")
            service.wait_for("/b ok 3 new")
            service.wait_for("published")
            assert service.get("/feed.atom")[2].count(b"<entry>") == 6
            assert service.stop() == 0
        assert len(server.asked("/a")) == 1


def test_a_broken_file_keeps_the_old_configuration_and_is_said(folder: Folder) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        with running(folder) as service:
            service.wait_for("published")
            (folder.path / "feeds.yaml").write_text("feeds: [")
            service.send(signal.SIGHUP)
            service.wait_for("the new configuration is not used")
            assert service.get("/feed.atom")[0] == 200
            folder.configure([server.url("/a"), server.url("/b")])
            service.send(signal.SIGHUP)
            service.wait_for("/b ok 3 new")
            assert service.stop() == 0


def test_signals_for_nothing_else_do_no_harm(folder: Folder) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        with running(folder) as service:
            service.wait_for("published")
            service.send(signal.SIGUSR1)
            service.wait_for("no problems")
            for _ in range(5):
                service.send(signal.SIGHUP)
            service.wait_for("reloading")
            assert service.get("/healthz")[0] == 200
            assert service.stop() == 0


def test_a_poll_under_way_ends_under_the_old_configuration(folder: Folder) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(request: Request) -> Reply:
        asked.set()
        go_on.wait()
        return Feed(rss(*numbered(range(20, 23), "https://slow.example")))(request)

    with serve({**FEEDS, "/slow": slow}) as server:
        folder.configure([server.url("/slow")])
        with running(folder) as service:
            asked.wait()
            folder.configure([server.url("/a")])
            service.send(signal.SIGHUP)
            service.wait_for("reloading")
            go_on.set()
            service.wait_for("/slow ok 3 new")
            service.wait_for("/a ok 3 new")
            assert service.stop() == 0


def test_a_second_service_on_one_store_is_refused(folder: Folder) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        with running(folder) as service:
            service.wait_for("published")
            answer = folder.run_process("run", "--no-web")
            assert answer.code == 1
            assert f"process {service.process.pid}" in answer.err
            assert "stop it first" in answer.err
            assert folder.run("poll").code == 0
            assert service.stop() == 0


def test_a_poll_by_a_newer_configuration_is_not_mixed_with_the_service(folder: Folder) -> None:
    """A story that the new filters block is not published by a service that has not heard of them yet."""
    bodies = {
        "/a": rss(*numbered(range(3), "https://a.example")),
        "/b": rss(("Advert: buy", "https://b.example")),
    }
    routes = {path: Feed(body) for path, body in bodies.items()}
    asked, go_on = threading.Event(), threading.Event()

    def slow(request: Request) -> Reply:
        asked.set()
        go_on.wait()
        return routes["/b"](request)

    with serve({"/a": routes["/a"], "/b": slow}) as server:
        folder.configure([server.url("/a"), server.url("/b")])
        with running(folder) as service:
            service.wait_for("/a ok 3 new")
            asked.wait()
            folder.configure([server.url("/a"), server.url("/b")], "filters: {block: [advert]}\n")
            assert folder.run("poll").code == 0
            go_on.set()
            service.wait_for("reloading")
            assert service.stop() == 0
        assert b"Advert" not in folder.published().get("feed.atom", b"")
        assert folder.run("poll", "--all").code == 0
        assert b"Advert" not in folder.published()["feed.atom"]


def test_commands_that_read_change_nothing_under_a_running_service(folder: Folder) -> None:
    with serve(FEEDS) as server:
        folder.configure([server.url("/a")])
        assert folder.run("poll").code == 0
        before = sql(folder.path / "data/aggregator.db", "SELECT * FROM meta")
        more = "filters: {block: [headline]}\n"
        folder.configure([server.url("/a"), server.url("/b")], more)
        for command in (["feeds"], ["why", "a"], ["latest"], ["digest"], ["dedupe"], ["filter", "--preview"]):
            answer = folder.run(*command)
            assert answer.code == 0, answer.err
        assert "/b" in folder.run("feeds", "--json").out
        assert [tuple(row) for row in sql(folder.path / "data/aggregator.db", "SELECT * FROM meta")] == [
            tuple(row) for row in before
        ]
        assert len(sql(folder.path / "data/aggregator.db", "SELECT * FROM feeds")) == 1


def test_included_lists_are_fetched_and_followed(folder: Folder) -> None:
    with serve(FEEDS) as server:
        opml = f"<opml><body><outline xmlUrl='{server.url('/a')}'/></body></opml>"
        server.routes["/list"] = Feed(opml.encode(), "text/x-opml")
        (folder.path / "members.yaml").write_text("feeds: []\n")
        folder.configure([], f"include: [members.yaml, '{server.url('/list')}']\n")
        with running(folder) as service:
            service.wait_for("reloading: 1 feeds")
            service.wait_for("/a ok 3 new")
            (folder.path / "members.yaml").write_text(f"feeds: ['{server.url('/b')}']\n")
            service.send(signal.SIGHUP)
            service.wait_for("/b ok 3 new")
            assert service.stop() == 0
