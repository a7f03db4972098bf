"""Filters as they are written in feeds.yaml: what is read, and what is answered where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.settings import FilterRule as Rule
from aggregator.settings import Filters
from support.config_issues import issues_in

FEED = "feeds: [https://example.org/feed]\n"

READ = {
    "words": ("block: [horoscope, trade war]", Filters(block=(Rule(any="horoscope"), Rule(any="trade war")))),
    "a key": ("keep: [title: climate]", Filters(keep=(Rule(title="climate"),))),
    "all keys": (
        "block: [{title: a, link: b, author: c, tag: d, content: e, any: f}]",
        Filters(block=(Rule("a", "b", "c", "d", "e", "f"),)),
    ),
    "an expression": (
        "block:\n    - title: /sponsored|advert(orial)?/",
        Filters(block=(Rule(title="/sponsored|advert(orial)?/"),)),
    ),
    "an expression in which spaces count": ("block: ['/a  b /']", Filters(block=(Rule(any="/a  b /"),))),
    "a phrase in which they do not": ("block: ['  a  b ']", Filters(block=(Rule(any="a b"),))),
    "an expression in quotes": (r"block: ['/\d+: x/']", Filters(block=(Rule(any=r"/\d+: x/"),))),
    "one rule twice": ("block: [a, any: a]", Filters(block=(Rule(any="a"),))),
    "no rules": ("block: []", Filters()),
    "all lines comments": ("#block: []", Filters()),
}


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_reads_for_all_feeds_and_for_one(tmp_path: Path, text: str, expected: Filters) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(f"filters:\n  {text}\n{FEED}")
    assert load(file).filters == expected
    file.write_text(f"feeds:\n- url: https://example.org/feed\n  filters:\n    {text}\n")
    assert load(file).feeds[0].filters == expected
    assert load(file).filters == Filters()


def test_a_rule_knows_its_line(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(f"filters:\n  block:\n    - a\n    - title: b\n{FEED}")
    assert [rule.line for rule in load(file).filters.block] == [3, 4]


MEND = "correct it, or use a word or phrase without slashes"
WRONG = {
    "a group without end": ("/(/", f"`/(/` cannot be used: missing ): (; {MEND}"),
    "a look-around": (
        "/(?=x)/",
        "`/(?=x)/` cannot be used: invalid perl operator: (?= "
        f"(look-arounds and back-references are not known to RE2); {MEND}",
    ),
    "what matches all": ("/.*/", f"`/.*/` cannot be used: it matches every text; {MEND}"),
    "flags": ("/x/i", "`/x/i` has flags after its slashes; remove them; matching ignores case"),
    "nothing but a mark": (
        '"\\u0301"',
        "`\u0301` cannot match anything: it is empty; write it as advert or /advert(orial)?/",
    ),
    "a number": ("2026", '`2026` is read as a number by YAML; write "2026" in quotes'),
    "a truth": ("no", '`no` is read as false by YAML; write "no" in quotes'),
    "nothing": ("", "has no value; write one, or remove the line"),
    "an empty mapping": ("{}", "is empty; write what to match, for example `title: advert`"),
    "a list": (
        "[x]",
        "is a list, but must be a word or a /regular expression/; write it as advert or /advert(orial)?/",
    ),
}


@pytest.mark.parametrize(("rule", "issue"), WRONG.values(), ids=WRONG)
def test_a_wrong_rule(tmp_path: Path, rule: str, issue: str) -> None:
    text = f"filters:\n  block:\n    - fine\n    - {rule}\n{FEED}"
    assert issues_in(tmp_path, text) == [f"feeds.yaml:4: filters.block[1]: {issue}"]


SHAPES = {
    "a key misspelt": (
        "filters: {block: [titel: x]}",
        "filters.block[0].titel: is not a known key; did you mean `title`?",
    ),
    "an expression under a key": (
        "filters: {keep: [{tag: x, author: '/[/'}]}",
        f"filters.keep[0].author: `/[/` cannot be used: missing ]: [; {MEND}",
    ),
    "a rule that is no list": (
        "filters: {block: x}",
        "filters.block: is a single value, but must be a list; write [x]",
    ),
    "a mapping that is no list": (
        "filters: {block: {title: x}}",
        "filters.block: is a mapping, but must be a list; start each item with a dash",
    ),
    "no mapping": (
        "filters: [x]",
        "filters: must be a mapping; indent its keys under it, for example `keep: []`",
    ),
}


@pytest.mark.parametrize(("text", "issue"), SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape(tmp_path: Path, text: str, issue: str) -> None:
    assert issues_in(tmp_path, f"{text}\n{FEED}") == [f"feeds.yaml:1: {issue}"]


OF_A_FEED = {
    "no mapping": (
        "x",
        "filters: must be a mapping; write `keep:` or `block:` under it, and a list of rules there",
    ),
    "a key misspelt": ("{blok: [x]}", "filters.blok: is not a known key; did you mean `block`?"),
    "a wrong expression": ("{keep: [/(/]}", f"filters.keep[0]: `/(/` cannot be used: missing ): (; {MEND}"),
}


@pytest.mark.parametrize(("text", "issue"), OF_A_FEED.values(), ids=OF_A_FEED)
def test_wrong_filters_of_a_feed(tmp_path: Path, text: str, issue: str) -> None:
    text = f"feeds:\n- url: https://example.org/feed\n  filters: {text}\n"
    assert issues_in(tmp_path, text) == [f"feeds.yaml:3: feeds[0].{issue}"]
