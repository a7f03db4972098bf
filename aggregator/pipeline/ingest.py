"""Keeps one document: read what is known, decide, write, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator import dedupe
from aggregator.filters import compile_rules
from aggregator.models import Decision, Feed, KnownEntry, Placement, ReadFeed, Relation, SaveCounts
from aggregator.settings import Config
from aggregator.store.base import Store

# A guard, not a limit that real feeds meet: entries that are placed anew together.
_MOST_TOGETHER = 2_000
_MOST_MINTED = 8  # ids tried for a story whose own is taken, before it gets one by lot


class Ingester:
    """Keeps documents under one configuration."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store
        self._filter = compile_rules(config)
        self._views: dict[int, dedupe.FeedView] = {}  # made when a feed is met that is not in it

    def keep(self, feed: Feed, read: ReadFeed, now: datetime) -> SaveCounts:
        """What the document added. Call it inside store.transaction()."""
        store, settings = self._store, self._view(feed.id).dedupe
        learned = store.learned(feed.id)
        entries, lessons = dedupe.lessons(read.entries, learned)
        store.learn(feed.id, lessons, now)
        entries = self._filter.marked(entries, feed.url)
        known = store.known(feed.id, entries, settings.title_window)
        facts = learned | set(lessons)
        decisions, taught = dedupe.identify(entries, feed.id, known, facts, settings)
        store.learn(feed.id, taught, now)
        first = feed.first_success is None
        if not first and dedupe.is_flood(decisions):
            decisions = self._stemmed(feed, decisions)
        store.rolling(_dated(decisions))
        decisions = _weighed(store, _named(store, feed, decisions), now)
        placements, relations = self._placed(feed, decisions)
        backfill = self._config.publish.backfill if first else None
        return store.keep(feed, decisions, placements, relations, now, backfill)

    def _stemmed(self, feed: Feed, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        keys = [d.entry.title_key for d in decisions if d.action == "new" and d.entry.title_key]
        listed = [d.entry_id for d in decisions if d.entry_id is not None]
        titled = self._store.titled(feed.id, keys, listed)
        return dedupe.stemmed(decisions, titled, self._store.newest(feed.id))

    def _placed(
        self, feed: Feed, decisions: Sequence[Decision]
    ) -> tuple[tuple[Placement, ...], tuple[Relation, ...]]:
        """Where the new entries belong, and whichever others have to be placed anew with them."""
        asking: list[KnownEntry] = [
            dedupe.pending(index, decision.entry, feed.id, decision.guid_turn)
            for index, decision in enumerate(decisions)
            if decision.action == "new"
        ]
        together = {entry.id: entry for entry in asking}
        window = self._config.dedupe.title_window
        while asking and len(together) < _MOST_TOGETHER:
            found = [e for e in self._store.sharing(asking, window) if e.id not in together]
            together |= {entry.id: entry for entry in found}
            asking = [entry for entry in found if not entry.settled]
        return dedupe.group(together.values(), self._view)

    def _view(self, feed_id: int) -> dedupe.FeedView:
        if feed_id not in self._views:
            self._views = dedupe.views(self._config.dedupe, self._config.feeds, self._store.feed_ids())
        return self._views[feed_id]


def _dated(decisions: Sequence[Decision]) -> tuple[tuple[int, datetime], ...]:
    """The dates that the document says of stored entries."""
    return tuple(
        (decision.entry_id, decision.entry.published)
        for decision in decisions
        if decision.entry_id is not None and decision.entry.date_reason not in ("first seen", "future")
    )


def _named(store: Store, feed: Feed, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions with the id of the story that each new entry may begin: the source's own where it is free."""
    natural = [
        dedupe.atom_id(decision.entry.guid, feed.url, decision.guid_turn) if decision.action == "new" else ""
        for decision in decisions
    ]
    taken = set(store.taken(filter(None, natural)))
    named = []
    for decision, wanted in zip(decisions, natural, strict=True):
        if wanted:
            wanted = _free(store, feed, decision, taken) if wanted in taken else wanted
            taken.add(wanted)
            decision = replace(decision, atom_id=wanted)
        named.append(decision)
    return tuple(named)


def _free(store: Store, feed: Feed, decision: Decision, taken: Collection[str]) -> str:
    """An id that no story bears. A minted one may be borne, too: by a story whose entry has another guid by now."""
    for turn in range(decision.guid_turn, decision.guid_turn + _MOST_MINTED):
        minted = dedupe.atom_id(decision.entry.guid, feed.url, turn, taken=True)
        if minted not in taken and not store.taken([minted]):
            return minted
    return f"urn:uuid:{uuid.uuid4()}"


def _weighed(store: Store, decisions: Sequence[Decision], now: datetime) -> tuple[Decision, ...]:
    """The decisions with a new `updated` on each edit that is worth a second look."""
    edited = [decision.entry_id for decision in decisions if decision.action == "edit" and decision.entry_id]
    before: Mapping[int, tuple[str | None, str]] = store.texts(edited) if edited else {}

    def weigh(decision: Decision) -> Decision:
        if decision.action != "edit" or decision.entry_id is None or decision.entry_id not in before:
            return decision
        entry = decision.entry
        title_key, html = before[decision.entry_id]
        if not dedupe.is_significant(title_key, entry.title_key, html, entry.content or entry.summary):
            return decision
        return replace(decision, revised=min(entry.updated, now) if entry.updated else now)

    return tuple(weigh(decision) for decision in decisions)
