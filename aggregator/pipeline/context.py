"""What deciding about a document needs of the store: the query, and which of its answers count. Pure.

The keys of a document's entries depend on the traits of its feed, which stand in the store: so the store is
asked by every form that a key could have, and here that is narrowed down to what the traits leave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from aggregator import dedupe, links
from aggregator.models import (
    ContextQuery,
    Entry,
    EntryLookup,
    Feed,
    FeedTrait,
    KnownEntries,
    KnownEntry,
    PollContext,
)

# A guard, not a limit that real feeds meet: entries that are grouped anew together.
_MOST_TOGETHER = 2_000


def context_query(feed: Feed, entries: Iterable[Entry], title_window: timedelta) -> ContextQuery:
    """The query about this document."""
    return ContextQuery(feed.id, tuple(map(_lookup, entries)), title_window)


def _lookup(entry: Entry) -> EntryLookup:
    link_keys = {entry.link_key, *_with_fragment(entry)} - {None}
    return EntryLookup(
        guid=entry.guid,
        fingerprint=entry.fingerprint,
        published=entry.published,
        link_keys=tuple(sorted(key for key in link_keys if key)),
        title_key=entry.title_key,
        title_counts=entry.title_strength != "none",
        global_id=entry.global_id,
    )


def _with_fragment(entry: Entry) -> set[str | None]:
    if not entry.link_key or "#" not in (entry.link or ""):
        return set()
    return {links.link_key(entry.link, keep_fragment=True)}


def under_traits(context: PollContext, feed_id: int, traits: Sequence[FeedTrait]) -> PollContext:
    """The context as it is once the feed has these traits: its stored entries lose keys that tell nothing."""
    if not traits:
        return context
    learned = frozenset(traits)
    return replace(
        context,
        traits=context.traits | learned,
        entries=tuple(
            _under(entry, learned) if entry.feed_id == feed_id else entry for entry in context.entries
        ),
    )


def _under(entry: KnownEntry, traits: frozenset[FeedTrait]) -> KnownEntry:
    if entry.link_key and FeedTrait("shared-link", entry.link_key) in traits:
        entry = replace(entry, keys=replace(entry.keys, link_key=None))
    if entry.title_key and FeedTrait("recurring-title", entry.title_key) in traits:
        entry = replace(entry, keys=replace(entry.keys, title_strength="none"))
    return entry


def known_entries(
    context: PollContext, feed_id: int, entries: Sequence[Entry], title_window: timedelta
) -> KnownEntries:
    """The stored entries of this feed that share a key with one of these, and what retention removed.

    A title counts within `title_window` of the document's dates.
    """
    if not entries:
        return KnownEntries(forgotten=context.removed)
    guids = {entry.guid for entry in entries}
    link_keys = {entry.link_key for entry in entries if entry.link_key}
    titles = {entry.title_key for entry in entries if entry.title_key and entry.title_strength != "none"}
    dates = {entry.published.replace(microsecond=0) for entry in entries}
    earliest, latest = min(dates) - title_window, max(dates) + title_window
    return KnownEntries(
        tuple(
            known
            for known in context.entries
            if known.feed_id == feed_id
            and (
                known.guid in guids
                or known.link_key in link_keys
                or (known.title_key in titles and earliest <= known.published <= latest)
                or known.published in dates
            )
        ),
        context.removed,
    )


def grouped_together(
    new: Sequence[KnownEntry], stored: Iterable[KnownEntry], title_window: timedelta
) -> tuple[KnownEntry, ...]:
    """The new entries, the stored ones that share a key with them, and those that have to be grouped anew with these.

    Entries of a story that was published stay where they are: nobody is grouped anew because of them.
    """
    by_key: defaultdict[tuple[str, str], list[KnownEntry]] = defaultdict(list)
    for entry in stored:
        for key in dedupe.sharing_keys(entry):
            by_key[key].append(entry)
    to_group = {entry.id: entry for entry in new}
    asking: Sequence[KnownEntry] = new
    while asking and len(to_group) < _MOST_TOGETHER:
        dates = [entry.published for entry in asking]
        earliest, latest = min(dates) - title_window, max(dates) + title_window
        keys = {
            (kind, key)
            for entry in asking
            for kind, key in dedupe.sharing_keys(entry)
            if kind != "title" or entry.title_strength != "none"
        }
        found = {
            other.id: other
            for kind, key in keys
            for other in by_key.get((kind, key), ())
            if other.id not in to_group and (kind != "title" or earliest <= other.published <= latest)
        }
        to_group |= dict(sorted(found.items()))
        asking = [entry for entry in found.values() if not entry.is_published]
    return tuple(to_group.values())
