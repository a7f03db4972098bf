"""What a document teaches about its feed, before any of its entries is decided: one table.

A lesson is learned for good, and kept in the store: which links are shared by several entries, whether the
feed's ids can be trusted, whether its links differ in their fragments only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from aggregator import links
from aggregator.dedupe.rules import SLUG_FIXED
from aggregator.dedupe.titles import alike
from aggregator.models import Entry, FeedTrait

UNTRUSTED_GUID = FeedTrait("untrusted-ids")
KEEP_FRAGMENT = FeedTrait("keep-fragment")


@dataclass(frozen=True, slots=True)
class TraitRule:
    name: str  # as dedupe policy calls it
    words: str  # as `aggregator explain` says it
    learn: Callable[
        [Sequence[Entry], frozenset[FeedTrait]], Iterable[FeedTrait]
    ]  # given what is known before


def _untrusted_guid(entries: Sequence[Entry], _: frozenset[FeedTrait]) -> Iterable[FeedTrait]:
    for same in _grouped(entries, lambda entry: None if entry.guid_made else entry.guid):
        # An entry may be listed twice after an edit: another link or a word changed in its headline prove
        # nothing, both together do, and so does quite another headline.
        links_differ = len({_link(entry) for entry in same}) > 1
        titles = {_says(entry) for entry in same}
        if len(titles) > 1 and (links_differ or not alike(*sorted(titles)[:2])):
            return (UNTRUSTED_GUID,)
    return ()


def _keep_fragment(entries: Sequence[Entry], _: frozenset[FeedTrait]) -> Iterable[FeedTrait]:
    for same in _grouped(entries, lambda entry: entry.link_key):
        bare = {(entry.link or "").partition("#")[0] for entry in same}
        fragments = {(entry.link or "").partition("#")[2] for entry in same}
        if len(bare) == 1 and len(fragments) == len(same) and len({_says(entry) for entry in same}) > 1:
            return (KEEP_FRAGMENT,)
    return ()


def _shared_links(entries: Sequence[Entry], known: frozenset[FeedTrait]) -> Iterable[FeedTrait]:
    trusted = UNTRUSTED_GUID not in known
    for same in _grouped(entries, lambda entry: entry.link_key):
        ids = {entry.guid if trusted and not entry.guid_made else _says(entry) for entry in same}
        if len(ids) > 1 and len({_says(entry) for entry in same}) > 1:
            yield FeedTrait("shared-link", same[0].link_key or "")


def _recurring_titles(entries: Sequence[Entry], _: frozenset[FeedTrait]) -> Iterable[FeedTrait]:
    for same in _grouped(entries, lambda entry: entry.title_key if entry.title_strength != "none" else None):
        dates = sorted(entry.published for entry in same)
        far = any(later - earlier >= SLUG_FIXED for earlier, later in pairwise(dates))
        if far and len({_link(entry) for entry in same}) > 1:
            yield FeedTrait("recurring-title", same[0].title_key or "")


# In this order: links that are told apart by their fragments are not shared.
TRAIT_RULES: tuple[TraitRule, ...] = (
    TraitRule(
        "untrusted-ids",
        "one id for several entries of one document: the ids of this feed are not trusted",
        _untrusted_guid,
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
)


def lessons(
    entries: Sequence[Entry], known: frozenset[FeedTrait]
) -> tuple[tuple[Entry, ...], tuple[FeedTrait, ...]]:
    """The entries with their keys as this feed's facts have them, and the facts that are new.

    `known`: what the feed has taught before.
    """
    facts, new = set(known), []
    entries = under(entries, frozenset(facts))
    for lesson in TRAIT_RULES:
        for fact in lesson.learn(entries, frozenset(facts)):
            if fact not in facts:
                facts.add(fact)
                new.append(fact)
        entries = under(entries, frozenset(facts))
    return entries, tuple(new)


def under(entries: Sequence[Entry], facts: frozenset[FeedTrait]) -> tuple[Entry, ...]:
    """The entries with their keys as these facts have them."""
    if not facts:
        return tuple(entries)
    keep_fragment = KEEP_FRAGMENT in facts
    done = []
    for entry in entries:
        if entry.title_strength != "none" and FeedTrait("recurring-title", entry.title_key or "") in facts:
            entry = replace(entry, title_strength="none")
        key = entry.link_key
        if keep_fragment and key and "#" in (entry.link or "") and "#" not in key:
            key = links.link_key(entry.link, keep_fragment=True)
        if key and FeedTrait("shared-link", key) in facts:
            key = None
        done.append(entry if key == entry.link_key else replace(entry, link_key=key))
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
