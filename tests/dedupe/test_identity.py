"""Atom ids: the source's own where it is one for the whole world, else minted from it."""

from __future__ import annotations

import uuid

import hypothesis
import pytest
from hypothesis import strategies as st

from aggregator.dedupe import atom_id
from aggregator.dedupe.edits import is_significant

FEED = "https://ex.com/feed"


@pytest.mark.parametrize(
    "guid",
    [
        "https://ex.com/2026/03/post",
        "http://ex.com/?p=123",
        "tag:ex.com,2026-03-02:/post",
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
    ],
)
def test_an_absolute_iri_is_kept(guid: str) -> None:
    assert atom_id(guid, FEED) == guid


@pytest.mark.parametrize(
    "guid",
    [
        "12345",
        "https://ex.com",
        "https://ex.com/a b",
        "https://ex.com/<script>",
        "https://ex.com/50%",
        "https://ex.com/a[1]",
        "https://ex.com/#a#b",
        "tag:nonsense",
        "urn:uuid:1",
        "urn:x",
        "javascript:alert(1)",
        "yt:video:abc",
        "https://ex.com/" + "x" * 1000,
        "https://ex.com/post\n",
        "https://ex.com:999999/",
        "https://ex.com/caf%c3%a9",  # a validator wants %C3%A9
        "https://EX.com/post",
        "tag:EX.com,2005:post",
    ],
)
def test_anything_else_is_wrapped(guid: str) -> None:
    minted = atom_id(guid, FEED)
    assert minted.startswith("urn:uuid:")
    assert minted == atom_id(guid, FEED)
    assert minted != atom_id(guid, FEED + "2")
    assert minted != atom_id(guid, FEED, turn=1)


@hypothesis.given(st.text(st.characters(codec="utf-8")), st.integers(0, 2))
def test_a_minted_id_is_a_uuid_of_version_5(guid: str, turn: int) -> None:
    name = f"{FEED}\n{guid}" + (f"\n{turn}" if turn else "")
    assert atom_id(guid, FEED, turn, taken=True) == f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def test_a_taken_id_is_wrapped() -> None:
    assert atom_id("https://ex.com/post", FEED, taken=True).startswith("urn:uuid:")


TEXT = "word " * 400


@pytest.mark.parametrize(
    ("why", "old", "new", "want"),
    [
        ("nothing", ("a b", TEXT), ("a b", TEXT), False),
        ("headline", ("a b", TEXT), ("a c", TEXT), True),
        ("a typo", ("a b", TEXT), ("a b", TEXT.replace("word", "ward", 1)), False),
        ("a paragraph", ("a b", TEXT), ("a b", TEXT + "more " * 20), True),
        ("markup only", ("a b", f"<p>{TEXT}</p>"), ("a b", f"<div>{TEXT}</div>"), False),
        ("a tenth of a short text", ("a b", "ten words"), ("a b", "two words"), True),
        ("text where there was none", ("a b", ""), ("a b", "x"), True),
    ],
)
def test_which_edits_are_significant(
    why: str, old: tuple[str, str], new: tuple[str, str], want: bool
) -> None:
    assert is_significant(old[0], new[0], old[1], new[1]) is want
