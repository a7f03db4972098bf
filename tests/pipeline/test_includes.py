"""`include:` takes subscriptions from files and URLs, keeps the last good copy, and follows each feed once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.app import App, load_config
from aggregator.errors import ConfigError
from aggregator.pipeline.includes import include_findings, watched_files
from aggregator.pipeline.list_copies import copy_path
from support.server import Feed, Reply, Server, serve

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPML = b"""<opml><body><outline text="Tech"><outline text="A" xmlUrl="https://a.example/feed"/>
<outline text="B" xmlUrl="https://b.example/feed"/></outline>
<outline xmlUrl="ftp://c.example/"/>
</body></opml>"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serve({"/list": Feed(OPML, "text/x-opml")}) as server:
        yield server


def write(folder: Path, include: str, feeds: str = "[https://own.example/]") -> Path:
    file = folder / "feeds.yaml"
    text = "allow_addresses: [127.0.0.0/8]\npolling: {host_gap: 0s}\n"
    file.write_text(f"{text}include: {include}\nfeeds: {feeds}\n")
    return file


def refresh(file: Path, now: datetime) -> bool:
    return App(load_config(file), lambda: now).refresh_includes()


def urls(file: Path) -> list[str]:
    return [sub.url for sub in load_config(file).feeds]


def test_opml_and_yaml_files_come_behind_the_own_feeds(tmp_path: Path) -> None:
    (tmp_path / "a.opml").write_bytes(OPML)
    (tmp_path / "b.yaml").write_text(
        "feeds:\n  - http://www.a.example/feed/\n  - {url: https://d.example/, every: 2h, priority: 3}\n"
    )
    file = write(tmp_path, "[{from: a.opml, tags: [blogs]}, b.yaml]", "[https://b.example/feed]")
    config = load_config(file)
    assert [(sub.url, sub.tags) for sub in config.feeds] == [
        ("https://b.example/feed", ()),  # what feeds.yaml says of it counts
        ("https://a.example/feed", ("Tech", "blogs")),
        ("https://d.example/", ()),
    ]
    assert config.feeds[2].every == timedelta(hours=2)
    found = [(Path(f.file or "").name, f.line, f.message) for f in include_findings(config)]
    assert ("a.opml", 3, "ftp://c.example/: `ftp://c.example/` is not an http(s) URL") in found
    assert ("a.opml", 2, "`https://b.example/feed` is followed already, by feeds.yaml on line 4") in found
    assert any(name == "b.yaml" and line == 2 and "a.opml" in text for name, line, text in found)
    assert len(found) == 3
    assert watched_files(config) == (file, tmp_path / "a.opml", tmp_path / "b.yaml")


BROKEN = {
    "missing": (None, 0, "cannot be read"),
    "a typing error": (b"feeds:\n  - url: https://a.example/\n    nmae: A\n", 3, "is not a known key"),
    "a setting": (b"feeds: [https://a.example/]\ntitle: Mine\n", 2, "does not count in an included list"),
    "twice": (b"- https://a.example/\n- http://a.example\n", 2, "is the same feed as on line 1"),
    "no URL": (b"- example.org/feed\n", 1, "does not start with https://"),
    "not YAML": (b"a: b: c\n", 1, "unexpected"),
}


@pytest.mark.parametrize(("content", "line", "words"), BROKEN.values(), ids=BROKEN)
def test_errors_of_a_file_have_its_lines(
    tmp_path: Path, content: bytes | None, line: int, words: str
) -> None:
    if content is not None:
        (tmp_path / "m.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, "[m.yaml]"))
    issue = caught.value.issues[0]
    assert (Path(issue.file).name, issue.line) == ("m.yaml", line)
    assert words in issue.problem


def test_a_url_is_asked_when_it_is_due_and_conditionally(tmp_path: Path, server: Server) -> None:
    file = write(tmp_path, f"[{{from: '{server.url('/list')}', every: 2h}}]")
    assert urls(file) == ["https://own.example/"]
    assert "was not fetched yet" in next(include_findings(load_config(file))).message
    assert refresh(file, NOW)
    assert urls(file) == ["https://own.example/", "https://a.example/feed", "https://b.example/feed"]
    assert not refresh(file, NOW + timedelta(hours=1))
    assert len(server.requests) == 1
    assert not refresh(file, NOW + timedelta(hours=2))
    assert len(server.requests) == 2
    assert server.requests[1].header("If-None-Match")
    assert refresh(file, NOW + timedelta(hours=4)) is False
    server.routes["/list"] = Feed(OPML.replace(b"b.example", b"e.example"), "text/x-opml")
    assert refresh(file, NOW + timedelta(hours=6))
    assert urls(file)[-1] == "https://e.example/feed"


FAILURES = {
    "an error": Reply(500),
    "a page": Feed(b"<html>Sorry</html>", "text/html"),
    "no feeds": Feed(b"<opml><body></body></opml>", "text/x-opml"),
    "a bad line": Feed(b"feeds:\n  - nonsense\n", "text/yaml"),
    "our secrets": Feed(
        b"feeds:\n  - {url: 'https://e.example/', auth: 'bearer ${HOME}'}\n", "application/yaml"
    ),
}


@pytest.mark.parametrize("reply", FAILURES.values(), ids=FAILURES)
def test_a_failure_keeps_the_last_good_copy(tmp_path: Path, server: Server, reply: Feed | Reply) -> None:
    file = write(tmp_path, f"['{server.url('/list')}']", "[]")
    assert refresh(file, NOW)
    server.routes["/list"] = reply
    later = NOW + timedelta(hours=7)
    assert not refresh(file, later)
    assert urls(file) == ["https://a.example/feed", "https://b.example/feed"]
    assert any("the copy of 2026-11-20" in found.message for found in include_findings(load_config(file)))
    asked = len(server.requests)
    refresh(file, later + timedelta(minutes=30))  # it is left alone for an hour
    assert len(server.requests) == asked
    server.routes["/list"] = Feed(OPML + b" ", "text/x-opml")
    assert refresh(file, later + timedelta(hours=1))


def test_the_servers_wishes_count(tmp_path: Path, server: Server) -> None:
    file = write(tmp_path, f"['{server.url('/list')}']")
    server.routes["/list"] = Reply(503, headers=(("Retry-After", "36000"),))
    refresh(file, NOW)
    refresh(file, NOW + timedelta(hours=9))
    assert len(server.requests) == 1
    refresh(file, NOW + timedelta(hours=10))
    assert len(server.requests) == 2


def test_the_copy_of_a_list_that_is_no_longer_included_goes(tmp_path: Path, server: Server) -> None:
    first, other = server.url("/list"), server.url("/other")
    server.routes["/other"] = Feed(OPML, "text/x-opml")
    refresh(write(tmp_path, f"['{first}']"), NOW)
    data = tmp_path / "data"
    assert copy_path(data, first).exists()
    refresh(write(tmp_path, f"['{other}']"), NOW)
    assert [path.name for path in (data / "includes").iterdir()] == [copy_path(data, other).name]
