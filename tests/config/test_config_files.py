"""A file that cannot be read as a whole is refused with a word on why, and never eats the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aggregator.app import load_config
from aggregator.config import load
from aggregator.errors import ConfigError
from aggregator.files import LARGEST
from support.config_issues import issues_in

FEED = "feeds: [https://example.org/feed]\n"

EMPTY = "feeds.yaml: is empty; write `feeds:` and under it `- https://example.org/feed`"
NO_KEY = "feeds.yaml:1: must start with a key; write `feeds:` and under it `- https://example.org/feed`"
NO_FEED = "feeds.yaml:1: feeds: is empty; add a feed with `aggregator feeds add URL`"
OUT_OF_PLACE = "check indentation and quotes, and put a space after each colon and dash"

FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", EMPTY),
    "comments only": ("# nothing\n", EMPTY),
    "a null": ("---\n", EMPTY),
    "a text": ("hello", NO_KEY),
    "a list": ("- https://example.org/", NO_KEY),
    "OPML": (
        '<?xml version="1.0"?>\n<opml version="2.0"/>',
        "feeds.yaml:1: is XML, not YAML; if it is an OPML list, type `aggregator feeds import feeds.yaml`",
    ),
    "Latin-1": (
        b"title: x\nname: caf\xe9\n",
        "feeds.yaml:2: is not UTF-8: byte 0xE9; save the file as UTF-8",
    ),
    "UTF-16": ("title: x".encode("utf-16"), "feeds.yaml:1: is not UTF-8: byte 0xFF; save the file as UTF-8"),
    "a control character": (
        "title: x\nname: \x07\n",
        "feeds.yaml:2: contains the control character U+0007; remove it",
    ),
    "two documents": (
        FEED + "---\n" + FEED,
        "feeds.yaml:2: a second YAML document starts here; remove the `---`",
    ),
    "a colon in a text": (
        "title: News: mine\n",
        "feeds.yaml:1: unexpected ':'; put quotes around text that contains ': '",
    ),
    "a tab": (
        "polling:\n\tevery: 1h\n",
        "feeds.yaml:2: tab in the indentation; use spaces",
    ),
    "a text that begins with a sign": (
        "title: @home\n",
        "feeds.yaml:1: text cannot begin with `@`; put it in quotes",
    ),
    "an open quotation mark": (
        "x: 1\ntitle: 'x\nfeeds: []\n",
        "feeds.yaml:2: unclosed quotation mark; close it",
    ),
    "an open bracket": (
        "feeds: [a,\n  b\ntitle: x\n",
        "feeds.yaml:1: unclosed `[`, or an error inside it; "
        "separate items with commas, and put quotes around items that contain special characters",
    ),
    "an open brace": (
        "polling: {every: 1h\n",
        "feeds.yaml:1: unclosed `{`, or an error inside it; "
        "separate items with commas, and put quotes around items that contain special characters",
    ),
    "a bracket too many": (
        "allow_addresses: ]\n",
        "feeds.yaml:1: missing value, or text that begins with a special character; "
        "put quotes around text that begins with a special character",
    ),
    "a list that becomes a mapping": (
        "- a\nb: c\n",
        f"feeds.yaml:2: invalid YAML: did not find expected '-' indicator; {OUT_OF_PLACE}",
    ),
    "an alias of nothing": (
        "title: *name\n",
        "feeds.yaml:1: title: unknown alias `*name`; define it above with `&name`",
    ),
    "an alias inside itself": (
        "feeds: &all\n- *all\n",
        "feeds.yaml:2: feeds[0]: alias `*all` contains itself; write it out",
    ),
    "17 lists": ("[" * 18, "feeds.yaml:1: nests more than 16 levels deep"),
    "endless lists in blocks": ("- " * 5_000, "feeds.yaml:1: nests more than 16 levels deep"),
    "endless mappings": ("{" * 50_000, "feeds.yaml:1: nests more than 16 levels deep"),
    "endless lists": ("[" * 50_000, "feeds.yaml:1: nests more than 16 levels deep"),
    "no feeds": (
        "title: x\n",
        "feeds.yaml: feeds: is missing; write `feeds:` and under it `- https://example.org/feed`",
    ),
    "feeds without value": ("feeds:\n", NO_FEED),
    "an empty list of feeds": ("feeds: []\n", NO_FEED),
    "feeds that are no list": (
        "feeds: https://example.org/feed\n",
        "feeds.yaml:1: feeds: is not a list; start each feed with a dash, for example `- https://example.org/feed`",
    ),
}


@pytest.mark.parametrize(("content", "issue"), FILES.values(), ids=FILES)
def test_file(tmp_path: Path, content: str | bytes, issue: str) -> None:
    assert issues_in(tmp_path, content) == [issue]


def test_what_the_parser_refuses_comes_with_what_was_wrong_before(tmp_path: Path) -> None:
    assert issues_in(tmp_path, "title: x\ntitle: y\nfeeds: 'x\n") == [
        "feeds.yaml:2: title: duplicate key, first on line 1; remove one of them",
        "feeds.yaml:3: unclosed quotation mark; close it",
    ]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.yaml")
    where, advice = str(caught.value).split(". ", 1)
    assert where.removesuffix("…") in f"none.yaml not found in {tmp_path}"  # a long path is cut
    assert advice == "Create one with `aggregator init`, or name one with -c FILE"


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a directory; name the file in it"


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000], ids=["a NUL in the path", "a path too long"])
def test_a_path_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read: "):
        load(tmp_path / name)


def test_aliases_that_repeat_without_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    found = issues_in(tmp_path, "\n".join(lines))
    assert found == ["feeds.yaml:6: a5[7]: aliases expand to more than 1,000,000 values; use fewer"]


def test_merges_that_repeat_without_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert "aliases expand to more than" in issues_in(tmp_path, "\n".join(lines))[-1]


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "feeds.yaml"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="is empty"):
        load(pipe)
    pipe.rename(tmp_path / "more.yaml")
    pipe.write_text("include: [more.yaml]\n" + FEED)
    with pytest.raises(ConfigError, match=r"more\.yaml"):
        load_config(pipe)


def test_what_is_written_into_a_pipe_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, FEED.encode())
    os.close(writing)
    assert len(load(Path(f"/dev/fd/{reading}")).feeds) == 1
    os.close(reading)


def test_what_does_not_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    for endless in (path, Path("/dev/zero")):
        with pytest.raises(ConfigError, match="larger than 20 MB"):
            load(endless)
