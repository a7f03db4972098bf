"""How much of one text stands in another: by runs of four words, whatever their order."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.scripts import UNSPACED

RUN = 4  # words in a row that two texts hardly share by chance
ALIKE = 0.5  # of the shorter text's runs: an edit leaves more, another piece in the same series less
SAME = 0.8
_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")

Runs = frozenset[tuple[str, ...]]


def overlap(one: str, other: str) -> float | None:
    """The share of the shorter text's runs of words that the other has too, 0 to 1; None if either has no words."""
    if one == other and one:
        return 1.0
    mine, theirs = _runs(one), _runs(other)
    if not mine or not theirs:
        return None
    return len(mine & theirs) / min(len(mine), len(theirs))


@lru_cache(maxsize=1024)  # one text is compared with many
def _runs(text: str) -> Runs:
    words = _WORD.findall(text.casefold())
    if len(words) <= RUN:
        return frozenset([tuple(words)] if words else [])
    return frozenset(tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1))
