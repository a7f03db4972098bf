"""What entries tell of in common: words, counts, telling words, links."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from math import floor, log

from aggregator.records import dataclass

RELATED_RULE = "related-coverage"  # of the links in the table `related` that this is about


@dataclass(frozen=True, slots=True)
class EntryWords:
    """The words by which an entry may be related to others, not weighed yet. Each is a stem, and stands once."""

    outlet: str  # who publishes it: entries of one outlet are not related to each other
    headline: tuple[str, ...]  # in the order of the headline
    summary: tuple[str, ...] = ()  # of the summary's beginning, those that the headline has not


@dataclass(frozen=True, slots=True)
class WordCounts:
    """In how many of the entries of the last weeks each word stands."""

    entries: int
    counts: Mapping[str, int]


# From so many counted entries on, words are weighed by steps of their counts, not by the counts: so what a word weighs
# changes seldom, and only those entries are judged anew that have it. Below, each entry changes what all words weigh.
COLD = 1_000
WORD_STEPS = (
    1,
    8,
    64,
    256,
)  # a word's count takes a step where it reaches one of these; triggers of the store know them
_GROWTH = 1.25  # a step of the number of entries


def word_step(count: int) -> int:
    """Which of WORD_STEPS the count has reached, by its place; one that nobody has counted is at the first."""
    return max(bisect_right(WORD_STEPS, count) - 1, 0)


def total_step(entries: int) -> int:
    """The number of counted entries that words are weighed by: that of the last step, or `entries` where they are few."""
    if entries < COLD:
        return entries
    return floor(COLD * _GROWTH ** floor(log(entries / COLD, _GROWTH) + 1e-9))


@dataclass(frozen=True, slots=True)
class WeighedEntry:
    """An entry with its telling words, and what decides whether another is related to it."""

    id: int
    feed_id: int
    story_id: int
    published: datetime
    words: EntryWords
    weights: Mapping[str, float]  # of its telling words, as a vector of length 1
    name: str  # that decides between two that are as much alike; the same in every store


@dataclass(frozen=True, slots=True)
class RelatedLink:
    """Two entries that probably tell of one event."""

    entry_id: int
    other_id: int
    cosine: float  # how alike their telling words are, 0 to 1
    words: tuple[str, ...]  # stems that both have, the heaviest first
