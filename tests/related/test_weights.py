"""What a word weighs, and that a topic of any size stays affordable."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from aggregator.models import EntryWords, WordCounts
from aggregator.related import weigh
from aggregator.related.weights import COMMON_AT_MOST, MOST_WORDS


def test_the_rarer_the_heavier_and_half_in_a_summary() -> None:
    words = EntryWords("o", ("rare", "known"), ("aside", "rest"))
    found = weigh(words, WordCounts(1_000, {"rare": 1, "known": 10, "aside": 1, "rest": 900}))
    assert list(found) == ["rare", "known", "aside"]
    assert found["aside"] == pytest.approx(found["rare"] / 2)
    assert sum(weight**2 for weight in found.values()) == pytest.approx(1)


def test_words_that_most_have_weigh_nothing() -> None:
    assert weigh(EntryWords("o", ("all",)), WordCounts(100, {"all": 100})) == {}


@pytest.mark.parametrize("entries", [1_250, 5_000, 20_000])
def test_a_day_of_one_topic_stays_linear(entries: int) -> None:
    """Each entry meets as many others as its words are kept for: no word is kept for more than so many."""
    chance = random.Random(1)
    told = [
        EntryWords("o", tuple(dict.fromkeys(f"w{chance.randrange(520)}" for _ in range(9))))
        for _ in range(entries)
    ]
    counts = Counter(word for words in told for word in words.headline)
    kept = Counter(word for words in told for word in weigh(words, WordCounts(entries, counts)))
    assert max(kept.values(), default=0) <= COMMON_AT_MOST
    assert all(len(weigh(words, WordCounts(entries, counts))) <= MOST_WORDS for words in told[:100])
