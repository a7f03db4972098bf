"""Keeps one document: read what is known, decide, write, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from aggregator import dedupe
from aggregator.dedupe.edits import is_significant
from aggregator.models import Decision, Feed, Kept, ReadFeed
from aggregator.settings import Config
from aggregator.store.base import Store


def keep(store: Store, feed: Feed, read: ReadFeed, config: Config, now: datetime) -> Kept:
    """What the document added. Call it inside store.transaction()."""
    learned = store.learned(feed.id)
    entries, lessons = dedupe.lessons(read.entries, learned)
    store.learn(feed.id, lessons, now)
    known = store.known(feed.id, entries, config.dedupe.title_window)
    decisions = dedupe.decide(entries, feed.id, known, learned | set(lessons), config.dedupe, now)
    decisions = _weighed(store, _identified(store, feed, decisions), now)
    first = feed.first_success is None
    return store.keep(feed, decisions, now, backfill=config.publish.backfill if first else None)


def _identified(store: Store, feed: Feed, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions with an Atom id on each that begins a story: the source's own where it is free."""
    begins = [d.action == "new" and d.story_id is None and d.joins is None for d in decisions]
    natural = [
        dedupe.atom_id(decision.entry.guid, feed.url, decision.guid_turn) if new else ""
        for decision, new in zip(decisions, begins, strict=True)
    ]
    taken = set(store.taken(filter(None, natural)))
    done = []
    for decision, new, wanted in zip(decisions, begins, natural, strict=True):
        if new:
            if wanted in taken:
                wanted = dedupe.atom_id(decision.entry.guid, feed.url, decision.guid_turn, taken=True)
            taken.add(wanted)
            decision = replace(decision, atom_id=wanted)
        done.append(decision)
    return tuple(done)


def _weighed(store: Store, decisions: Sequence[Decision], now: datetime) -> tuple[Decision, ...]:
    """The decisions with a new `updated` on each edit that is worth a second look."""
    edited = [decision.entry_id for decision in decisions if decision.action == "edit" and decision.entry_id]
    if not edited:
        return tuple(decisions)
    before = store.texts(edited)

    def weigh(decision: Decision) -> Decision:
        if decision.action != "edit" or decision.entry_id not in before:
            return decision
        entry = decision.entry
        title_key, html = before[decision.entry_id]
        if not is_significant(title_key, entry.title_key, html, entry.content or entry.summary):
            return decision
        return replace(decision, revised=min(entry.updated, now) if entry.updated else now)

    return tuple(weigh(decision) for decision in decisions)
