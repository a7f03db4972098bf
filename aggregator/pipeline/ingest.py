"""Decides what a document changes: which entry each of its entries is, and which story it tells. No I/O.

`query` says what has to be known of the store, `decide` makes the changes of that; the caller reads and saves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator import dedupe
from aggregator.filters import compile_rules
from aggregator.models import (
    ContextQuery,
    Decision,
    DocumentChanges,
    Feed,
    KnownEntry,
    PollContext,
    ReadFeed,
)
from aggregator.pipeline.context import context_query, grouped_together, known_entries, under_traits
from aggregator.settings import Config

_MOST_MINTED = 8  # ids tried for a story whose own is taken


class Ingester:
    """Decides under one configuration."""

    def __init__(self, config: Config, feed_ids: Mapping[str, int]) -> None:
        """`feed_ids`: of each feed by its URL as in feeds.yaml."""
        self._config = config
        self._filter = compile_rules(config)
        self._views = dedupe.views(config.dedupe, config.feeds, feed_ids)

    def query(self, feed: Feed, document: ReadFeed) -> ContextQuery:
        """What has to be known to decide about this document."""
        window = max(self._views[feed.id].dedupe.title_window, self._config.dedupe.title_window)
        return context_query(feed, document.entries, window)

    def decide(self, feed: Feed, document: ReadFeed, context: PollContext, now: datetime) -> DocumentChanges:
        """What the document changes. `context`: what the store holds of what `query` asked for."""
        settings = self._views[feed.id].dedupe
        entries, traits = dedupe.lessons(document.entries, context.traits)
        context = under_traits(context, feed.id, traits)
        entries = self._filter.marked(entries, feed.url)
        known = known_entries(context, feed.id, entries, settings.title_window)
        decisions, taught = dedupe.identify(entries, feed.id, known, context.traits, settings)
        context = under_traits(context, feed.id, taught)
        first = feed.first_success is None
        if not first and dedupe.is_flood(decisions):
            decisions = _absorb_flood(feed, decisions, context)
        decisions = _mark_significant(_assign_atom_ids(feed, decisions, context), context, now)
        new = [
            dedupe.pending(index, decision.entry, feed.id, decision.guid_turn)
            for index, decision in enumerate(decisions)
            if decision.action == "new"
        ]
        together = grouped_together(new, context.entries, self._config.dedupe.title_window)
        placements, relations = dedupe.group(together, self._views.__getitem__)
        return DocumentChanges(
            decisions=decisions,
            placements=placements,
            relations=relations,
            traits=(*traits, *taught),
            unstable_dates=_unstable_dates(decisions, (*context.entries, *context.same_title)),
            backfill=self._config.publish.backfill if first else None,
            revision=context.revision,
        )


def _absorb_flood(feed: Feed, decisions: Sequence[Decision], context: PollContext) -> tuple[Decision, ...]:
    """Takes old entries under new names for what they are; see dedupe.flood."""
    listed = {decision.entry_id for decision in decisions}
    by_title = {entry.title_key or "": entry.id for entry in context.same_title if entry.id not in listed}
    return dedupe.stemmed(decisions, by_title, max(feed.recent_dates, default=None))


def _assign_atom_ids(feed: Feed, decisions: Sequence[Decision], context: PollContext) -> tuple[Decision, ...]:
    """Gives each new entry the id of the story that it may begin: the source's own if it is free."""
    taken = set(context.existing_atom_ids)
    named = []
    for decision in decisions:
        if decision.action == "new":
            atom_id = dedupe.atom_id(decision.entry.guid, feed.url, decision.guid_turn)
            if atom_id in taken:
                atom_id = _minted(feed, decision, taken)
            taken.add(atom_id)
            decision = replace(decision, atom_id=atom_id)
        named.append(decision)
    return tuple(named)


def _minted(feed: Feed, decision: Decision, taken: Collection[str]) -> str:
    """A free id made from the source's own. A minted one may be taken too, by a story whose entry was renamed.

    The store has the last word: an id that is taken after all is replaced there by one by chance.
    """
    minted = ""
    for turn in range(decision.guid_turn, decision.guid_turn + _MOST_MINTED):
        minted = dedupe.atom_id(decision.entry.guid, feed.url, turn, taken=True)
        if minted not in taken:
            break
    return minted


def _mark_significant(
    decisions: Sequence[Decision], context: PollContext, now: datetime
) -> tuple[Decision, ...]:
    """Gives each edit that is worth a second look a new `updated`."""

    def marked(decision: Decision) -> Decision:
        entry, before = decision.entry, context.content.get(decision.entry_id or 0)
        if decision.action != "edit" or before is None:
            return decision
        title_key, html = before
        if not dedupe.is_significant(title_key, entry.title_key, html, entry.content or entry.summary):
            return decision
        return replace(decision, revised=min(entry.updated, now) if entry.updated else now)

    return tuple(marked(decision) for decision in decisions)


def _unstable_dates(decisions: Sequence[Decision], stored: Sequence[KnownEntry]) -> tuple[int, ...]:
    """Stored entries for which the source now gives another date; the one that they have stays."""
    published = {entry.id: entry.published for entry in stored}
    return tuple(
        decision.entry_id
        for decision in decisions
        if decision.entry_id is not None
        and decision.entry.date_reason not in ("first seen", "future")
        and decision.entry.published.replace(microsecond=0) != published.get(decision.entry_id)
    )
