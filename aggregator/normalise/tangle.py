"""HTML that no parser should be asked to read, told by one look along it."""

from __future__ import annotations

import re
from collections import Counter

from aggregator.normalise import tables

_FEW = 400  # tags; so few do no harm however they nest
_DEEPEST = 250
_MOST_WORK = 1_000_000  # tags times depth
_MOST_ALONE = 2_000  # <path/> and its like: harmless in SVG, an opening tag anywhere else

_ENDLESS_TAG = re.compile(r"<[a-zA-Z][^>]{20000}")  # each attribute is compared with all before it
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)(?:[^<>]*(/)>)?")


def is_tangled(source: str) -> bool:
    """Whether a parser's work on this would grow with the square of its length, or worse.

    Unclosed formatting is opened anew in every paragraph: 60 KB unfold to 150 MB. Depth is counted by
    name, since a tag that closes another name closes nothing.
    """
    if len(source) > 20_000 and _ENDLESS_TAG.search(source):
        return True
    if source.count("<") < _FEW:
        return False
    opened: Counter[str] = Counter()
    depth = work = alone = 0
    for closing, name, alone_mark in _TAG.findall(source):
        name = name.lower()
        if name in tables.FLAT:
            continue
        if alone_mark and name not in tables.KNOWN:
            alone += 1
        elif not closing:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        work += depth
        if depth > _DEEPEST or work > _MOST_WORK or alone > _MOST_ALONE:
            return True
    return False
