"""How much a word tells: the rarer it is among the entries of the last weeks, the more (inverse document frequency)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log, sqrt

from aggregator.models import EntryWords, WordCounts

MOST_WORDS = 16  # telling words of an entry
_IN_SUMMARY = 0.5  # what a word weighs that only the summary has, against one of the headline
# A word in more entries than both of these tells nothing; it also bounds what a join has to look at.
COMMON = 25
COMMON_SHARE = 50  # one in so many entries


def weigh(words: EntryWords, known: WordCounts) -> dict[str, float]:
    """The entry's telling words, at most 16, with their weights, as a vector of length 1; empty where none tells.

    `known`: the counts of the entry's own words at least, this entry's included.
    """
    ranked = sorted(_weights(words, known), key=lambda each: (-each[1], each[0]))[:MOST_WORDS]
    length = sqrt(sum(weight * weight for _, weight in ranked))
    return {word: weight / length for word, weight in ranked} if length else {}


def rarest(words: tuple[str, ...], counts: Mapping[str, int]) -> tuple[str, ...]:
    """The same words, the rarest first."""
    return tuple(sorted(words, key=lambda word: (counts.get(word, 0), word)))


def _weights(words: EntryWords, known: WordCounts) -> Iterator[tuple[str, float]]:
    common = max(COMMON, known.entries / COMMON_SHARE)
    for part, factor in ((words.headline, 1.0), (words.summary, _IN_SUMMARY)):
        for word in part:
            count = known.counts.get(word, 0)
            if count <= common:
                yield word, factor * max(log((known.entries + 1) / (count + 0.5)), 0.0)
