"""What a document teaches about its feed, before any of its entries is decided: one table.

A trait is kept in the store for good: which links are shared by several entries, whether the
feed's ids can be trusted, whether its links differ in their fragments only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from aggregator import links
from aggregator.dedupe.order import order
from aggregator.dedupe.pair import Pair
from aggregator.dedupe.pending import pending
from aggregator.dedupe.rules import SLUG_FIXED
from aggregator.models import Entry, FeedTrait, KnownEntry
from aggregator.records import dataclass

UNTRUSTED_GUID = FeedTrait("untrusted-ids")
KEEP_FRAGMENT = FeedTrait("keep-fragment")
UNSORTED_DATES = FeedTrait("unsorted-dates")

_TWO_POSTS = timedelta(minutes=30)  # one that is posted twice comes at once
_TWO = 2  # entries: the id of one may have been given away
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class TraitRule:
    name: str  # as the docs call it
    words: str  # as `aggregator explain` says it
    learn: Callable[
        [Sequence[Entry], frozenset[FeedTrait], Sequence[KnownEntry]], Iterable[FeedTrait]
    ]  # given the document, what is known before, and the feed's stored entries that share a key with it


def _untrusted_ids(
    entries: Sequence[Entry], _: frozenset[FeedTrait], stored: Sequence[KnownEntry]
) -> Iterable[FeedTrait]:
    for same in _grouped(entries, lambda entry: None if entry.guid_made else entry.guid):
        if any(_are_two(one, other) for one, other in pairwise(same)):
            return (UNTRUSTED_GUID,)
    return ()


def _are_two(one: Entry, other: Entry) -> bool:
    """Whether two entries that one document lists under one id are two, and not one before and after an edit.

    Another link or a word changed in its title prove nothing, both together do, and so does a different title;
    for alike titles, another date with another text or recording, or with another number in the title.
    """
    pair = Pair(pending(0, one, 0), pending(1, other, 0))
    if _says(one) == _says(other):
        return pair.another_issue
    if _link(one) != _link(other) or not pair.similar_title or pair.another_issue:
        return True
    return pair.other_date and (
        pair.apart >= SLUG_FIXED or _DIGITS.sub("0", _says(one)) == _DIGITS.sub("0", _says(other))
    )


def _ids_are_positions(
    entries: Sequence[Entry], _: frozenset[FeedTrait], stored: Sequence[KnownEntry]
) -> Iterable[FeedTrait]:
    """One entry has the link and title of a stored one, whose id the document gives to another entry; or every
    entry whose id is stored, and two at least, is another than before.
    """
    if _all_are_others(entries, stored):
        return (UNTRUSTED_GUID,)
    by_words: dict[tuple[str | None, str | None], KnownEntry]
    by_words = {(entry.link_key, entry.title_key): entry for entry in stored if entry.title_key}
    listed: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        listed[entry.guid].append(entry)
    for entry in entries:
        before = by_words.get((entry.link_key, entry.title_key))
        if entry.guid_made or before is None or before.guid == entry.guid:
            continue
        if not (entry.link_key or before.published == entry.published):
            continue
        if any(
            other.title_key != before.title_key and other.link_key != (before.link_key or "")
            for other in listed[before.guid]
        ):
            return (UNTRUSTED_GUID,)
    return ()


def _all_are_others(entries: Sequence[Entry], stored: Sequence[KnownEntry]) -> bool:
    by_guid = {entry.guid: entry for entry in stored}
    pairs = [
        Pair(pending(0, entry, before.feed_id), before)
        for entry in entries
        if not entry.guid_made and (before := by_guid.get(entry.guid)) is not None
    ]
    return len(pairs) >= _TWO and all(
        pair.renamed and pair.other_date and not pair.similar_titles for pair in pairs
    )


def _unsorted_dates(
    entries: Sequence[Entry], _: frozenset[FeedTrait], stored: Sequence[KnownEntry]
) -> Iterable[FeedTrait]:
    if order([entry.published for entry in entries if entry.dated]) == "unsorted":
        return (UNSORTED_DATES,)
    return ()


def _keep_fragment(
    entries: Sequence[Entry], _: frozenset[FeedTrait], stored: Sequence[KnownEntry]
) -> Iterable[FeedTrait]:
    for same in _grouped(entries, lambda entry: entry.link_key):
        bare = {(entry.link or "").partition("#")[0] for entry in same}
        fragments = {(entry.link or "").partition("#")[2] for entry in same}
        several = len({_says(entry) for entry in same}) > 1 or any(
            Pair(pending(0, one, 0), pending(1, other, 0)).another_issue for one, other in pairwise(same)
        )
        if len(bare) == 1 and len(fragments) == len(same) and several:
            return (KEEP_FRAGMENT,)
    return ()


def _shared_links(
    entries: Sequence[Entry], known: frozenset[FeedTrait], stored: Sequence[KnownEntry]
) -> Iterable[FeedTrait]:
    trusted = UNTRUSTED_GUID not in known
    for same in _grouped(entries, lambda entry: entry.link_key):
        ids = {entry.guid if trusted and not entry.guid_made else _says(entry) for entry in same}
        several = len(ids) > 1 and len({_says(entry) for entry in same}) > 1
        if several or (not trusted and any(_are_two(one, other) for one, other in pairwise(same))):
            yield FeedTrait("shared-link", same[0].link_key or "")


def _recurring_titles(
    entries: Sequence[Entry], _: frozenset[FeedTrait], stored: Sequence[KnownEntry]
) -> Iterable[FeedTrait]:
    for same in _grouped(entries, lambda entry: entry.title_key if entry.title_strength != "none" else None):
        dates = sorted(entry.published for entry in same)
        least = SLUG_FIXED if any(entry.guid_made for entry in same) else _TWO_POSTS
        far = any(later - earlier >= least for earlier, later in pairwise(dates))
        if far and len({_link(entry) for entry in same}) > 1:
            yield FeedTrait("recurring-title", same[0].title_key or "")


# In this order: links that are told apart by their fragments are not shared.
TRAIT_RULES: tuple[TraitRule, ...] = (
    TraitRule(
        "untrusted-ids",
        "one id for several entries of one document: the ids of this feed are not trusted",
        _untrusted_ids,
    ),
    TraitRule(
        "ids-are-positions",
        "ids that wander from entry to entry, as positions in the list do: the ids of this feed are not trusted",
        _ids_are_positions,
    ),
    TraitRule(
        "keep-fragment",
        "links of one document that differ only after the #: fragments count in this feed",
        _keep_fragment,
    ),
    TraitRule(
        "shared-link",
        "one link for several entries of one document: the link identifies none of them",
        _shared_links,
    ),
    TraitRule(
        "recurring-title",
        "one title again and again in one document: the title identifies no story",
        _recurring_titles,
    ),
    TraitRule(
        "unsorted-dates",
        "entries not in the order of their dates: dates of this feed do not say when an entry was listed",
        _unsorted_dates,
    ),
)


def find_traits(
    entries: Sequence[Entry], known: frozenset[FeedTrait], stored: Sequence[KnownEntry] = ()
) -> tuple[tuple[Entry, ...], tuple[FeedTrait, ...]]:
    """The entries with their keys as this feed's traits have them, and the traits that are new.

    `known`: what the feed has taught before; `stored`: entries of this feed that share a key with the document's.
    """
    traits, new = set(known), []
    entries = apply_traits(entries, frozenset(traits))
    for rule in TRAIT_RULES:
        for trait in rule.learn(entries, frozenset(traits), stored):
            if trait not in traits:
                traits.add(trait)
                new.append(trait)
        entries = apply_traits(entries, frozenset(traits))
    return entries, tuple(new)


def apply_traits(entries: Sequence[Entry], traits: frozenset[FeedTrait]) -> tuple[Entry, ...]:
    """The entries with their keys as these traits have them."""
    if not traits:
        return tuple(entries)
    keep_fragment = KEEP_FRAGMENT in traits
    done = []
    for entry in entries:
        if entry.title_strength != "none" and FeedTrait("recurring-title", entry.title_key or "") in traits:
            entry = replace(entry, keys=replace(entry.keys, title_strength="none"))
        key = entry.link_key
        if keep_fragment and key and "#" in (entry.link or "") and "#" not in key:
            key = links.link_key(entry.link, keep_fragment=True)
        if key and FeedTrait("shared-link", key) in traits:
            key = None
        done.append(
            entry if key == entry.link_key else replace(entry, keys=replace(entry.keys, link_key=key))
        )
    return tuple(done)


def _grouped(entries: Sequence[Entry], key: Callable[[Entry], str | None]) -> Iterable[list[Entry]]:
    """Entries that share a key, where at least two do."""
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        name = key(entry)
        if name:
            groups[name].append(entry)
    return [group for group in groups.values() if len(group) > 1]


def _link(entry: Entry) -> str:
    return entry.link_key or entry.link or ""


def _says(entry: Entry) -> str:
    """What tells an entry from another when id and link do not: its headline, else its text."""
    return entry.title_key or entry.fingerprint
