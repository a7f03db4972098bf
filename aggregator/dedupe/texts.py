"""How much of one text stands in another: by runs of four words, whatever their order."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.scripts import UNSPACED

RUN = 4  # words in a row that two texts hardly share by chance
ALIKE = 0.5  # of the shorter text's runs: an edit leaves more, another piece in the same series less
SAME = 0.8
_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")


def overlap(one: str, other: str) -> float | None:
    """The share of the shorter text's runs of words that the other has too, 0 to 1; None if either has no words.

    Of a text that is shorter than a run, its words.
    """
    if one == other and one:
        return 1.0
    size = RUN if min(len(_words(one)), len(_words(other))) > RUN else 1
    mine, theirs = _runs(one, size), _runs(other, size)
    if not mine or not theirs:
        return None
    return len(mine & theirs) / min(len(mine), len(theirs))


@lru_cache(maxsize=1024)  # one text is compared with many
def _runs(text: str, size: int) -> frozenset[tuple[str, ...]]:
    words = _words(text)
    return frozenset(words[place : place + size] for place in range(len(words) - size + 1))


@lru_cache(maxsize=1024)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))
