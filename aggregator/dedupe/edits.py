"""Whether an edit is worth a reader's second look."""

from __future__ import annotations

from aggregator.text import visible_text

# A change of visible text that is smaller than both is a typo mended.
LEAST_CHARACTERS = 50
LEAST_SHARE = 0.05


def is_significant(
    old_title_key: str | None, new_title_key: str | None, old_html: str, new_html: str
) -> bool:
    """True where the headline says something else, or more than 50 characters or 5 % of the text changed."""
    if old_title_key != new_title_key:
        return True
    if old_html == new_html:
        return False
    old, new = visible_text(old_html), visible_text(new_html)
    changed = _changed(old, new)
    return changed > LEAST_CHARACTERS or changed > LEAST_SHARE * max(len(old), 1)


def text_size(clean_html: str) -> int:
    """How many characters of text a reader sees of clean HTML."""
    return len(visible_text(clean_html))


def _changed(old: str, new: str) -> int:
    """Characters between the common beginning and the common end: linear, and never too few."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return max(len(old), len(new)) - start - end
