"""What is told of polling: why and when, what a force overrides, what has moved; and that no secret is told."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, Reply, serve


def test_why_tells_how_it_was_decided(folder: Folder) -> None:
    feed = Feed(rss(*numbered([1]), title="Harbour Post"), headers=(("Cache-Control", "max-age=14400"),))
    with serve({"/feed": feed}) as server:
        folder.configure([server.url("/feed")])
        before = folder.run("why", "Harbour")
        folder.run("poll")
        told = folder.run("why", "Harbour")
        as_json = folder.run("why", server.url("/feed"), "--json").json
    assert before.code == 2  # it has no name yet
    assert told.code == 0, told.err
    assert "Harbour Post" in told.out
    assert "Status: ok. Last poll " in told.out
    assert "ago, next in " in told.out
    assert "  - every 1 h: a new feed, for its first 3 days" in told.out
    assert "  - every 4 h: the server's cache lifetime" in told.out
    assert "1 new; every 4 h" in told.out
    (found,) = as_json
    assert found["next_steps"][1] == "every 4 h: the server's cache lifetime"
    assert found["history"][0]["words"] == "1 new"
    assert found["next_reason"] == "every 4 h: the server's cache lifetime"


def test_why_tells_of_trouble(folder: Folder) -> None:
    with serve({"/feed": Reply(404)}) as server:
        folder.configure([server.url("/feed")])
        folder.run("poll")
        told = folder.run("why", server.url("/feed"))
        listed = folder.run("feeds", "-v")
    assert "Status: failing since" in told.out
    assert "404 Not Found" in " ".join(told.out.split())
    assert "failed once: again in 1 h" in told.out
    assert "failing for" in listed.out


def test_why_finds_a_feed_by_name_else_by_a_part_of_either(folder: Folder) -> None:
    with serve(dict.fromkeys(("/one", "/two", "/three"), Feed(rss(*numbered([1]))))) as server:
        folder.configure([])
        lines = [f"  - {{url: '{server.url('/' + path)}', name: {name}}}\n" for path, name in FOUND]
        path = folder.path / "feeds.yaml"
        path.write_text(path.read_text() + "".join(lines))
        folder.run("poll")
    for wanted, names in (
        ("person 1", ["Person 1"]),  # and not Person 11
        ("person", ["Person 1", "Person 11"]),
        ("two", ["Two of one"]),  # a name goes before an address
        ("/three", ["Person 11"]),
    ):
        assert [row["name"] for row in folder.run("why", wanted, "--json").json] == names


FOUND = (("one", "Person 1"), ("two", "Two of one"), ("three", "Person 11"))


def test_why_counts_the_redirects_that_may_be_a_move(folder: Folder) -> None:
    with serve({"/new": Feed(rss(*numbered([1])))}) as server:
        server.routes["/old"] = Reply(301, headers=(("Location", server.url("/new")),))
        folder.configure([server.url("/old")])
        folder.run("poll")
        told = " ".join(folder.run("why", server.url("/old")).out.split())
    assert f"It may have moved to {server.url('/new')}: 1 permanent redirect since" in told


def test_why_knows_only_what_is_subscribed(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"])
    answer = folder.run("why", "nobody")
    assert (answer.code, answer.out) == (2, "")
    assert "no feed is called 'nobody'" in answer.err


def test_a_gone_feed_is_revived_by_name(folder: Folder) -> None:
    with serve({"/feed": Reply(410)}) as server:
        folder.configure([server.url("/feed")])
        folder.run("poll")
        with sqlite3.connect(folder.path / "data/aggregator.db") as db:
            db.execute("UPDATE feeds SET next_poll = '2020-01-01T00:00:00Z'")
        db.close()
        folder.run("poll")
        assert "0 feeds polled" in folder.run("poll", "--all").out
        assert "`aggregator feeds enable`" in " ".join(folder.run("why", server.url("/feed")).out.split())
        server.routes["/feed"] = Feed(rss(*numbered([1])))
        enabled = folder.run("feeds", "--enable", server.url("/feed"), "-v")
        assert "enabled by hand" in enabled.out
        assert "1 new story" in folder.run("poll").out
    assert folder.run("feeds", "--enable", "nobody").code == 2


@pytest.mark.parametrize("arguments", [("--all",), ("127.0.0.1",)])
def test_a_forced_poll_says_what_it_overrides(folder: Folder, arguments: tuple[str, ...]) -> None:
    feed = Feed(rss(*numbered([1]), title="127.0.0.1"), headers=(("Cache-Control", "max-age=14400"),))
    with serve({"/feed": feed}) as server:
        folder.configure([server.url("/feed")])
        assert "polled early" not in folder.run("poll").out
        told = folder.run("poll", *arguments).out
        as_json = folder.run("poll", *arguments, "--json").json
    assert "polled early; was: every 4 h: the server's cache lifetime" in told
    assert "1 feed polled early." in told
    assert as_json["feeds"][0]["overrides"] == "every 4 h: the server's cache lifetime"


def test_a_round_of_named_feeds_says_nothing_of_the_others(folder: Folder) -> None:
    with serve({"/one": Feed(rss(*numbered([1]))), "/two": Feed(rss(*numbered([2])))}) as server:
        folder.configure([server.url("/one"), server.url("/two")])
        assert "not due yet" not in folder.run("poll", server.url("/one")).out  # the other one is due
        assert "1 feed not due yet." in folder.run("poll").out
        assert "not due yet" not in folder.run("poll", "--all").out


def test_a_round_without_feeds_says_what_a_change_of_the_configuration_has_written(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1])))}) as server:
        folder.configure([server.url("/feed")])
        folder.run("poll")
        assert "Written to" not in folder.run("poll").out
        folder.configure([server.url("/feed")], "title: Another\n")
        told = folder.run("poll").out
    assert "No feed of 1 is due." in told
    assert "Written to" in told


def test_check_prints_the_edit_that_a_move_asks_for(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1])))}) as server:
        folder.configure([server.url("/feed")])
        assert "moved" not in folder.run("check").out
        folder.run("poll")
        with sqlite3.connect(folder.path / "data/aggregator.db") as db:
            db.execute("UPDATE feeds SET effective_url = 'https://example.org/new'")
        db.close()
        told = folder.run("check")
    assert told.code == 0
    assert (
        f"feeds.yaml:4: warning: {server.url('/feed')} has moved permanently; write https://example.org/new"
        in told.out
    )
    assert "Moved permanently" in folder.run("why", server.url("/feed")).out


def test_check_names_secrets_that_are_not_to_be_had(folder: Folder) -> None:
    text = "feeds:\n- url: https://example.org/feed\n  auth: bearer ${AGGREGATOR_TEST_TOKEN}\n"
    (folder.path / "feeds.yaml").write_text(text)
    told = folder.run("check")
    assert told.code == 0
    assert "feeds.yaml:2: warning: auth in feeds.yaml needs ${AGGREGATOR_TEST_TOKEN}" in told.out
    assert "asks for" not in folder.run("check", env={"AGGREGATOR_TEST_TOKEN": "x"}).out


def test_no_secret_is_told_or_stored(folder: Folder) -> None:
    (folder.path / "key").write_text("k3y-s3cret\n")
    environment = {"AGGREGATOR_TEST_TOKEN": "t0k3n-s3cret"}
    with serve({"/good": Feed(rss(*numbered([1]))), "/bad": Reply(403)}) as server:
        lines = "".join(
            f"- url: {server.url(path)}\n  auth: bearer ${{AGGREGATOR_TEST_TOKEN}}\n"
            "  headers: {X-Key: 'file:key', X-Plain: pl4in-s3cret}\n"
            for path in ("/good", "/bad")
        )
        (folder.path / "feeds.yaml").write_text(f"allow_addresses: [127.0.0.0/8]\nfeeds:\n{lines}")
        answers = [
            folder.run(*command, env=environment)
            for command in (
                ("poll", "-vv"),
                ("poll", "--all", "--json"),
                ("feeds", "--json"),
                ("why", "127.0.0.1", "--json"),
                ("check",),
                ("latest", "--json"),
            )
        ]
    assert [request.header("Authorization") for request in server.requests] == ["Bearer t0k3n-s3cret"] * 4
    assert {request.header("X-Key") for request in server.requests} == {"k3y-s3cret"}
    assert "s3cret" not in "".join(answer.out + answer.err for answer in answers)
    for file in (folder.path / "data").rglob("*"):
        assert file.is_dir() or b"s3cret" not in file.read_bytes(), file


def test_next_polls_are_told_for_scripts(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1])))}) as server:
        folder.configure([server.url("/feed")])
        folder.run("poll")
        (feed,) = folder.run("feeds", "--json").json
    due = datetime.fromisoformat(feed["next_poll"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < due < timedelta(minutes=67)
    assert feed["next_reason"] == "every 1 h: a new feed, for its first 3 days"
    assert feed["failing_since"] is None
