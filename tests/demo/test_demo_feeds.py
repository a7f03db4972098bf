"""The demo's feeds are what their labels say, look fresh, and are served as politely as we ask."""

from __future__ import annotations

import gzip
import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator import config
from aggregator.demo import BROKEN, FEEDS, DemoFeed, configuration, serve
from aggregator.demo.catalogue import MISSING, PAGE
from aggregator.demo.placeholders import fill
from aggregator.errors import ParseError
from aggregator.models import ReadFeed
from aggregator.parse import parse
from aggregator.pipeline.read import read

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "aggregator" / "demo" / "feeds"

# What each feed must be: its format, how its first bytes look, how many entries it has.
CONTENTS = {
    "harbour-post.rss": ("rss20", b'<?xml version="1.0" encoding="UTF-8"?>', 10),
    "orchard-weekly.rss": ("rss20", b'<?xml version="1.0" encoding="windows-1252"?>', 8),
    "gazette-vieux-port.rss": ("rss091u", b'<?xml version="1.0" encoding="ISO-8859-1"?>', 6),
    "tidewater-wire.rss": ("rss092", b'<?xml version="1.0" encoding="UTF-8"?>', 9),
    "slow-train-hour.rss": ("rss20", b'<?xml version="1.0" encoding="UTF-8"?>', 5),
    "lamproom.atom": ("atom03", b'<?xml version="1.0" encoding="UTF-8"?>', 5),
    "workbench-journal.atom": ("atom10", b'<?xml version="1.0" encoding="UTF-8"?>', 7),
    "kettle-and-code.json": ("json11", b"{", 7),
    "pebbles.json": ("json10", b"{", 8),
    "planet-waterside.rdf": ("rss10", b'<?xml version="1.0" encoding="UTF-8"?>', 8),
    "hinode.atom": ("atom10", b'<?xml version="1.0" encoding="Shift_JIS"?>', 6),
    "nakhla.rss": ("rss20", '<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16"), 6),
}

each_feed = pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.file)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serve(NOW) as address:
        yield address


def ask(base: str, path: str, method: str = "GET", **headers: str) -> tuple[int, Message, bytes]:
    """Status, headers and body; `if_none_match` is the header If-None-Match."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=names)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def read_feed(base: str, feed: DemoFeed) -> ReadFeed:
    _, headers, body = ask(base, feed.path)
    found = read(body, headers["Content-Type"], base + feed.file, NOW)
    assert isinstance(found, ReadFeed)
    return found


# ---------------------------------------------------------------- contents


def test_a_dozen_feeds_and_two_that_are_broken() -> None:
    assert [feed.file for feed in FEEDS] == list(CONTENTS)
    assert BROKEN == (PAGE, MISSING)
    assert {path.name for path in FOLDER.iterdir()} == {feed.file for feed in (*FEEDS, PAGE)}


@each_feed
def test_a_feed_is_what_its_label_says(base: str, feed: DemoFeed) -> None:
    status, headers, body = ask(base, feed.path)
    form, beginning, entries = CONTENTS[feed.file]
    assert status == 200
    assert headers["Content-Type"] == feed.media_type
    assert int(headers["Content-Length"]) == len(body)
    assert body.startswith(beginning)
    found = parse(body, feed.media_type, base + feed.file)
    assert (found.format, len(found.entries)) == (form, entries)
    assert found.title is not None
    assert found.title.value == feed.name
    assert bool(found.problem) == (feed.file == "tidewater-wire.rss")


@each_feed
def test_an_entry_is_kept_whole(base: str, feed: DemoFeed) -> None:
    found = read_feed(base, feed)
    assert not found.skipped
    for entry in found.entries:
        assert entry.link is not None
        assert urlsplit(entry.link).hostname is not None
        assert str(urlsplit(entry.link).hostname).endswith(".example")
        assert entry.summary or entry.content
        assert "\ufffd" not in entry.title + entry.content
        assert "{{" not in repr(entry)


@each_feed
def test_dates_are_of_the_last_four_days(base: str, feed: DemoFeed) -> None:
    entries = read_feed(base, feed).entries
    assert all(NOW - timedelta(days=4) < entry.published <= NOW for entry in entries)
    undated = [entry for entry in entries if entry.date_reason == "first seen"]
    assert len(undated) == (feed.file == "gazette-vieux-port.rss")
    dated = [entry.published for entry in entries if entry not in undated]
    assert dated == sorted(dated, reverse=True)


def test_feeds_carry_each_others_stories(base: str) -> None:
    links: dict[str, set[str]] = {}
    titles: dict[str, set[str]] = {}
    for feed in FEEDS:
        name = feed.file.partition(".")[0]
        for entry in read_feed(base, feed).entries:
            links.setdefault(entry.link_key or "", set()).add(name)
            if entry.title_strength == "strong" and name != "planet-waterside":
                titles.setdefault(entry.title_key or "", set()).add(name)
    relayed = {
        "workbench-journal.example/notes/plane-iron": "workbench-journal",
        "workbench-journal.example/notes/hide-glue": "workbench-journal",
        "workbench-journal.example/notes/stool": "workbench-journal",
        "lamproom.example/log/fog-signal": "lamproom",
        "lamproom.example/log/soup": "lamproom",
        "kettle-and-code.example/teapot": "kettle-and-code",
        "kettle-and-code.example/links": "kettle-and-code",
    }
    assert {key: names for key, names in links.items() if len(names) > 1} == {
        "harbour-post.example/news/swing-bridge": {"harbour-post", "orchard-weekly"},
        "harbour-post.example/news/tide-mill": {"harbour-post", "orchard-weekly", "gazette-vieux-port"},
        "tidewater-wire.example/item/2231": {"tidewater-wire", "hinode", "nakhla"},
        **{key: {name, "planet-waterside"} for key, name in relayed.items()},
    }
    assert {key: names for key, names in titles.items() if len(names) > 1} == {
        "old swing bridge reopens to walkers after nine years of repairs": {
            "harbour-post",
            "orchard-weekly",
            "tidewater-wire",
        },
        "ferry to heron island sails again after two days in harbour": {"harbour-post", "tidewater-wire"},
        "plum and pear harvest begins two weeks early in the valley": {"orchard-weekly", "tidewater-wire"},
    }


def test_the_page_is_no_feed(base: str) -> None:
    status, headers, body = ask(base, PAGE.path)
    assert status == 200
    assert headers["Content-Type"] == PAGE.media_type
    with pytest.raises(ParseError, match="an HTML page, not a feed"):
        parse(body, PAGE.media_type, base + PAGE.file)


# ---------------------------------------------------------------- placeholders


@pytest.mark.parametrize(
    ("placeholder", "filled"),
    [
        ("{{rfc822 -2h}}", "Mon, 02 Mar 2026 10:00:00 +0000"),
        ("{{rfc822 -1d30m +0200}}", "Sun, 01 Mar 2026 13:30:00 +0200"),
        ("{{iso -45m}}", "2026-03-02T11:15:00+00:00"),
        ("{{iso -3d2h05m +09:00}}", "2026-02-27T18:55:00+09:00"),
        ("{{encoding}}", "Shift_JIS"),
        ("a { b } c", "a { b } c"),
    ],
)
def test_a_placeholder_is_filled_in(placeholder: str, filled: str) -> None:
    assert fill(placeholder, NOW, "Shift_JIS") == filled


@pytest.mark.parametrize("placeholder", ["{{iso 2h}}", "{{date -2h}}", "{{iso -2h UTC}}", "{{}}"])
def test_a_placeholder_that_nobody_knows_is_an_error(placeholder: str) -> None:
    with pytest.raises(ValueError, match="unknown placeholder"):
        fill(placeholder, NOW, "UTF-8")


def test_the_same_moment_gives_the_same_feeds(base: str) -> None:
    with serve(NOW) as same, serve(NOW + timedelta(hours=1)) as later:
        for feed in FEEDS:
            first, again, after = (ask(address, feed.path) for address in (base, same, later))
            assert first[2] == again[2] != after[2]
            assert first[1]["ETag"] == again[1]["ETag"] != after[1]["ETag"]


# ---------------------------------------------------------------- manners


@each_feed
def test_a_feed_that_is_known_is_not_sent_again(base: str, feed: DemoFeed) -> None:
    _, headers, _ = ask(base, feed.path)
    etag, modified = headers["ETag"], headers["Last-Modified"]
    assert modified == format_datetime(NOW, usegmt=True)
    for conditions in (
        {"If_None_Match": etag},
        {"If_None_Match": f'"other", W/{etag}'},
        {"If_None_Match": "*"},
    ):
        status, headers, body = ask(base, feed.path, **conditions)
        assert (status, body) == (304, b"")
        assert (headers["ETag"], headers["Last-Modified"]) == (etag, modified)
    assert ask(base, feed.path, If_Modified_Since=modified)[0] == 304
    assert ask(base, feed.path, If_None_Match='"other"')[0] == 200
    assert ask(base, feed.path, If_None_Match='"other"', If_Modified_Since=modified)[0] == 200


@each_feed
def test_a_feed_is_packed_for_those_who_accept_it(base: str, feed: DemoFeed) -> None:
    _, plain_headers, plain = ask(base, feed.path)
    _, headers, packed = ask(base, feed.path, Accept_Encoding="br, gzip;q=0.8")
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Vary"] == plain_headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain)
    assert headers["ETag"] != plain_headers["ETag"]
    assert ask(base, feed.path, Accept_Encoding="gzip", If_None_Match=headers["ETag"])[0] == 304
    assert ask(base, feed.path, Accept_Encoding="gzip", If_None_Match=plain_headers["ETag"])[0] == 200
    assert "Content-Encoding" not in ask(base, feed.path, Accept_Encoding="br, gzip;q=0")[1]


def test_what_is_not_there_is_404(base: str) -> None:
    for path in (MISSING.path, "/", "/feeds/harbour-post.rss", "/../__init__.py"):
        status, headers, body = ask(base, path)
        assert status == 404
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert body


def test_other_methods(base: str) -> None:
    status, headers, body = ask(base, "/harbour-post.rss", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000
    assert ask(base, "/harbour-post.rss", "POST")[0] == 501


def test_it_ends_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with serve(NOW) as address:
        place = urlsplit(address)
        assert place.hostname == "127.0.0.1"
        assert place.port
        silent = socket.create_connection((place.hostname, place.port), timeout=60)
        rude = socket.create_connection((place.hostname, place.port), timeout=60)
        rude.sendall(b"GET /harbour-post.rss HTTP/1.0\r\n\r\n")
        rude.close()
        ask(address, "/harbour-post.rss")
        ask(address, "/nowhere")
    silent.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port), timeout=60)
    assert capfd.readouterr() == ("", "")


def test_a_port_may_be_chosen() -> None:
    with serve(NOW) as address:
        port = urlsplit(address).port or 0
        with pytest.raises(OSError, match="in use"), serve(NOW, port):
            pass
    with serve(NOW, port) as again:
        assert again == address


# ---------------------------------------------------------------- around it


def test_the_configuration_follows_all_of_them(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(configuration("http://127.0.0.1:8123/", 8124), encoding="utf-8")
    found = config.load(file)
    assert found.title == "News Feed"
    assert found.base_url == "http://127.0.0.1:8124/"
    assert found.allow_addresses == ("127.0.0.0/8",)
    assert found.polling.host_gap == timedelta()
    assert [(feed.url, feed.name, feed.tags) for feed in found.feeds] == [
        (f"http://127.0.0.1:8123/{feed.file}", feed.name, feed.tags) for feed in (*FEEDS, *BROKEN)
    ]


def modules(script: str) -> set[str]:
    command = [sys.executable, "-c", script]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def test_importing_it_is_cheap() -> None:
    """It brings nothing but the standard library."""
    script = "import sys, aggregator.demo; print(*{name.partition('.')[0] for name in sys.modules})"
    before, after = modules(script.replace(", aggregator.demo", "")), modules(script)
    assert after - before - sys.stdlib_module_names == {"aggregator"}
