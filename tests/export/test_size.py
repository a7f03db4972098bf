"""What a story is counted with is never less than what it takes in a feed, and not much more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from aggregator.export.atom import render_atom
from aggregator.export.jsonfeed import render_jsonfeed
from aggregator.export.size import fair_share, fitting, size_of
from aggregator.models import Publication
from support.publications import RICH, publication, publications

RENDERERS = (render_atom, render_jsonfeed)


@given(publications)
def test_no_story_is_larger_than_it_is_counted(made: Publication) -> None:
    for render in RENDERERS:
        empty = len(render(replace(made, stories=(), deleted=())))
        taken = len(render(made)) - empty
        # The JSON Feed explains its extension where a story is related to others.
        assert taken <= 700 + sum(size_of(story, made) for story in made.stories)


@pytest.mark.parametrize(
    "content", ["<p>Plain words of a text.</p>" * 400, "<b>&amp;</b>" * 900, "<p>Зелёная река</p>" * 400]
)
def test_a_long_story_is_counted_about_as_large_as_it_is(content: str) -> None:
    made = publication(replace(RICH, content=content))
    taken = len(render_atom(made))
    assert taken <= size_of(made.stories[0], made) <= 1.6 * taken


def test_only_what_is_carried_counts() -> None:
    long = replace(RICH, content="x" * 100_000)
    assert size_of(long, publication(long, content="summary")) < 10_000


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((), 1), ((5, 5, 5), 2), ((11, 1), 1), ((10,), 1), ((1, 10, 1), 1)],
    ids=["none", "two of three", "one that is too large alone", "one", "no later one in its place"],
)
def test_fitting(sizes: tuple[int, ...], expected: int) -> None:
    assert fitting(sizes, 10) == expected


def test_a_share_is_fair() -> None:
    items = [(1, "a"), (1, "b"), (1, "c"), (2, "d"), (3, "e")]
    share = fair_share(items, lambda item: item[0], lambda item: 1, 9, 4)
    assert share == [(1, "a"), (1, "b"), (2, "d"), (3, "e")]
    assert fair_share(items, lambda item: item[0], lambda item: 1, 9, 9) == items
    assert len(fair_share(items, lambda item: item[0], lambda item: 1, 3, 9)) == 3
