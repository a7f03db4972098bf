"""A tag's addresses and id depend on the tag alone, and no two tags share them."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.export.places import OURS, SLUG, slug, tag_feed
from aggregator.text import tag_key
from support.publications import ID


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("tech", "tech"),
        ("Tech", "tech"),
        ("free-software", "free-software"),
        ("free software", "free_software"),
        ("web3", "web3"),
        ("index", "index-1bc04b52"),
        ("C++", "c-cedb1bac"),
        ("français", "francais-fb62c0c2"),
        ("日本語", "tag-77710aed"),
        ("../../etc/passwd", "etc-passwd-3754d6cb"),
        ("a/b", "a-b-c14cddc0"),
        (".", "tag-cdb4ee2a"),
    ],
)
def test_slug(tag: str, expected: str) -> None:
    assert slug(tag) == expected


@given(st.text())
@example("a" * 500)
@example("con\x00")
@example("\ud800")
def test_any_tag_has_a_safe_name(tag: str) -> None:
    assert re.fullmatch(SLUG, slug(tag))
    assert len(slug(tag)) <= 50
    assert OURS["tags"].fullmatch(f"{slug(tag)}.atom")
    assert slug(tag) != "index"


@given(st.text("aAbB12 -_+.é/", max_size=6), st.text("aAbB12 -_+.é/", max_size=6))
@example("a b", "a_b")
@example("a b", "a-b")
@example("c++", slug("c++"))
@example("e\u0301", "é")
@example("E\u0301", "é")
def test_two_tags_share_a_name_only_where_they_are_one(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (tag_key(one) == tag_key(other))
    assert (tag_feed(ID, one).id == tag_feed(ID, other).id) == (tag_key(one) == tag_key(other))


def test_the_address_of_a_tag_is_what_it_was_where_the_key_became_wider() -> None:
    assert tag_key("Part ①") == tag_key("part 1")
    assert slug("Part ①") == "part-1-40c362b9"


def test_id_is_of_the_publication_and_the_tag() -> None:
    space = uuid.UUID(ID.removeprefix("urn:uuid:"))
    assert tag_feed(ID, "Tech").id == f"urn:uuid:{uuid.uuid5(space, 'tech')}"
    assert tag_feed(f"urn:uuid:{uuid.UUID(int=1)}", "tech").id != tag_feed(ID, "tech").id
