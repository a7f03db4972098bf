"""Which elements of an entry's HTML readers of ours never see, since they could run, ask or frame something."""

from __future__ import annotations

import re
from collections import Counter

from aggregator.normalise import tables

# Not counted: a noscript holds the second copy of a picture, a head or title stands there by mistake.
_NAMES = (tables.DROPPED - {"noscript", "head", "title"}) | set(
    "iframe object embed form input canvas".split()
)
_ELEMENT = re.compile(rf"<({'|'.join(sorted(_NAMES))})(?=[\s/>])([^<>]*)", re.I)
_VIDEO = re.compile("|".join(pattern for pattern, _ in tables.FRAMES))  # shown as a link


def dropped_elements(source: str) -> Counter[str]:
    """How many elements of each name are in this HTML that sanitize() drops with what they show."""
    return Counter(
        found[1].lower()
        for found in _ELEMENT.finditer(source)
        if not (found[1].lower() == "iframe" and _VIDEO.search(found[2]))
    )
