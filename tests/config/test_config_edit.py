"""Edits of feeds.yaml change the lines concerned and no other byte, or nothing at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import load
from aggregator.config.edit import EditError, FeedItem, FeedsText
from aggregator.config.feedsfile import FeedsFile, edit_feeds
from aggregator.errors import ConfigError

NEW = FeedItem("https://new.example/feed", "New: one", ("a b", "no"))
LINES = '- url: https://new.example/feed\n{0}  name: "New: one"\n{0}  tags: [a b, "no"]\n'

ADDED = {
    "indented": (
        "feeds:\n  # first\n  - https://a.example/  # of A\n\n# end\n",
        "feeds:\n  # first\n  - https://a.example/  # of A\n  " + LINES.format("  ") + "\n# end\n",
    ),
    "flush left": ("feeds:\n- https://a.example/\n", "feeds:\n- https://a.example/\n" + LINES.format("")),
    "before another key": (
        "feeds:\n  - url: https://a.example/\n    tags:\n      - x\npolling:\n  every: 2h\n",
        "feeds:\n  - url: https://a.example/\n    tags:\n      - x\n  "
        + LINES.format("  ")
        + "polling:\n  every: 2h\n",
    ),
    "no line end": ("feeds:\n  - https://a.example/", "feeds:\n  - https://a.example/\n  " + LINES.format("  ")),
    "in brackets": (
        "feeds: [https://a.example/]  # all\n",
        'feeds: [https://a.example/, {url: https://new.example/feed, name: "New: one", tags: [a b, "no"]}]  # all\n',
    ),
    "an empty list": ("feeds: []\n", "feeds:\n  " + LINES.format("  ")),
    "a list of comments": ("feeds:\n  # - https://a.example/\n", "feeds:\n  " + LINES.format("  ") + "  # - https://a.example/\n"),
    "no list": ("title: x\n", "title: x\nfeeds:\n  " + LINES.format("  ")),
    "Windows line ends": (
        "feeds:\r\n  - https://a.example/\r\n",
        "feeds:\r\n  - https://a.example/\r\n  " + LINES.format("  ").replace("\n", "\r\n"),
    ),
    "in brackets over lines": (
        "feeds: [\n  https://a.example/,  # one\n  https://b.example/  # two\n]\n# end\n",
        "feeds: [\n  https://a.example/,  # one\n  https://b.example/,  # two\n  "
        '{url: https://new.example/feed, name: "New: one", tags: [a b, "no"]},\n]\n# end\n',
    ),
    "a comma before the bracket": (
        "feeds: [https://a.example/,]\n",
        'feeds: [https://a.example/, {url: https://new.example/feed, name: "New: one", tags: [a b, "no"]}]\n',
    ),
    "nothing": ("", "feeds:\n  " + LINES.format("  ")),
    "comments alone": ("# mine\n", "# mine\nfeeds:\n  " + LINES.format("  ")),
    "a document without a key": ("---\n", "---\nfeeds:\n  " + LINES.format("  ")),
    "a text in several lines": (
        "feeds:\n  - url: https://a.example/\n    about: |\n      Some\n      text\n\n# end\n",
        "feeds:\n  - url: https://a.example/\n    about: |\n      Some\n      text\n  " + LINES.format("  ") + "\n# end\n",
    ),
    "a byte order mark": ("\ufefffeeds:\n- https://a.example/\n", "\ufefffeeds:\n- https://a.example/\n" + LINES.format("")),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), ADDED.values(), ids=ADDED)
def test_add(before: str, after: str) -> None:
    file = FeedsFile(Path("feeds.yaml"), before)
    file.add([NEW])
    assert file.checked().decode() == after


LIST = """\
# My feeds
feeds:
  # The first
  - https://a.example/   # plain
  - url: "https://b.example/"  # quoted

    name: 'B'
    tags: [x,  y]
  - {url: https://c.example/, name: C , every: 2h}
  # The last
  - name: D
    url: https://d.example/
    tags:
      - x
      - y
  - url: https://f.example/
    about: >
      Long
      text
title: "Mine"   # kept
"""

EDITS: dict[str, tuple[Callable[[FeedsFile], None], str, str]] = {
    "remove a plain one": (lambda f: f.remove(0), "  - https://a.example/   # plain\n", ""),
    "remove a mapping": (
        lambda f: f.remove(1),
        "  - url: \"https://b.example/\"  # quoted\n\n    name: 'B'\n    tags: [x,  y]\n",
        "",
    ),
    "remove the last": (
        lambda f: f.remove(3),
        "  - name: D\n    url: https://d.example/\n    tags:\n      - x\n      - y\n",
        "",
    ),
    "name a plain one": (
        lambda f: f.set_name(0, "A"),
        "- https://a.example/   # plain\n",
        "- url: https://a.example/   # plain\n    name: A\n",
    ),
    "rename": (lambda f: f.set_name(1, "Bee: no"), "name: 'B'", 'name: "Bee: no"'),
    "rename in braces": (lambda f: f.set_name(2, "Cee, 2"), "name: C ,", 'name: "Cee, 2" ,'),
    "unname": (lambda f: f.set_name(1, None), "    name: 'B'\n", ""),
    "unname in braces": (lambda f: f.set_name(2, None), ", name: C , every", ", every"),
    "tag a plain one": (
        lambda f: f.set_tags(0, ("tech",)),
        "- https://a.example/   # plain\n",
        "- url: https://a.example/   # plain\n    tags: [tech]\n",
    ),
    "tag in braces": (lambda f: f.set_tags(2, ("t",)), "every: 2h}", "every: 2h, tags: [t]}"),
    "tags in a block": (lambda f: f.set_tags(3, ("t", "u")), "tags:\n      - x\n      - y\n", "tags: [t, u]\n"),
    "no tags": (lambda f: f.set_tags(3, ()), "    tags:\n      - x\n      - y\n", ""),
    "move": (lambda f: f.set_url(1, "https://e.example/"), '"https://b.example/"', "https://e.example/"),
    "remove what has a text in lines": (lambda f: f.remove(4), "  - url: https://f.example/\n    about: >\n      Long\n      text\n", ""),
    "move a plain one": (lambda f: f.set_url(0, "https://e.example/#x"), "https://a.example/", "https://e.example/#x"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "old", "new"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_edit(edit: Callable[[FeedsFile], None], old: str, new: str, line_end: str) -> None:
    before = LIST.replace("\n", line_end)
    file = FeedsFile(Path("feeds.yaml"), before)
    edit(file)
    assert LIST.count(old) == 1
    assert file.checked().decode() == LIST.replace(old, new).replace("\n", line_end)


def test_the_only_feed_leaves_an_empty_list() -> None:
    file = FeedsFile(Path("feeds.yaml"), "feeds:\n  - https://a.example/\ntitle: x\n")
    file.remove(0)
    assert file.checked() == b"feeds: []\ntitle: x\n"


def test_what_an_alias_would_change_elsewhere_is_not_edited() -> None:
    text = "feeds:\n- {url: https://a.example/, tags: &t [x]}\n- {url: https://b.example/, tags: *t}\n"
    file = FeedsFile(Path("feeds.yaml"), text)
    file.set_tags(0, ("y",))
    with pytest.raises(EditError, match="edit it by hand"):
        file.checked()


TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cn", "Co", "Zl", "Zp")), min_size=1, max_size=20
).map(lambda text: " ".join(text.split())).filter(lambda text: text and text.isprintable())  # fmt: skip


@given(
    st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=3, unique=True)), min_size=1, max_size=4),
    st.booleans(),
)
def test_any_name_and_tag_is_written_so_that_it_reads_back(
    feeds: list[tuple[str, list[str]]], flow: bool
) -> None:
    text = "feeds: [https://a.example/]\n" if flow else "feeds:\n- https://a.example/\n"
    file = FeedsFile(Path("feeds.yaml"), text)
    items = [FeedItem(f"https://{n}.example/", name, tuple(tags)) for n, (name, tags) in enumerate(feeds)]
    file.add(items)
    file.set_name(0, feeds[0][0])
    file.checked()


@given(st.text("ab:#-[]{},'\" \n", max_size=60))
def test_any_text_is_edited_or_refused(text: str) -> None:
    try:
        file = FeedsFile(Path("feeds.yaml"), f"feeds:\n- https://a.example/\n{text}")
    except ConfigError:
        return
    try:
        file.add([NEW])
        file.set_name(0, "A")
        file.checked()
    except EditError:
        pass


# ---------------------------------------------------------------- on disk


def written(folder: Path, text: str = LIST) -> Path:
    (folder / "feeds.yaml").write_text(text)
    return folder / "feeds.yaml"


def test_the_old_text_lies_beside_it_and_the_mode_stays(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.chmod(0o640)
    with edit_feeds(path) as file:
        file.remove(0)
    assert len(load(path).feeds) == 4
    assert (tmp_path / "feeds.yaml.bak").read_text() == LIST
    assert {entry.stat().st_mode & 0o777 for entry in tmp_path.iterdir()} == {0o640}


def test_nothing_changed_nothing_written(tmp_path: Path) -> None:
    path = written(tmp_path)
    with edit_feeds(path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["feeds.yaml"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    real = written(tmp_path)
    link = tmp_path / "link.yaml"
    link.symlink_to(real)
    with edit_feeds(link) as file:
        file.remove(0)
    assert link.is_symlink()
    assert len(load(real).feeds) == 4


def test_two_writers_at_once(tmp_path: Path) -> None:
    path = written(tmp_path)
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(EditError, match="another process"), edit_feeds(path, lock_timeout=0) as file:
        file.remove(0)
    with ThreadPoolExecutor() as pool:
        second = pool.submit(_remove_first, path)  # waits for the other one
        os.close(other)
        second.result()
    assert path.read_text() == LIST.replace("  - https://a.example/   # plain\n", "")


def _remove_first(path: Path) -> None:
    with edit_feeds(path) as file:
        file.remove(0)


def test_a_file_that_is_not_there_or_has_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="aggregator init"), edit_feeds(tmp_path / "feeds.yaml"):
        pass
    path = written(tmp_path, "titel: x\nfeeds: []\n")
    with pytest.raises(ConfigError, match="did you mean"), edit_feeds(path):
        pass


def test_the_text_alone_can_be_edited() -> None:
    text = FeedsText("title: x\n")
    text.add([FeedItem("https://a.example/")])
    assert text.text == "title: x\nfeeds:\n  - https://a.example/\n"
