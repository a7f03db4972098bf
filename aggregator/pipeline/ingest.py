"""Decides what a document changes: which entry each of its entries is, and which story it tells. No I/O.

`query` says what has to be known of the store, `decide` makes the changes of that; the caller reads and saves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from aggregator.records import replace
from aggregator.settings import Config


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
        own = [entry for entry in context.entries if entry.feed_id == feed.id]
        entries, traits = dedupe.find_traits(document.entries, context.traits, own)
        context = under_traits(context, feed.id, traits)
        entries = self._filter.marked(entries, feed.url)
        known = known_entries(context, feed.id, entries, settings.title_window)
        decisions, taught = dedupe.identify(entries, feed.id, known, context.traits, settings)
        context = under_traits(context, feed.id, taught)
        if "off" not in settings.by:
            decisions = dedupe.recognise(decisions, feed.id, context.same_title)
        past = _past(feed, context)
        decisions = dedupe.mark_significant_edits(decisions, past.stored, context.content, now)
        publish = self._config.publish
        decisions, shown = dedupe.sort_news(decisions, past, publish.backfill, publish.backfill_days, now)
        decisions = _assign_atom_ids(feed, decisions)
        new = [
            dedupe.pending(index, decision.entry, feed.id, decision.guid_turn)
            for index, decision in enumerate(decisions)
            if decision.action == "new"
        ]
        to_group = grouped_together(new, context.entries, self._config.dedupe.title_window)
        placements, relations = dedupe.group(to_group, self._views.__getitem__)
        return DocumentChanges(
            decisions=decisions,
            placements=placements,
            relations=relations,
            traits=(*traits, *taught, *shown),
            unstable_dates=_unstable_dates(decisions, (*context.entries, *context.same_title)),
            is_first=past.is_first,
            revision=context.revision,
            reads=context.reads,
        )


def _past(feed: Feed, context: PollContext) -> dedupe.FeedPast:
    """What is known of the feed before this document."""
    return dedupe.FeedPast(
        stored={
            entry.id: entry for entry in (*context.same_title, *context.entries) if entry.feed_id == feed.id
        },
        is_first=context.count == 0,
        count=context.count,
        oldest=context.oldest,
        last_document=feed.last_document,
        traits=context.traits,
    )


def _assign_atom_ids(feed: Feed, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """Gives each new entry the ids that the story which it may begin can get: the source's own, and a minted one.

    The store takes the first that no story has: it alone knows at the moment of writing.
    """
    given: set[str] = set()
    named = []
    for decision in decisions:
        if decision.action == "new":
            guid, turn = decision.entry.guid, decision.guid_turn
            minted = dedupe.atom_id(guid, feed.url, turn, taken=True)
            own = dedupe.atom_id(guid, feed.url, turn)
            own = minted if own in given else own
            given.add(own)
            decision = replace(decision, atom_id=own, minted_id=minted)
        named.append(decision)
    return tuple(named)


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
