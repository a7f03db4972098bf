"""Which entries the rules block, and that they say by which."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.filters import Filter, compile_rules
from aggregator.models import Entry, Person
from aggregator.settings import Config, FilterRule, Filters, Subscription
from support.make import entry

URL, OTHER = "https://one.example/feed", "https://two.example/feed"

ENTRY = entry(
    "Sponsored: the best mattress of the year",
    "https://shop.example/deals/mattress?id=1",
    authors=(Person("Ada Adler", email="ada@shop.example"), Person("Bob Bauer")),
    tags=("Home & Garden", "deals"),
    summary="We slept on twelve of them.",
    content="<p>The <b>winner</b> costs 900&nbsp;&euro; and has <a href='https://ads.example/'>a zip</a>.</p>",
)


def rules(*written: dict[str, Any] | str) -> tuple[FilterRule, ...]:
    return tuple(FilterRule(any=rule) if isinstance(rule, str) else FilterRule(**rule) for rule in written)


def compiled(
    block: tuple[Any, ...] = (),
    keep: tuple[Any, ...] = (),
    own_block: tuple[Any, ...] = (),
    own_keep: tuple[Any, ...] = (),
    tags: tuple[str, ...] = (),
) -> Filter:
    own = Filters(keep=rules(*own_keep), block=rules(*own_block))
    feeds = (Subscription(URL, tags=tags, filters=own), Subscription(OTHER))
    everywhere = Filters(keep=rules(*keep), block=rules(*block))
    return compile_rules(Config(Path("feeds.yaml"), feeds, filters=everywhere))


RULES: dict[str, tuple[dict[str, Any], str | None]] = {
    "no rules": ({}, None),
    "a word of the title": ({"block": ({"title": "mattress"},)}, "block title: mattress"),
    "an expression on the title": (
        {"block": ({"title": "/^sponsored/"},)},
        "block title: /^sponsored/",
    ),
    "a host": ({"block": ({"link": "shop.example"},)}, "block link: shop.example"),
    "a path": ({"block": ({"link": "/deals/"},)}, "block link: /deals/"),
    "one of the authors": ({"block": ({"author": "bob bauer"},)}, "block author: bob bauer"),
    "no author's address": ({"block": ({"author": "shop.example"},)}, None),
    "one of the tags": ({"block": ({"tag": "garden"},)}, "block tag: garden"),
    "a tag as a whole": ({"block": ({"tag": "/^deals$/"},)}, "block tag: /^deals$/"),
    "not two tags as one": ({"block": ({"tag": "garden deals"},)}, None),
    "the subscription's tag": ({"block": ({"tag": "shops"},), "tags": ("shops",)}, "block tag: shops"),
    "the summary": ({"block": ({"content": "slept"},)}, "block content: slept"),
    "the content without its tags": ({"block": ({"content": "the winner"},)}, "block content: the winner"),
    "the content with its entities read": ({"block": ({"content": "900 €"},)}, "block content: 900 €"),
    "not the content's addresses": ({"block": ({"content": "ads.example"},)}, None),
    "anything, found in the content": ({"block": ("zip",)}, "block any: zip"),
    "anything, found in the link": ({"block": ("id=1",)}, "block any: id=1"),
    "anything, not found": ({"block": ("pillow",)}, None),
    "all that a rule names must hold": ({"block": ({"title": "mattress", "author": "Carl"},)}, None),
    "all hold": (
        {"block": ({"title": "mattress", "author": "Ada"},)},
        "block title: mattress, author: Ada",
    ),
    "the first rule that matches": (
        {"block": ("pillow", {"tag": "deals"}, "mattress")},
        "block tag: deals",
    ),
    "no keep rule matches": ({"keep": ("pillow", "blanket")}, "keep: no rule matches"),
    "a keep rule matches": ({"keep": ("pillow", "mattress")}, None),
    "keep does not save from block": (
        {"keep": ("mattress",), "block": ({"title": "sponsored"},)},
        "block title: sponsored",
    ),
    "the feed's own block": ({"own_block": ("mattress",)}, "block any: mattress (this feed's)"),
    "the feed's own keep": ({"own_keep": ("pillow",)}, "keep: no rule matches (this feed's)"),
    "each set of keep rules on its own, all feeds' unmet": (
        {"keep": ("pillow",), "own_keep": ("mattress",)},
        "keep: no rule matches",
    ),
    "each set of keep rules on its own, the feed's unmet": (
        {"keep": ("mattress",), "own_keep": ("pillow",)},
        "keep: no rule matches (this feed's)",
    ),
    "both sets met": ({"keep": ("mattress",), "own_keep": ("zip",)}, None),
}


@pytest.mark.parametrize(("given_rules", "reason"), RULES.values(), ids=RULES)
def test_blocked_by(given_rules: dict[str, Any], reason: str | None) -> None:
    found = compiled(**given_rules)
    assert found.blocked_by(ENTRY, URL) == reason
    assert found.marked([ENTRY], URL) == (replace(ENTRY, blocked=reason),)


def test_a_feeds_own_rules_are_its_own() -> None:
    found = compiled(own_block=("mattress",), own_keep=("pillow",))
    assert found.blocked_by(ENTRY, OTHER) is None
    assert found.blocked_by(ENTRY, "https://elsewhere.example/") is None


def test_every_reason_is_told_where_all_are_wanted() -> None:
    found = compiled(block=("mattress", "pillow", "zip"), own_keep=("blanket",))
    assert [check.words for check in found.matching(ENTRY, URL)] == [
        "block any: mattress",
        "block any: zip",
        "keep: no rule matches (this feed's)",
    ]
    assert len(found.checks) == 4


def test_a_rule_taken_back_lets_the_entry_go() -> None:
    blocked = compiled(block=("mattress",)).marked([ENTRY], URL)
    assert compiled().marked(blocked, URL) == (ENTRY,)


SAME = {
    "no rules, tags or not": (compiled(), compiled(tags=("x",))),
    "the same": (compiled(block=("a",)), compiled(block=("a",))),
    "the same on other lines": (
        compile_rules(Config(Path("a"), (), filters=Filters(block=(FilterRule(any="a", line=1),)))),
        compile_rules(Config(Path("b"), (), filters=Filters(block=(FilterRule(any="a", line=9),)))),
    ),
}
CHANGED = {
    "a rule more": (compiled(), compiled(block=("a",))),
    "another word": (compiled(block=("a",)), compiled(block=("b",))),
    "another key": (compiled(block=("a",)), compiled(block=({"title": "a"},))),
    "keep for block": (compiled(block=("a",)), compiled(keep=("a",))),
    "one feed's for all feeds'": (compiled(block=("a",)), compiled(own_block=("a",))),
    "another tag of a subscription": (compiled(block=("a",)), compiled(block=("a",), tags=("x",))),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_fingerprint_stays(one: Filter, other: Filter) -> None:
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(("one", "other"), CHANGED.values(), ids=CHANGED)
def test_the_fingerprint_changes(one: Filter, other: Filter) -> None:
    assert one.fingerprint != other.fingerprint


texts = st.text(max_size=20)
entries = st.builds(
    entry,
    title=texts,
    link=st.none() | texts,
    tags=st.lists(texts, max_size=2).map(tuple),
    summary=texts,
    content=texts,
)
some_rules = st.lists(st.sampled_from(("a", "/b/", "zip")), max_size=3).map(tuple)


@given(entries, some_rules, some_rules)
def test_more_block_rules_never_let_more_through_and_more_keep_rules_never_less(
    found: Entry, ones: tuple[str, ...], others: tuple[str, ...]
) -> None:
    if compiled(block=ones).blocked_by(found, URL):
        assert compiled(block=others + ones).blocked_by(found, URL)
    if ones and compiled(keep=ones).blocked_by(found, URL) is None:
        assert compiled(keep=others + ones).blocked_by(found, URL) is None


def test_a_hundred_rules_on_a_document_of_a_hundred_entries() -> None:
    words = [{"title": f"word{number}"} for number in range(50)] + [f"/other{n}(x|y)/" for n in range(50)]
    found = compiled(block=tuple(words))
    long = replace(ENTRY, content="<p>Some words that stand in many an article.</p>" * 100)
    assert {found.blocked_by(long, URL) for _ in range(100)} == {None}
