"""A wrong value is answered with its place, its key, what is wrong and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.config_issues import issues_in

FEED = "feeds: [https://example.org/feed]\n"


def feed(text: str) -> str:
    return f"feeds:\n- {text}\n"


SETTINGS = {
    "an unknown key near another": ("titel: x", "1: titel: is not a known key; did you mean `title`?"),
    "an unknown key of a section": (
        "polling: {evry: 1h}",
        "1: polling.evry: is not a known key; did you mean `every`?",
    ),
    "a key outside its section": ("every: 1h", "1: every: is not a known key; it belongs under `polling`"),
    "an unknown key far from all": (
        "keep: {qwz: 1}",
        "1: keep.qwz: is not a known key; the keys here are days, entries",
    ),
    "a key that stands twice": (
        "title: x\n\ntitle: y",
        "3: title: duplicate key, first on line 1; remove one of them",
    ),
    "a key of a section that stands twice": (
        "polling:\n  every: 1h\n  every: 2h",
        "3: polling.every: duplicate key, first on line 2; remove one of them",
    ),
    "a key that is a list": ("[a]: b", "1: a key must be a word; write it before a colon and a space"),
    "no": ("title: no", '1: title: `no` is read as false by YAML; write "no" in quotes'),
    "yes": ("title: yes", '1: title: `yes` is read as true by YAML; write "yes" in quotes'),
    "a time of day": (
        "title: 12:30:45",
        '1: title: `12:30:45` is read as the number 45045 by YAML; write "12:30:45" in quotes',
    ),
    "a date": (
        "title: 2024-01-01",
        '1: title: `2024-01-01` is read as a date by YAML; write "2024-01-01" in quotes',
    ),
    "a date that is none": (
        "title: 2024-13-41",
        '1: title: `2024-13-41` is read as a date by YAML; write "2024-13-41" in quotes',
    ),
    "a number": ("title: 538", '1: title: `538` is read as a number by YAML; write "538" in quotes'),
    "an octal number": (
        "title: 010",
        '1: title: `010` is read as the number 8 by YAML; write "010" in quotes',
    ),
    "a value that is not there": ("title:", "1: title: has no value; write one, or remove the line"),
    "a null": (
        "title: null",
        '1: title: `null` is read as null by YAML; write "null" in quotes, or remove the line',
    ),
    "an empty text": ("title: ' '", "1: title: is empty; write a text, or remove the line"),
    "a character that breaks XML": (
        'title: "a\\0b"',
        "1: title: `a\\u0000b` contains an unprintable character; remove it",
    ),
    "a list for a text": ("title: [a]", "1: title: is a list, but must be a text; write it on one line"),
    "a tag": ("title: !shout x", "1: title: has the tag `!shout`; remove the tag"),
    "a text for a section": (
        "polling: 1h",
        "1: polling: must be a mapping; indent its keys under it, for example `every: 60m`",
    ),
    "a duration without unit": (
        "polling: {every: 90}",
        "1: polling.every: `90` has no unit; write 90s, 90m or 90h",
    ),
    "a duration in words": (
        "polling: {every: 90 minutes}",
        "1: polling.every: `90 minutes` is not a duration; write 90m",
    ),
    "a duration with a fraction": (
        "polling: {every: 1.5h}",
        "1: polling.every: `1.5h` is not a duration; write it as 30s, 15m, 2h, 7d, 1w or 1h30m",
    ),
    "a mapping for a duration": (
        "polling: {every: {h: 1}}",
        "1: polling.every: is a mapping, but must be a duration; write it as 30s, 15m, 2h, 7d, 1w or 1h30m",
    ),
    "a duration too short": (
        "polling: {every: 59s}",
        "1: polling.every: `59s` is too short; the minimum is 1m",
    ),
    "a duration too long": (
        "dedupe: {link_window: 9999w}",
        "1: dedupe.link_window: `9999w` is too long; the maximum is 36500d",
    ),
    "a size in small letters": (
        "polling: {max_body: 10 mb}",
        "1: polling.max_body: `10 mb` is not a size; write 10MB",
    ),
    "a size too small": (
        "polling: {max_body: 1B}",
        "1: polling.max_body: `1B` is too small; the minimum is 1KB",
    ),
    "a size too large": (
        "polling: {max_body: 5GB}",
        "1: polling.max_body: `5GB` is too large; the maximum is 1GB",
    ),
    "a size of nothing": (
        "polling: {max_body: big}",
        "1: polling.max_body: `big` is not a size; write it as 500KB, 10MB or 10MiB",
    ),
    "a count in words": (
        "keep: {days: many}",
        "1: keep.days: `many` is not a whole number; use digits only, as 365",
    ),
    "a count in quotes": ('keep: {days: "30"}', '1: keep.days: "30" is text; write 30 without quotes'),
    "a count too small": ("keep: {days: 0}", "1: keep.days: `0` is too small; the minimum is 1"),
    "a count below nothing": ("keep: {days: -3}", "1: keep.days: `-3` is too small; the minimum is 1"),
    "a count too large": (
        "keep: {days: 1000000}",
        "1: keep.days: `1000000` is too large; the maximum is 100000",
    ),
    "a count that has a leading zero": (
        "keep: {days: 030}",
        "1: keep.days: `030` has a leading zero; write 30",
    ),
    "a choice misspelt": (
        "publish: {content: sumary}",
        "1: publish.content: `sumary` is not a valid value; did you mean `summary`?",
    ),
    "a choice far from all": (
        "publish: {content: 7}",
        "1: publish.content: `7` is not a valid value; choose from full, summary, none",
    ),
    "choices that exclude each other": (
        "dedupe: {by: [link, both]}",
        "1: dedupe.by: `both` cannot be combined with link; write `both` alone, or leave it out",
    ),
    "no choice": (
        "dedupe: {by: []}",
        "1: dedupe.by: is an empty list; choose from link, title, both, off",
    ),
    "choices as a mapping": (
        "dedupe: {by: {link: 1}}",
        "1: dedupe.by: is a mapping, but must be a list; write it as [link]",
    ),
    "one network without brackets": (
        "allow_addresses: 10.0.0.0/8",
        "1: allow_addresses: is a single value, but must be a list; write [10.0.0.0/8]",
    ),
    "a network with host bits": (
        "allow_addresses: [10.0.0.1/8]",
        "1: allow_addresses[0]: `10.0.0.1/8` has host bits set; write 10.0.0.0/8",
    ),
    "a network that is none": (
        "allow_addresses: [localhost]",
        "1: allow_addresses[0]: `localhost` is not a network; write it as 127.0.0.0/8 or fd00::/8",
    ),
    "a home that is not known": (
        "data: ~nobody-at-all/x",
        "1: data: `~nobody-at-all/x` names an unknown home directory; write the full path",
    ),
    "a base without scheme": (
        "base_url: example.org",
        "1: base_url: `example.org` does not start with https:// or http://; write https://example.org",
    ),
    "a base with a query": (
        "base_url: https://example.org/?a",
        "1: base_url: has a query; remove everything from the `?`",
    ),
    "a base with a fragment": (
        "base_url: 'https://example.org/#a'",
        "1: base_url: has a fragment; remove everything from the `#`",
    ),
    "a base with a password": (
        "base_url: https://me:secret@example.org/",
        "1: base_url: contains a user name or password, which every subscriber would see; remove it",
    ),
    "an interval below the floor": (
        "polling: {every: 15m}",
        "1: polling.every: is less than polling.floor, which is 30m by default; "
        "write 30m or more, or change polling.floor too",
    ),
    "a floor above the interval": (
        "polling:\n  every: 1h\n  floor: 2h",
        "3: polling.floor: is more than polling.every, which is 1h; "
        "write 1h or less, or change polling.every too",
    ),
    "an interval above the ceiling": (
        "polling: {every: 2d}",
        "1: polling.every: is more than polling.ceiling, which is 1d by default; "
        "write 1d or less, or change polling.ceiling too",
    ),
}


@pytest.mark.parametrize(("text", "issue"), SETTINGS.values(), ids=SETTINGS)
def test_setting(tmp_path: Path, text: str, issue: str) -> None:
    assert issues_in(tmp_path, f"{text}\n{FEED}") == [f"feeds.yaml:{issue}"]


ITEMS = {
    "nothing": ("", "2: feeds[0]: has no value; write one, or remove the line"),
    "a number": ("12", "2: feeds[0]: `12` is not a URL; write it as https://example.org/feed"),
    "a list": ("[a]", "2: feeds[0]: is a list, but must be a feed; write its URL, or a mapping with `url`"),
    "no url": ("name: x", "2: feeds[0].url: is missing; write `url: https://example.org/feed`"),
    "an unknown key": (
        "{url: https://a.org/, tag: [x]}",
        "2: feeds[0].tag: is not a known key; did you mean `tags`?",
    ),
    "the name that other programs use": (
        "{url: https://a.org/, category: x}",
        "2: feeds[0].category: is not a known key; write `tags` instead",
    ),
    "another one": (
        "{url: https://a.org/, interval: 5m}",
        "2: feeds[0].interval: is not a known key; write `every` instead",
    ),
    "a secret in a URL": (
        "'https://a.org/?token=${TOKEN}'",
        "2: feeds[0]: secrets are not looked up in a URL, which is stored and published; use `auth` or `headers`",
    ),
    "one tag without brackets": (
        "{url: https://a.org/, tags: x}",
        "2: feeds[0].tags: is a single value, but must be a list; write [x]",
    ),
    "a tag that is a date": (
        "{url: https://a.org/, tags: [x, 2024-01-01]}",
        '2: feeds[0].tags[1]: `2024-01-01` is read as a date by YAML; write "2024-01-01" in quotes',
    ),
    "its own interval too short": (
        "{url: https://a.org/, every: 30s}",
        "2: feeds[0].every: `30s` is too short; the minimum is 1m",
    ),
    "no scheme": (
        "example.org/feed",
        "2: feeds[0]: `example.org/feed` does not start with https:// or http://; "
        "write https://example.org/feed",
    ),
    "a scheme of feed readers": (
        "feed://example.org/feed",
        "2: feeds[0]: `feed:` is only for opening a feed reader; write https://example.org/feed",
    ),
    "a space": (
        "url: https://example.org/a b",
        "2: feeds[0].url: `https://example.org/a b` contains a space; remove it, or write it as %20",
    ),
    "the next feed indented": (
        "https://example.org/\n - https://example.com/",
        "2: feeds[0]: `https://example.org/ - https://example.com/` contains a space; "
        "indent all feeds equally",
    ),
    "a dangerous tag": (
        "!!python/name:os.system https://example.org/",
        "2: feeds[0]: has the tag `!!python/name:os.system`; remove the tag",
    ),
    "listed twice": (
        "https://example.org/feed\n- url: http://WWW.example.org:80/feed/#top",
        "3: feeds[1].url: `http://WWW.example.org:80/feed/#top` is the same feed as on line 2; "
        "remove one of them",
    ),
    "a merge of a text": (
        "{<<: x, url: https://a.org/}",
        "2: feeds[0].<<: only a mapping can be merged; write `<<: *name`",
    ),
}


@pytest.mark.parametrize(("text", "issue"), ITEMS.values(), ids=ITEMS)
def test_feed(tmp_path: Path, text: str, issue: str) -> None:
    assert issues_in(tmp_path, feed(text)) == [f"feeds.yaml:{issue}"]


def test_all_complaints_at_once_in_file_order(tmp_path: Path) -> None:
    text = """\
feeds:
- example.org/feed
- url: https://example.org/a
  evry: 1h
- https://example.org/a/
polling:
  every: 5
  every: 6h
title: no
dedupe:
  by: [link, titel]
  link_window: 1 day
"""
    assert issues_in(tmp_path, text) == [
        "feeds.yaml:2: feeds[0]: `example.org/feed` does not start with https:// or http://; "
        "write https://example.org/feed",
        "feeds.yaml:4: feeds[1].evry: is not a known key; did you mean `every`?",
        "feeds.yaml:5: feeds[2]: `https://example.org/a/` is the same feed as on line 3; remove one of them",
        "feeds.yaml:7: polling.every: `5` has no unit; write 5s, 5m or 5h",
        "feeds.yaml:8: polling.every: duplicate key, first on line 7; remove one of them",
        'feeds.yaml:9: title: `no` is read as false by YAML; write "no" in quotes',
        "feeds.yaml:11: dedupe.by[1]: `titel` is not a valid value; did you mean `title`?",
        "feeds.yaml:12: dedupe.link_window: `1 day` is not a duration; write 1d",
    ]


def test_what_aliases_and_merges_bring_again_is_said_once(tmp_path: Path) -> None:
    text = """\
feeds:
- &first {url: https://example.org/a, every: 5, tag: x, tags: &tags [1]}
- {<<: *first, url: https://example.org/b}
- {url: https://example.org/c, tags: *tags}
"""
    assert issues_in(tmp_path, text) == [
        "feeds.yaml:2: feeds[0].every: `5` has no unit; write 5s, 5m or 5h",
        "feeds.yaml:2: feeds[0].tag: is not a known key; did you mean `tags`?",
        'feeds.yaml:2: feeds[0].tags[0]: `1` is read as a number by YAML; write "1" in quotes',
    ]
