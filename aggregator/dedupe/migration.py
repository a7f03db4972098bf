"""A site that gives its entries other ids and links at once, and perhaps other dates: they are the entries that they were."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from aggregator.dedupe.pair import TELLING_TEXT, Pair
from aggregator.dedupe.pending import pending
from aggregator.dedupe.texts import SAME
from aggregator.models import Decision, KnownEntry

RULE = "same-title-migrated"
LEAST = 2  # entries: one title that comes again is a column
_DIGITS = re.compile(r"\d+")


def recognise(
    decisions: Sequence[Decision], feed_id: int, same_title: Iterable[KnownEntry]
) -> tuple[Decision, ...]:
    """The decisions with unseen entries recognised as stored ones, if at least half of the known that are listed are.

    `same_title`: stored entries of the feed with the title of an unseen one. Each of these is told by its title,
    which no other has, and by its text; and where the text is short, by links or ids of another form.
    """
    known = {decision.entry_id for decision in decisions if decision.entry_id is not None}
    titles = Counter(decision.entry.title_key for decision in decisions)
    by_title: dict[str, list[KnownEntry]] = {}
    for stored in same_title:
        if stored.id not in known:
            by_title.setdefault(stored.title_key or "", []).append(stored)
    found: dict[int, KnownEntry] = {}
    for index, decision in enumerate(decisions):
        entry = decision.entry
        alike = by_title.get(entry.title_key or "", [])
        if decision.action != "new" or titles[entry.title_key] > 1 or len(alike) != 1:
            continue
        if _is_same(Pair(pending(index, entry, feed_id), alike[0])):
            found[index] = alike[0]
    if len(found) < LEAST or len(found) < len(known):
        return tuple(decisions)
    return tuple(
        _recognised(decision, found[index]) if index in found else decision
        for index, decision in enumerate(decisions)
    )


def _is_same(pair: Pair) -> bool:
    if pair.other_text or pair.other_enclosure:
        return False
    one, other = pair.entry, pair.other
    same_long_text = (pair.shared_text or 0) >= SAME and min(one.text_size, other.text_size) >= TELLING_TEXT
    return same_long_text or _form(one) != _form(other)


def _form(entry: KnownEntry) -> tuple[str, str]:
    """Where the entry's link stands, less its last part, and what its id looks like; digits do not count."""
    folder = (entry.link or "").partition("://")[2].rpartition("/")[0]
    scheme = re.match(r"[^\d/]*[/:]*[^\d/]*", entry.guid) if entry.own_guid else None
    return _DIGITS.sub("0", folder), scheme[0] if scheme else ""


def _recognised(decision: Decision, stored: KnownEntry) -> Decision:
    return replace(decision, action="edit", rule=RULE, key=decision.entry.title_key or "", entry_id=stored.id)
