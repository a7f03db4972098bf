"""Laws of related coverage, on entries of any words, outlets and times."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from aggregator.models import EntryWords, RelatedLink, WeighedEntry, WordCounts
from aggregator.related import MOST_LINKS, WINDOW, choose_links, entry_words, find_pairs, judge, weigh
from aggregator.related.groups import find_stars
from support.related import entry

START = datetime(2026, 3, 2, tzinfo=UTC)
_WORDS = st.lists(
    st.sampled_from("peru congre jeri impeac harbou ferry kallav fog brandt lisbon hotel 214 5.8".split()),
    min_size=3,
    max_size=8,
    unique=True,
)


@st.composite
def _entries(draw: st.DrawFn) -> list[WeighedEntry]:
    drawn = draw(
        st.lists(
            st.tuples(_WORDS, st.integers(1, 4), st.integers(1, 6), st.integers(0, 90), st.booleans()),
            max_size=14,
        )
    )
    made = []
    for number, (words, outlet, feed, hours, summary) in enumerate(drawn, 1):
        of_entry = EntryWords(f"outlet{outlet}", tuple(words), ("summar",) if summary else ())
        weights = weigh(of_entry, WordCounts(100, dict.fromkeys(words, 2)))
        made.append(
            WeighedEntry(
                number, feed, number // 2, START + timedelta(hours=hours), of_entry, weights, str(number)
            )
        )
    return made


@given(_entries())
def test_a_link_is_the_same_from_both_ends(entries: list[WeighedEntry]) -> None:
    for one, other in combinations(entries, 2):
        there, back = judge(one, other), judge(other, one)
        assert (there is None) == (back is None)
        if there and back:
            assert there == replace(back, entry_id=back.other_id, other_id=back.entry_id)


@given(_entries())
def test_no_entry_is_related_to_its_own_outlet_feed_or_story_or_to_what_is_far_away(
    entries: list[WeighedEntry],
) -> None:
    by_id = {each.id: each for each in entries}
    for link in choose_links(find_pairs(entries)):
        one, other = by_id[link.entry_id], by_id[link.other_id]
        assert one.words.outlet != other.words.outlet
        assert one.feed_id != other.feed_id
        assert one.story_id != other.story_id
        assert abs(one.published - other.published) <= WINDOW


@given(st.permutations(range(1, 16)))
def test_of_many_that_are_as_much_alike_the_same_ten_are_kept_whoever_came_first(ids: list[int]) -> None:
    """Their numbers are those of their arrival; their names are not."""
    words = EntryWords("", ("kallav", "peru", "brandt", "lisbon"))
    weights = weigh(words, WordCounts(100, dict.fromkeys(words.headline, 15)))
    told = [
        WeighedEntry(
            id, place, place, START, replace(words, outlet=f"outlet{place}"), weights, f"name{place:02}"
        )
        for place, id in enumerate(ids)
    ]
    names = {each.id: each.name for each in told}
    kept = [(names[link.entry_id], names[link.other_id]) for link in _links(told)]
    assert [other for one, other in kept if one == "name14"] == [f"name{place:02}" for place in range(10)]
    assert len(kept) == 15 * MOST_LINKS


@given(_entries(), st.randoms(use_true_random=False))
def test_links_and_groups_do_not_depend_on_the_order_of_entries(
    entries: list[WeighedEntry], chance: random.Random
) -> None:
    shuffled = chance.sample(entries, len(entries))
    assert _links(shuffled) == _links(entries)
    assert _groups(shuffled) == _groups(entries)


@given(_entries())
def test_each_entry_has_few_links_and_is_in_one_group_at_most(entries: list[WeighedEntry]) -> None:
    links = _links(entries)
    assert all(sum(link.entry_id == each.id for link in links) <= MOST_LINKS for each in entries)
    members = [id for lead, linked in _groups(entries) for id in (lead, *linked)]
    assert sorted(members) == sorted(each.id for each in entries)


@given(_entries())
def test_every_member_of_a_group_is_linked_to_its_lead(entries: list[WeighedEntry]) -> None:
    linked = {frozenset((link.entry_id, link.other_id)) for link in _links(entries)}
    for lead, members in _groups(entries):
        assert all(frozenset((lead, id)) in linked for id in members)


@given(st.text(), st.text())
def test_words_of_any_text_are_stems_that_stand_once(title: str, summary: str) -> None:
    words = entry_words(entry(title, summary), "https://example.org/feed")
    if words:
        every = (*words.headline, *words.summary)
        assert len(set(every)) == len(every)
        assert all(every)
        assert not any(" " in word for word in every)


def _links(entries: list[WeighedEntry]) -> tuple[RelatedLink, ...]:
    return choose_links(find_pairs(entries))


def _groups(entries: list[WeighedEntry]) -> list[tuple[int, list[int]]]:
    links = choose_links(find_pairs(entries))
    cosines = {
        (min(link.entry_id, link.other_id), max(link.entry_id, link.other_id)): link.cosine for link in links
    }
    outlets = {each.id: frozenset([each.words.outlet]) for each in entries}
    return find_stars(
        {each.id: (each.published.timestamp(), str(each.id)) for each in entries}, cosines, outlets
    )
