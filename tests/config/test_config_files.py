"""A file that cannot be read as a whole is refused with a word on why, and never eats the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError
from support.complaints import complaints_about

FEED = "feeds: [https://example.org/feed]\n"

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
