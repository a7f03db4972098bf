"""A changed feeds.yaml, SIGHUP and SIGUSR1: the service goes on, under the new configuration or the old one."""

from __future__ import annotations

import json
import signal
import threading
import time

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.notified import manager
from support.running import Running, running, until
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
            until(lambda: service.get("/feed.atom")[2].count(b"<entry>") == 6)
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
            service.wait_for("reloading: 1 feed")
            service.wait_for("/a ok 3 new")
            (folder.path / "members.yaml").write_text(f"feeds: ['{server.url('/b')}']\n")
            service.send(signal.SIGHUP)
            service.wait_for("/b ok 3 new")
            assert service.stop() == 0


def change(folder: Folder, service: Running, feed: str, more: str = "") -> None:
    """Writes another feeds.yaml with one feed, and has it read."""
    head = "allow_addresses: [127.0.0.0/8]\npolling: {host_gap: 0s, timeout: 60s}\n"
    (folder.path / "feeds.yaml").write_text(f"{head}{more}feeds:\n  - {feed}\n")
    service.send(signal.SIGHUP)
    service.wait_for("reloading: 1 feed")


def test_what_changes_the_outputs_is_followed_at_once(folder: Folder) -> None:
    templates = folder.path / "mine"
    templates.mkdir()
    (templates / "theme.css").write_text(".first{}")
    with serve(FEEDS) as server:
        url = server.url("/a")
        folder.configure([url])
        with running(folder) as service:
            service.wait_for("published")
            change(folder, service, url, "title: Another title\n")
            until(lambda: b"<title>Another title</title>" in service.get("/feed.atom")[2])
            change(folder, service, f"{{url: '{url}', tags: [harbour]}}")
            until(lambda: service.get("/tags/harbour.atom")[0] == 200)
            change(folder, service, url, "templates: mine\n")
            until(lambda: b".first{}" in service.get("/")[2])
            (templates / "theme.css").write_text(".second{}")
            change(folder, service, url, "templates: mine\n")
            until(lambda: b".second{}" in service.get("/")[2])
            change(folder, service, url, "filters: {block: ['number 1 ']}\n")
            until(lambda: service.get("/feed.atom")[2].count(b"<entry>") == 2)
            assert service.stop() == 0


def test_a_password_is_followed_and_what_takes_a_restart_is_said(folder: Folder) -> None:
    with serve(FEEDS) as server:
        url = server.url("/a")
        folder.configure([url])
        with running(folder) as service:
            service.wait_for("published")
            change(folder, service, url, "web: {auth: bearer open-sesame}\n")
            assert service.get("/feed.atom")[0] == 401
            assert service.get("/feed.atom", {"Authorization": "Bearer open-sesame"})[0] == 200
            change(
                folder,
                service,
                url,
                "health: {metrics: '127.0.0.1:1'}\nweb: {trusted_proxies: [127.0.0.1]}\n",
            )
            service.wait_for("health.metrics has changed, which takes a restart")
            service.wait_for("web.trusted_proxies has changed, which takes a restart")
            folder.configure([url], "store: 'postgresql://news:hush@127.0.0.1:1/news'\n")
            service.send(signal.SIGHUP)
            assert "hush" not in service.wait_for("`store` has changed: restart the service")
            assert service.get("/feed.atom")[0] == 200
            assert service.stop() == 0


def test_files_that_are_removed_change_nothing_and_are_said(folder: Folder) -> None:
    with serve(FEEDS) as server:
        members = folder.path / "members.yaml"
        members.write_text(f"feeds: ['{server.url('/b')}']\n")
        folder.configure([server.url("/a")], "include: [members.yaml]\n")
        with running(folder) as service:
            until(lambda: service.get("/feed.atom")[2].count(b"<entry>") == 6)
            for file in (members, folder.path / "feeds.yaml"):
                text = file.read_text()
                file.unlink()
                service.send(signal.SIGHUP)
                assert file.name in service.wait_for("the new configuration is not used")
                assert service.get("/feed.atom")[2].count(b"<entry>") == 6
                said = json.loads(service.get("/health.json")[2])
                assert [each["what"] for each in said["problems"]] == ["configuration"]
                assert service.get("/healthz")[0] == 200  # readers get their news
                file.write_text(text)
                service.send(signal.SIGHUP)
                service.wait_for("resolved: configuration")
            assert service.stop() == 0


@pytest.mark.parametrize("role", ["all", "poller", "publisher", "web"])
def test_a_manager_is_told_of_start_reload_and_stop(folder: Folder, role: str) -> None:
    with serve(FEEDS) as server, manager() as told:
        folder.configure([server.url("/a")])
        environment = {"NOTIFY_SOCKET": told.path, "WATCHDOG_USEC": "2000000"}
        with running(folder, "--role", role, environment=environment) as service:
            status = "STATUS=serving" if role == "web" else "STATUS=1 feed"
            assert status in told.wait_for("READY=1").split("\n")
            told.wait_for("WATCHDOG=1")
            for text in ("title: Other\n", "nonsense: [\n", ""):  # changed, broken, as before
                folder.configure([server.url("/a")], text)
                before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                service.send(signal.SIGHUP)
                assignments = dict(line.split("=", 1) for line in told.wait_for("RELOADING=1").split("\n"))
                assert before <= int(assignments["MONOTONIC_USEC"]) <= time.clock_gettime_ns(1) // 1000
                told.wait_for("READY=1")
            assert service.stop() == 0
            told.wait_for("STOPPING=1")
