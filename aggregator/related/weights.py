"""How much a word tells: the rarer it is among the entries of the last weeks, the more (inverse document frequency)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import log, sqrt

from aggregator.models import COLD, WORD_STEPS, EntryWords, WordCounts, total_step, word_step

MOST_WORDS = 16  # telling words of an entry
_IN_SUMMARY = 0.5  # what a word weighs that only the summary has, against one of the headline
# A word that is in more than one of so many entries tells nothing, in a small store one in more than 25 entries. Nor
# does one in more than 250: that bounds what a join has to look at, however large the store or the day's topic.
COMMON_SHARE = 50
COMMON, COMMON_AT_MOST = 25, 255


def weigh(words: EntryWords, known: WordCounts) -> dict[str, float]:
    """The entry's telling words, at most 16, with their weights, as a vector of length 1; empty where none tells.

    `known`: the counts of the entry's own words at least, this entry's included.
    """
    ranked = sorted(_weights(words, known), key=lambda each: (-each[1], each[0]))[:MOST_WORDS]
    length = sqrt(sum(weight * weight for _, weight in ranked))
    return {word: weight / length for word, weight in ranked} if length else {}


def _weights(words: EntryWords, known: WordCounts) -> Iterator[tuple[str, float]]:
    entries, in_steps = total_step(known.entries), known.entries >= COLD
    common = min(max(COMMON, entries / COMMON_SHARE), COMMON_AT_MOST)
    for part, factor in ((words.headline, 1.0), (words.summary, _IN_SUMMARY)):
        for word in part:
            count: float = known.counts.get(word, 0)
            if in_steps:
                count = _MIDDLES[word_step(known.counts.get(word, 0))]
            if count <= common:
                yield word, factor * max(log((entries + 1) / (count + 0.5)), 0.0)


# What the counts of each step are taken for: the (geometric) middle, but for the last, which has no end.
_MIDDLES = (*(sqrt(one * (two - 1)) for one, two in pairwise(WORD_STEPS)), WORD_STEPS[-1])
