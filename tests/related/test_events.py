"""Events of our own invention in five languages: each is found, and none is mixed up with another."""

from __future__ import annotations

from itertools import combinations

import pytest

from aggregator.related import entry_words, find_pairs, judge
from support.events import EVENTS, MORE_EVENTS
from support.related import entry, weighed


def test_there_are_four_events_in_each_of_five_languages() -> None:
    languages = [language for language, _ in EVENTS]
    assert len(EVENTS) == 20
    assert {languages.count(language) for language in ("en", "de", "fr", "es", "ru")} == {4}


@pytest.mark.parametrize("summaries", [True, False], ids=["with summaries", "headlines alone"])
def test_headlines_of_one_event_are_linked_and_no_others(summaries: bool) -> None:
    told = [(event, each) for event, (_, tellings) in enumerate(EVENTS) for each in tellings]
    entries = weighed((title, summary if summaries else "") for _, (title, summary) in told)
    links = {(one.id, other.id) for one, other in find_pairs(entries) if judge(one, other)}
    event_of = {number: event for number, (event, _) in enumerate(told, 1)}
    wrong = [
        (told[one - 1][1], told[other - 1][1]) for one, other in links if event_of[one] != event_of[other]
    ]
    assert not wrong
    right = {
        (one, other)
        for event in range(len(EVENTS))
        for one, other in combinations([id for id, of in event_of.items() if of == event], 2)
    }
    missed_events = [
        EVENTS[event][1][0][0]
        for event in range(len(EVENTS))
        if sum(event_of[one] == event for one, _ in links) < (2 if summaries else 0)
    ]
    assert not missed_events, "two of three links make a group of three"
    assert len(links & right) >= (54 if summaries else 20)


@pytest.mark.parametrize("event", range(len(MORE_EVENTS)), ids=[told[0][0] for _, told in MORE_EVENTS])
def test_events_in_further_languages_are_found_among_all_others(event: int) -> None:
    told = [each for _, tellings in (*MORE_EVENTS, *EVENTS) for each in tellings]
    own = {3 * event + 1, 3 * event + 2, 3 * event + 3}
    linked = [{one.id, other.id} for one, other in find_pairs(weighed(told)) if judge(one, other)]
    assert len([pair for pair in linked if pair <= own]) >= 2, "two of three links make a group of three"
    assert all(pair <= own for pair in linked if pair & own)


@pytest.mark.parametrize(
    "headline",
    [
        "انهيار جسر وادي الزهور بعد فيضانات عنيفة",
        "花谷大桥在洪水中倒塌",
        "花谷橋が洪水で崩落",
        "สะพานหุบเขาดอกไม้พังถล่ม",
        "גשר עמק הפרחים קרס בשיטפון",
    ],
)
def test_scripts_that_were_not_measured_are_related_to_nothing(headline: str) -> None:
    assert entry_words(entry(headline), "https://outlet.example/feed") is None
