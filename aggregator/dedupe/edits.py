"""Which edits are stored, and which are worth a reader's second look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.models import Decision, KnownEntry, StoredContent
from aggregator.text import visible_text

# Insignificant edits of one entry that are stored on one UTC day: a token or a count of comments may change at
# every poll. A significant one always passes.
MOST_A_DAY = 24

# A change of visible text that is smaller than both is a corrected typo.
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


def mark_significant_edits(
    decisions: Sequence[Decision],
    stored: Mapping[int, KnownEntry],
    content: Mapping[int, StoredContent],
    now: datetime,
) -> tuple[Decision, ...]:
    """The decisions with a new `updated` on each significant edit, and without insignificant ones beyond the day's.

    `stored`, `content`: of the entries that are edited, by their ids.
    """

    def weighed(decision: Decision) -> Decision:
        entry, before = decision.entry, content.get(decision.entry_id or 0)
        if decision.action != "edit" or before is None:
            return decision
        if is_significant(before.title_key, entry.title_key, before.html, entry.content or entry.summary):
            return replace(decision, revised=min(entry.updated, now) if entry.updated else now)
        known = stored.get(decision.entry_id or 0)
        if known is None or before.title != entry.title or _edits_today(known, now) < MOST_A_DAY:
            return decision
        return replace(decision, action="same")

    return tuple(weighed(decision) for decision in decisions)


def _edits_today(entry: KnownEntry, now: datetime) -> int:
    return entry.edits if entry.edited_at and entry.edited_at.date() == now.date() else 0


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
