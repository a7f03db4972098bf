"""A right feeds.yaml becomes a Config, whatever way of writing it was chosen."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from keyword import iskeyword
from pathlib import Path
from typing import Any

import pytest

from aggregator import links
from aggregator.config import load
from aggregator.config.describe import yaml_default
from aggregator.config.issues import Issues, redact
from aggregator.config.mappings import SECTION_RECORDS, SECTIONS, TOP, value_of
from aggregator.config.tree import compose, reading_of
from aggregator.errors import ConfigError
from aggregator.settings import Config, Dedupe, Keep, Polling, Publish, Subscription
from support.calls import counted

FEED = "feeds: [https://example.org/feed]\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "feeds.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_list_of_addresses_is_enough(tmp_path: Path) -> None:
    file = written(tmp_path, "feeds:\n  - https://example.org/feed\n  - http://example.com/rss\n")
    assert load(file) == Config(
        file=file,
        feeds=(
            Subscription("https://example.org/feed", line=2),
            Subscription("http://example.com/rss", line=3),
        ),
        data=tmp_path / "data",
    )


def test_every_setting_is_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """\
title: The  Morning
  Paper
base_url: https://example.org/news
data: /var/lib/paper
allow_addresses: [127.0.0.0/8, "fd00::/8", 10.1.2.3]
polling: {every: 2h, floor: 1h30m, ceiling: 2d, hosts_at_once: 4, host_gap: 0s, timeout: 1m, max_body: 5MiB}
dedupe: {by: both, link_window: 1w, title_window: 12h}
publish: {entries: 50, per_source: 5, guarantee_hours: 0, content: summary, backfill: 0}
keep: {days: 30}
feeds:
  - url: https://example.org/feed
    name: Example
    tags: [one, two, one]
    every: 15m
""",
    )
    assert load(file) == Config(
        file=file,
        feeds=(
            Subscription(
                "https://example.org/feed", "Example", ("one", "two"), timedelta(minutes=15), line=11
            ),
        ),
        title="The Morning Paper",
        base_url="https://example.org/news/",
        data=Path("/var/lib/paper"),
        allow_addresses=("127.0.0.0/8", "fd00::/8", "10.1.2.3/32"),
        polling=Polling(
            every=timedelta(hours=2),
            floor=timedelta(minutes=90),
            ceiling=timedelta(days=2),
            hosts_at_once=4,
            host_gap=timedelta(0),
            timeout=timedelta(minutes=1),
            max_body=5 * 1024 * 1024,
        ),
        dedupe=Dedupe(("both",), timedelta(days=7), timedelta(hours=12)),
        publish=Publish(50, 5, 0, "summary", 0),
        keep=Keep(30),
    )


def dedupe_by(config: Config) -> Any:
    return config.dedupe.by


def name(config: Config) -> Any:
    return config.feeds[-1].name


READ = {
    "a plain off, which YAML takes for false": ("dedupe: {by: off}\n" + FEED, dedupe_by, ("off",)),
    "one word of choices": ("dedupe: {by: title}\n" + FEED, dedupe_by, ("title",)),
    "choices keep their order": ("dedupe: {by: [title, link]}\n" + FEED, dedupe_by, ("title", "link")),
    "a section whose lines are all comments": (
        "polling:\n  #every: 2h\n" + FEED,
        lambda config: config.polling,
        Polling(),
    ),
    "bytes as a bare number": (
        "polling: {max_body: 5000}\n" + FEED,
        lambda config: config.polling.max_body,
        5000,
    ),
    "a quoted word that YAML would read as false": (
        "feeds: [{url: https://example.org/, name: 'no'}]",
        name,
        "no",
    ),
    "a text marked as such": ("feeds: [{url: https://example.org/, name: !!str 538}]", name, "538"),
    "any language": ("feeds: [{url: https://example.org/, name: Überblick 日本}]", name, "Überblick 日本"),
    "a byte order mark": ("\ufeff" + FEED, lambda config: len(config.feeds), 1),
    "Windows line ends": (
        "feeds:\r\n  - https://example.org/a\r\n  - https://example.org/b\r\n",
        lambda config: config.feeds[1].line,
        3,
    ),
    "a folder above": ("data: ../kept\n" + FEED, lambda config: config.data.parts[-2:], ("..", "kept")),
    "an alias": (
        "feeds:\n- {url: https://example.org/a, tags: &t [x]}\n- {url: https://example.org/b, tags: *t}",
        lambda config: config.feeds[1].tags,
        ("x",),
    ),
    "a merge key, where one's own word wins": (
        "feeds:\n- &a {url: https://example.org/a, name: A, every: 2h}\n"
        "- {<<: *a, url: https://example.org/b, name: B}",
        lambda config: (config.feeds[1].url, config.feeds[1].name, config.feeds[1].every),
        ("https://example.org/b", "B", timedelta(hours=2)),
    ),
    "an anchor under a key of one's own": (
        "x-all: &all {every: 2h}\nfeeds:\n- {<<: *all, url: https://example.org/a}",
        lambda config: config.feeds[0].every,
        timedelta(hours=2),
    ),
    "several merged, the first wins": (
        "feeds:\n- &a {url: https://example.org/a, every: 2h}\n- &b {url: https://example.org/b, every: 3h, name: B}\n"
        "- {<<: [*a, *b], url: https://example.org/c}",
        lambda config: (config.feeds[2].every, config.feeds[2].name),
        (timedelta(hours=2), "B"),
    ),
    "credentials stay in the address that is fetched": (
        "feeds: ['https://me:secret@example.org/feed']",
        lambda config: config.feeds[0].url,
        "https://me:secret@example.org/feed",
    ),
    "two queries are two feeds": (
        "feeds: ['https://example.org/feed?a=1', 'https://example.org/feed?a=2']",
        lambda config: len(config.feeds),
        2,
    ),
}


@pytest.mark.parametrize(("text", "part", "expected"), READ.values(), ids=READ)
def test_reads(tmp_path: Path, text: str, part: Callable[[Config], Any], expected: Any) -> None:
    assert part(load(written(tmp_path, text))) == expected


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    config = load(written(tmp_path, "data: ~/news\n" + FEED))
    assert config.data == tmp_path / "me" / "news"


def test_a_relative_file_has_its_data_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, FEED)
    monkeypatch.chdir(tmp_path.parent)
    config = load(Path(tmp_path.name, "feeds.yaml"))
    assert config.file == tmp_path / "feeds.yaml"
    assert config.store_path == tmp_path / "data" / "aggregator.db"
    assert config.public_path == tmp_path / "data" / "public"


def test_a_pipe_will_do(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, FEED.encode())
    os.close(writer)
    try:
        assert len(load(Path(f"/dev/fd/{reader}")).feeds) == 1
    finally:
        os.close(reader)


def test_the_defaults_as_written_are_the_defaults_as_used() -> None:
    records: dict[str, Any] = {name: record() for name, record in SECTION_RECORDS.items()}
    records[""] = Config(file=Path("feeds.yaml"), feeds=())
    for section, settings in {"": TOP, **SECTIONS}.items():
        for key, setting in settings.items():
            issues = Issues("feeds.yaml")
            node = compose(yaml_default(setting), issues)
            assert node is not None
            name = f"{key}_" if iskeyword(key) else key
            assert value_of(node, setting, key, issues) == getattr(records[section], name), key
            issues.raise_any()


@pytest.mark.slow
def test_ten_thousand_feeds_load(tmp_path: Path) -> None:
    feeds = "".join(
        f"- url: https://example{number}.org/feed\n  name: Number {number}\n  tags: [a, b]\n  every: 2h\n"
        for number in range(10_000)
    )
    file = written(tmp_path, "feeds:\n" + feeds)
    assert len(load(file).feeds) == 10_000  # within a second; what is quadratic would take minutes


@pytest.mark.parametrize(
    ("written", "by", "link_days"),
    [
        ("off", ("off",), 5),
        ("[title]", ("title",), 5),
        ("{by: link}", ("link",), 5),
        ("{link_window: 2d}", ("both",), 2),
    ],
)
def test_a_feed_may_have_dedupe_settings_of_its_own(
    tmp_path: Path, written: str, by: tuple[str, ...], link_days: int
) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(
        "dedupe: {by: both, link_window: 5d}\nfeeds:\n  - url: https://a.example/\n"
        f"    dedupe: {written}\n    priority: 2\n  - https://b.example/\n"
    )
    one, other = load(file).feeds
    assert one.dedupe is not None
    assert (one.dedupe.by, one.dedupe.link_window, one.priority) == (by, timedelta(days=link_days), 2)
    assert (other.dedupe, other.priority) == (None, 0)


def test_a_member_is_described(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(
        "publish: {sources: members}\nfeeds:\n  - url: https://a.example/\n    site: https://a.example/blog\n"
        "    avatar: https://a.example/a.png\n    about: Bread.\n    extra: {irc: ann, since: 2019}\n"
    )
    (feed,) = load(file).feeds
    assert (feed.site, feed.avatar) == ("https://a.example/blog", "https://a.example/a.png")
    assert (feed.about, feed.extra) == ("Bread.", (("irc", "ann"), ("since", "2019")))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("avatar: javascript:x", "not an http(s) URL"),
        ("extra: ann", "must be a mapping"),
        ("extra: {my-key: x}", "is not a key for templates"),
        ("extra: {a: [x]}", "must be a text"),
        ("face: https://a.example/", "write `avatar` instead"),
    ],
)
def test_what_a_member_cannot_be(tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(f"feeds:\n  - url: https://a.example/\n    {line}\n")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert words in str(caught.value)


def test_an_address_is_read_twice_and_a_key_shown_once(tmp_path: Path) -> None:
    """For itself, and for what it is compared by: ten thousand feeds take long enough to read."""
    feed = "  - url: https://example.org/{0}\n    name: Number {0}\n    tags: [one, two]\n"
    file = written(tmp_path, "feeds:\n" + "".join(map(feed.format, range(50))))
    with counted(links.absolute, redact, reading_of) as calls:
        load(file)
    assert calls["absolute"] == 2 * 50 + 1  # base_url
    assert calls["redact"] <= 10
    assert calls["reading_of"] == 4 * 50  # its values, and none of its keys
