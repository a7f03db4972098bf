"""`aggregator digest`: what was published of late, each story once where that is asked for."""

from __future__ import annotations

from email import message_from_string, policy
from pathlib import Path

import pytest

from support.command import Folder
from support.feeds import numbered, rss, today
from support.server import Feed, serve


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("followed"))
    with serve({"/feed": Feed(rss(*numbered([1]), date=today()))}) as server:
        folder.configure([server.url("/feed")])
        assert folder.run("poll").code == 0
    return folder


@pytest.fixture
def followed(polled: Folder, tmp_path: Path) -> Folder:
    """A folder where a feed with one item has been polled."""
    return polled.copy(tmp_path)


def titles(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("Headline")]


def test_text_is_printed_by_default(followed: Folder) -> None:
    answer = followed.run("digest")
    assert (answer.code, answer.err) == (0, "")
    assert titles(answer.out) == ["Headline number 1 of many"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("text", "Headline number 1 of many\n("),
        ("markdown", "### [Headline number 1 of many](<https://feed.example/1>)"),
        ("html", '<a href="https://feed.example/1">Headline number 1 of many</a>'),
        ("eml", "Subject: News Feed: 1 story\n"),
    ],
)
def test_each_form(followed: Folder, form: str, words: str) -> None:
    assert words in followed.run("digest", "--format", form).out


def test_since_last_prints_each_story_once(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1, 2]), date=today()))}) as server:
        folder.configure([server.url("/feed")])
        folder.run("poll")
        assert len(titles(folder.run("digest", "--since", "last").out)) == 2
        again = folder.run("digest", "--since", "last")
        assert (again.code, again.out) == (0, "")
        assert "Nothing new" in again.err
        assert folder.run("-q", "digest", "--since", "last").err == ""
        server.routes["/feed"] = Feed(rss(*numbered([3, 2]), date=today()))
        folder.run("poll", "--all")
        assert titles(folder.run("digest", "--since", "last").out) == ["Headline number 3 of many"]
        assert len(titles(folder.run("digest", "--since", "1d").out)) == 3


def test_the_first_day_shows_no_more_than_a_day(folder: Folder) -> None:
    routes = {"/old": Feed(rss(*numbered([1, 2]))), "/new": Feed(rss(*numbered([3]), date=today()))}
    with serve(routes) as server:
        folder.configure([server.url("/old"), server.url("/new")])
        folder.run("poll")
    assert titles(folder.run("digest").out) == ["Headline number 3 of many"]
    assert len(titles(folder.run("digest", "--since", "1d").out)) == 3


def test_what_could_not_be_written_was_not_read(followed: Folder) -> None:
    assert followed.run("digest", "--since", "last", "--format", "eml", "--to", "nobody").code == 1
    assert len(titles(followed.run("digest", "--since", "last").out)) == 1


def test_a_message_for_sendmail(followed: Folder) -> None:
    answer = followed.run("digest", "--format", "eml", "--to", "me@example.org", "--from", "you@example.org")
    read = message_from_string(answer.out, policy=policy.default)
    assert (read["To"], read["From"]) == ("me@example.org", "News Feed <you@example.org>")
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_before_the_first_poll(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"])
    answer = folder.run("digest", "--since", "last")
    assert (answer.code, answer.out) == (0, "")
    assert "aggregator poll" in answer.err


def test_templates_of_ones_own_count(folder: Folder) -> None:
    (folder.path / "mine").mkdir()
    (folder.path / "mine" / "mail.html").write_text("{{ stories }} stories, mine")
    with serve({"/feed": Feed(rss(*numbered([1]), date=today()))}) as server:
        folder.configure([server.url("/feed")], "templates: mine\n")
        folder.run("poll")
    assert folder.run("digest", "--format", "html").out == "1 stories, mine"
    (folder.path / "mine" / "mail.html").write_text("\n{{ nonsense }}")
    answer = folder.run("digest", "--format", "html")
    assert answer.code == 1
    assert "mail.html, line 2: 'nonsense' is undefined" in answer.err
    assert "Traceback" not in answer.err
