"""A wrong feeds.yaml is answered with every complaint at once: place, key, what is wrong, what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.config.complaints import shown
from aggregator.errors import ConfigError

FEED = "feeds: [https://example.org/feed]\n"


def complaints_about(folder: Path, content: str | bytes) -> list[str]:
    file = folder / "feeds.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        load(file)
    return [str(complaint).replace(f"{folder}/", "") for complaint in caught.value.complaints]


def feed(text: str) -> str:
    return f"feeds:\n- {text}\n"


EMPTY = "feeds.yaml: is empty; write `feeds:` and under it `- https://example.org/feed`"
NO_KEY = "feeds.yaml:1: does not begin with a key; write `feeds:` and under it `- https://example.org/feed`"
NO_FEED = "feeds.yaml:1: feeds: lists no feed; write at least one under it, as `- https://example.org/feed`"
OUT_OF_PLACE = "check the indentation, the quotes, and that a space follows each colon and dash"

FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", EMPTY),
    "comments only": ("# nothing\n", EMPTY),
    "a null": ("---\n", EMPTY),
    "a text": ("hello", NO_KEY),
    "a list": ("- https://example.org/", NO_KEY),
    "Latin-1": (
        b"title: x\nname: caf\xe9\n",
        "feeds.yaml:2: is not UTF-8: byte 0xE9; save the file as UTF-8",
    ),
    "UTF-16": ("title: x".encode("utf-16"), "feeds.yaml:1: is not UTF-8: byte 0xFF; save the file as UTF-8"),
    "a control character": (
        "title: x\nname: \x07\n",
        "feeds.yaml:2: holds the control character U+0007; remove it",
    ),
    "two documents": (
        FEED + "---\n" + FEED,
        "feeds.yaml:2: a second document begins here; remove the `---`",
    ),
    "a colon in a text": (
        "title: News: mine\n",
        "feeds.yaml:1: a colon stands where no key can be; "
        "put a text that holds a colon and a space in quotes, and check the indentation",
    ),
    "a tab": (
        "polling:\n\tevery: 1h\n",
        "feeds.yaml:2: a tab stands where YAML wants spaces; indent with spaces only",
    ),
    "a text that begins with a sign": (
        "title: @home\n",
        "feeds.yaml:1: a text cannot begin with `@`; put the whole text in quotes",
    ),
    "an open quotation mark": (
        "x: 1\ntitle: 'x\nfeeds: []\n",
        "feeds.yaml:2: a quotation mark is opened here and never closed; close it",
    ),
    "an open bracket": (
        "feeds: [a,\n  b\ntitle: x\n",
        "feeds.yaml:1: the `[` here is not closed, or something in it is out of place; "
        "part the items with commas, and put an item that holds special characters in quotes",
    ),
    "an open brace": (
        "polling: {every: 1h\n",
        "feeds.yaml:1: the `{` here is not closed, or something in it is out of place; "
        "part the items with commas, and put an item that holds special characters in quotes",
    ),
    "a bracket too many": (
        "allow_addresses: ]\n",
        "feeds.yaml:1: a value is missing, or begins with a special character; "
        "put a text that begins with a special character in quotes",
    ),
    "a list that becomes a mapping": (
        "- a\nb: c\n",
        f"feeds.yaml:2: something is out of place: did not find expected '-' indicator; {OUT_OF_PLACE}",
    ),
    "an alias of nothing": (
        "title: *name\n",
        "feeds.yaml:1: title: `*name` repeats nothing; mark a value above with `&name`",
    ),
    "an alias inside itself": (
        "feeds: &all\n- *all\n",
        "feeds.yaml:2: feeds[0]: `*all` stands inside what it repeats; write it out",
    ),
    "endless nesting": ("[" * 50_000, "feeds.yaml:1: nests more than 16 levels deep"),
    "no feeds": (
        "title: x\n",
        "feeds.yaml: feeds: is missing; write `feeds:` and under it `- https://example.org/feed`",
    ),
    "feeds without value": ("feeds:\n", NO_FEED),
    "an empty list of feeds": ("feeds: []\n", NO_FEED),
    "feeds that are no list": (
        "feeds: https://example.org/feed\n",
        "feeds.yaml:1: feeds: is not a list; begin each feed with a dash, as `- https://example.org/feed`",
    ),
}


@pytest.mark.parametrize(("content", "complaint"), FILES.values(), ids=FILES)
def test_file(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    assert complaints_about(tmp_path, content) == [complaint]


SETTINGS = {
    "an unknown key near another": ("titel: x", "1: titel: is not a known key; did you mean `title`?"),
    "an unknown key of a section": (
        "polling: {evry: 1h}",
        "1: polling.evry: is not a known key; did you mean `every`?",
    ),
    "a key outside its section": ("every: 1h", "1: every: is not a known key; it belongs under `polling`"),
    "an unknown key far from all": (
        "keep: {qwz: 1}",
        "1: keep.qwz: is not a known key; the keys here are days",
    ),
    "a key that stands twice": (
        "title: x\n\ntitle: y",
        "3: title: stands twice, first on line 1; keep one of the two",
    ),
    "a key of a section that stands twice": (
        "polling:\n  every: 1h\n  every: 2h",
        "3: polling.every: stands twice, first on line 2; keep one of the two",
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
        '1: title: `null` is read as nothing by YAML; write "null" in quotes, or remove the line',
    ),
    "an empty text": ("title: ' '", "1: title: is empty; write a text, or remove the line"),
    "a character that breaks XML": (
        'title: "a\\0b"',
        "1: title: `a\\u0000b` holds a character that cannot be printed; remove it",
    ),
    "a list for a text": ("title: [a]", "1: title: is a list where a text is wanted; write it on one line"),
    "a tag": ("title: !shout x", "1: title: has the tag `!shout`; remove the tag"),
    "a text for a section": (
        "polling: 1h",
        "1: polling: needs keys of its own; write them indented under it, as `every: 60m`",
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
        "1: polling.every: is a mapping where a duration is wanted; "
        "write it as 30s, 15m, 2h, 7d, 1w or 1h30m",
    ),
    "a duration too short": (
        "polling: {every: 59s}",
        "1: polling.every: `59s` is too short; the least is 1m",
    ),
    "a duration too long": (
        "dedupe: {link_window: 9999w}",
        "1: dedupe.link_window: `9999w` is too long; the most is 36500d, a hundred years",
    ),
    "a size in small letters": (
        "polling: {max_body: 10 mb}",
        "1: polling.max_body: `10 mb` is not a size; write 10MB",
    ),
    "a size too small": (
        "polling: {max_body: 1B}",
        "1: polling.max_body: `1B` is too small; the least is 1KB",
    ),
    "a size too large": (
        "polling: {max_body: 5GB}",
        "1: polling.max_body: `5GB` is too large; the most is 1GB",
    ),
    "a size of nothing": (
        "polling: {max_body: big}",
        "1: polling.max_body: `big` is not a size; write it as 500KB, 10MB or 10MiB",
    ),
    "a count in words": (
        "keep: {days: many}",
        "1: keep.days: `many` is not a whole number; write digits alone, as 365",
    ),
    "a count in quotes": ('keep: {days: "30"}', '1: keep.days: "30" is a text; write 30 without quotes'),
    "a count too small": ("keep: {days: 0}", "1: keep.days: `0` is too small; the least is 1"),
    "a count below nothing": ("keep: {days: -3}", "1: keep.days: `-3` is too small; the least is 1"),
    "a count too large": (
        "keep: {days: 1000000}",
        "1: keep.days: `1000000` is too large; the most is 100000",
    ),
    "a count that begins with a zero": (
        "keep: {days: 030}",
        "1: keep.days: `030` begins with a zero; write 30",
    ),
    "a choice misspelt": (
        "publish: {content: sumary}",
        "1: publish.content: `sumary` is not known here; did you mean `summary`?",
    ),
    "a choice far from all": (
        "publish: {content: 7}",
        "1: publish.content: `7` is not known here; choose from full, summary, none",
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
        "1: dedupe.by: is a mapping where a list is wanted; write it as [link]",
    ),
    "one network without brackets": (
        "allow_addresses: 10.0.0.0/8",
        "1: allow_addresses: is a single value where a list is wanted; write [10.0.0.0/8]",
    ),
    "a network with host bits": (
        "allow_addresses: [10.0.0.1/8]",
        "1: allow_addresses[0]: `10.0.0.1/8` is an address inside a network; write 10.0.0.0/8",
    ),
    "a network that is none": (
        "allow_addresses: [localhost]",
        "1: allow_addresses[0]: `localhost` is not a network; write it as 127.0.0.0/8 or fd00::/8",
    ),
    "a home that is not known": (
        "data: ~nobody-at-all/x",
        "1: data: `~nobody-at-all/x` names a home folder that is not known; write the whole path",
    ),
    "a base without scheme": (
        "base_url: example.org",
        "1: base_url: `example.org` does not begin with https:// or http://; write https://example.org",
    ),
    "a base with a query": (
        "base_url: https://example.org/?a",
        "1: base_url: has a query; end it before the `?`",
    ),
    "a base with a fragment": (
        "base_url: 'https://example.org/#a'",
        "1: base_url: has a fragment; end it before the `#`",
    ),
    "a base with a password": (
        "base_url: https://me:secret@example.org/",
        "1: base_url: holds a user name or password, which every reader would see; write it without",
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


@pytest.mark.parametrize(("text", "complaint"), SETTINGS.values(), ids=SETTINGS)
def test_setting(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaints_about(tmp_path, f"{text}\n{FEED}") == [f"feeds.yaml:{complaint}"]


ITEMS = {
    "nothing": ("", "2: feeds[0]: has no value; write one, or remove the line"),
    "a number": ("12", "2: feeds[0]: `12` is not an address; write it as https://example.org/feed"),
    "a list": ("[a]", "2: feeds[0]: is a list where a feed is wanted; write its address, or keys with `url`"),
    "no url": ("name: x", "2: feeds[0].url: is missing; write `url: https://example.org/feed`"),
    "an unknown key": (
        "{url: https://a.org/, tag: [x]}",
        "2: feeds[0].tag: is not a known key; did you mean `tags`?",
    ),
    "one tag without brackets": (
        "{url: https://a.org/, tags: x}",
        "2: feeds[0].tags: is a single value where a list is wanted; write [x]",
    ),
    "a tag that is a date": (
        "{url: https://a.org/, tags: [x, 2024-01-01]}",
        '2: feeds[0].tags[1]: `2024-01-01` is read as a date by YAML; write "2024-01-01" in quotes',
    ),
    "its own interval too short": (
        "{url: https://a.org/, every: 30s}",
        "2: feeds[0].every: `30s` is too short; the least is 1m",
    ),
    "no scheme": (
        "example.org/feed",
        "2: feeds[0]: `example.org/feed` does not begin with https:// or http://; "
        "write https://example.org/feed",
    ),
    "a scheme of feed readers": (
        "feed://example.org/feed",
        "2: feeds[0]: `feed:` only tells a browser to open a feed reader; write https://example.org/feed",
    ),
    "a space": (
        "url: https://example.org/a b",
        "2: feeds[0].url: `https://example.org/a b` holds a space; remove it, or write %20 for it",
    ),
    "the next feed indented": (
        "https://example.org/\n - https://example.com/",
        "2: feeds[0]: `https://example.org/ - https://example.com/` holds a space; "
        "begin each feed at the same indentation",
    ),
    "a dangerous tag": (
        "!!python/name:os.system https://example.org/",
        "2: feeds[0]: has the tag `!!python/name:os.system`; remove the tag",
    ),
    "listed twice": (
        "https://example.org/feed\n- url: http://WWW.example.org:80/feed/#top",
        "3: feeds[1].url: `http://WWW.example.org:80/feed/#top` is the same feed as on line 2; "
        "remove one of the two",
    ),
    "a merge of a text": (
        "{<<: x, url: https://a.org/}",
        "2: feeds[0].<<: only a mapping can be merged; write `<<: *name`",
    ),
}


@pytest.mark.parametrize(("text", "complaint"), ITEMS.values(), ids=ITEMS)
def test_feed(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaints_about(tmp_path, feed(text)) == [f"feeds.yaml:{complaint}"]


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
    assert complaints_about(tmp_path, text) == [
        "feeds.yaml:2: feeds[0]: `example.org/feed` does not begin with https:// or http://; "
        "write https://example.org/feed",
        "feeds.yaml:4: feeds[1].evry: is not a known key; did you mean `every`?",
        "feeds.yaml:5: feeds[2]: `https://example.org/a/` is the same feed as on line 3; remove one of the two",
        "feeds.yaml:7: polling.every: `5` has no unit; write 5s, 5m or 5h",
        "feeds.yaml:8: polling.every: stands twice, first on line 7; keep one of the two",
        'feeds.yaml:9: title: `no` is read as false by YAML; write "no" in quotes',
        "feeds.yaml:11: dedupe.by[1]: `titel` is not known here; did you mean `title`?",
        "feeds.yaml:12: dedupe.link_window: `1 day` is not a duration; write 1d",
    ]


def test_what_the_parser_refuses_comes_with_what_was_wrong_before(tmp_path: Path) -> None:
    assert complaints_about(tmp_path, "title: x\ntitle: y\nfeeds: 'x\n") == [
        "feeds.yaml:2: title: stands twice, first on line 1; keep one of the two",
        "feeds.yaml:3: a quotation mark is opened here and never closed; close it",
    ]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/none.yaml: there is no such file; check the path, or write the file"
    )


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a folder; name the file in it"


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000], ids=["a NUL in the path", "a path too long"])
def test_a_path_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read: "):
        load(tmp_path / name)


def test_aliases_that_repeat_without_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    found = complaints_about(tmp_path, "\n".join(lines))
    assert found == ["feeds.yaml:6: a5[7]: aliases repeat more than 1,000,000 values; write fewer"]


def test_merges_that_repeat_without_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert "aliases repeat more than" in complaints_about(tmp_path, "\n".join(lines))[-1]


SECRETS = {
    "a space in it": "https://me:secret@example.org /feed",
    "a port that is none": "https://me:secret@example.org:x/feed",
    "a slash in the password": "https://me:sec/secret@example.org/feed",
    "an at sign in the password": "https://me:sec@secret@example.org:x/feed",
    "another scheme": "ftp://me:secret@example.org/feed",
    "no scheme": "me:secret@example.org/feed",
    "no host": "https://me:secret@/feed",
    "a scheme of feed readers": "feed://me:secret@example.org/feed",
    "two addresses": "https://example.com/, https://me:secret@example.org/feed",
    "a key": "{'https://me:secret@example.org/': x, url: https://example.org/}",
    "a tag": "{url: https://example.org/, tags: 'https://me:secret@example.org/'}",
    "twice": "https://me:secret@example.org/\n- https://me:secret@example.org",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_passwords_are_never_repeated(tmp_path: Path, text: str) -> None:
    found = "\n".join(complaints_about(tmp_path, feed(text)))
    assert "secret" not in found
    assert "me:" not in found.replace("name:", "")


SHOWN = {
    "an at sign in the path is no password": ("https://medium.com/feed/@me", "https://medium.com/feed/@me"),
    "credentials go": ("https://me:secret@example.org/x", "https://example.org/x"),
    "lines become one": ("a\nb", "a b"),
    "what steers a terminal is spelt out": ("a\x1b[31mb", "a\\u001b[31mb"),
    "long texts are cut": ("x" * 200, "x" * 79 + "…"),
}


@pytest.mark.parametrize(("value", "expected"), SHOWN.values(), ids=SHOWN)
def test_shown(value: str, expected: str) -> None:
    assert shown(value) == expected
