"""What a process remembers from one publication to the next, so that the next looks only at what has changed since.

A process that publishes once has none. It never decides what is published: whatever is remembered stands beside all
that it was made of, which is asked of the store, of feeds.yaml and of the files again, and is used where that is the
same. What the store tells of a feed is read after the state of the feed: so it is of that state, or newer, and then
read again. Whether the feed is subscribed is no part of that state: what is remembered of it is read either way.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from operator import attrgetter

from aggregator.export.manifest import digest_of
from aggregator.memo import Memo
from aggregator.models import FeedState, Source, StorySummary
from aggregator.pipeline import archive_rules
from aggregator.pipeline.archive_rules import Rule
from aggregator.pipeline.publication import as_source, subscriptions_of, told_apart
from aggregator.records import dataclass, replace
from aggregator.settings import Config
from aggregator.store.interfaces import PublishStore


class Memory:
    """Of one process that publishes one store by one feeds.yaml; used by one call at a time, and not after an error."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.feeds = Feeds(config)
        self.days = Days()
        self.newest = Newest(timedelta(hours=config.publish.guarantee_hours))
        self.states: Memo[str] = Memo(lambda *state: digest_of(state))
        self.in_stories: Memo[Source] = Memo(_in_stories)


def _in_stories(source: Source) -> Source:
    # Stories do not say how their feeds do, and are not another state of an output as that changes.
    return replace(source, status="new", last_error=None)


@dataclass(frozen=True, slots=True)
class _Feed:
    state: FeedState
    source: Source
    rule: Rule


class Feeds:
    """The subscribed feeds; of those that have not changed nothing is read but that."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._subscriptions = subscriptions_of(config)
        self._known: dict[int, _Feed] = {}
        self._rules: Memo[str] = Memo(lambda rules: archive_rules.rules_of(config, rules))
        self.version = ""  # of the store's content, before `states` were read
        self.states: Mapping[int, FeedState] = {}  # as they were before `sources` were read
        self.sources: dict[int, Source] = {}  # as they can be published, in the order of feeds.yaml

    def read(self, store: PublishStore) -> dict[int, Source]:
        self.version, self.states = store.content_version(), store.feed_states()
        known = self._known
        changed = [
            feed_id
            for feed_id, state in self.states.items()
            if feed_id not in known or not _is_same(known[feed_id].state, state)
        ]
        for raw in store.sources(changed if len(changed) < len(self.states) else None):
            subscription = self._subscriptions.get(raw.url)
            if raw.feed_id in self.states:
                known[raw.feed_id] = _Feed(
                    self.states[raw.feed_id],
                    as_source(raw, subscription),
                    archive_rules.rule_of(raw, subscription, self._config),
                )
        self._known = {feed_id: known[feed_id] for feed_id in self.states if feed_id in known}
        self.sources = told_apart(feed.source for feed in self._known.values())
        return self.sources

    def changed_since(self, store: PublishStore) -> Iterator[int]:
        """Those of which something has been another since they were read, even if it is the same again."""
        if store.content_version() != self.version:
            now = store.feed_states()
            in_order = [*now] == [*self.states]  # in which feeds stand beside a story
            for feed_id in self.sources:
                if not in_order or not _is_same(self.states[feed_id], now[feed_id]):
                    yield feed_id

    @property
    def rules(self) -> str:
        """By which closed documents of the archive are shown."""
        return self._rules.of("", [feed.rule for feed in self._known.values()])


def _is_same(before: FeedState, state: FeedState) -> bool:
    return before.shown == state.shown and before.entries == state.entries is not None


class Days:
    """How much each feed published in the last days; those are counted anew of which an entry came or went."""

    def __init__(self) -> None:
        self._until: date | None = None
        self._known: dict[int, tuple[str | None, tuple[int, ...]]] = {}  # by feed: the state of its entries
        self._sources: Memo[Source] = Memo(lambda source, counts: replace(source, daily=counts))

    def of(self, store: PublishStore, feeds: Feeds, until: datetime) -> tuple[Source, ...]:
        """The sources with their entries by the day, up to that of `until`."""
        if self._until != (day := until.astimezone(UTC).date()):
            self._until, self._known = day, {}
        states = {feed_id: feeds.states[feed_id].entries for feed_id in feeds.sources}
        changed = [
            feed_id
            for feed_id, state in states.items()
            if state is None or self._known.get(feed_id, ("",))[0] != state
        ]
        found = store.daily_counts(until, changed) if changed else {}
        self._known |= {feed_id: (states[feed_id], found.get(feed_id, ())) for feed_id in changed}
        counts = {feed_id: self._known[feed_id][1] for feed_id in states}
        none = (0,) * max(map(len, counts.values()), default=0)
        return tuple(
            self._sources.of(feed_id, source, counts[feed_id] or none)
            for feed_id, source in feeds.sources.items()
        )


class Newest:
    """The summaries of the stories that came within so long of the newest; of feeds that have not changed none is read."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._since: datetime | None = None  # all from then on are there, if it is known
        self._states: dict[int, str | None] = {}  # of the feeds as they were then
        self._found: list[StorySummary] = []  # the newest last

    def of(self, store: PublishStore, feeds: Feeds) -> Iterator[StorySummary]:
        """As story_summaries gives them."""
        states = {feed_id: feeds.states[feed_id].entries for feed_id in feeds.sources}
        since = self._since
        if since is None or not self._update(store, states, since):
            return self._first(store, states)
        older = store.story_summaries(before=self._since, subscribed_only=False)
        return chain(reversed(self._found), (summary for summary in older if summary.feed_id in states))

    def _first(self, store: PublishStore, states: dict[int, str | None]) -> Iterator[StorySummary]:
        """All of them, and remembers the newest once more were asked for."""
        self._since, self._states = None, states
        found: list[StorySummary] | None = []
        for summary in store.story_summaries(subscribed_only=False):
            if summary.feed_id not in states:
                continue
            if found is not None:
                since = found[0].position - self._span if found else summary.position
                if summary.position < since:
                    self._since, self._found, found = since, found[::-1], None
                elif len(found) == _MOST_KEPT:
                    found = None
                else:
                    found.append(summary)
            yield summary

    def _update(self, store: PublishStore, states: dict[int, str | None], since: datetime) -> bool:
        """False where not all are known that are wanted now."""
        same = {feed_id for feed_id, state in states.items() if state and self._states.get(feed_id) == state}
        changed = states.keys() - same
        kept = [summary for summary in self._found if summary.feed_id in same]
        new = list(store.story_summaries(since, None, changed, subscribed_only=False)) if changed else []
        if len(new) > _MOST_NEW or len(kept) + len(new) > _MOST_KEPT:
            return False
        for summary in new:
            insort(kept, summary, key=_in_order)
        if not kept or (first := kept[-1].position - self._span) < since:
            return False
        self._found = kept[bisect_left(kept, first, key=_POSITION) :]
        self._since, self._states = first, states
        return True


_MOST_KEPT, _MOST_NEW = 50_000, 1_000
_POSITION = attrgetter("position")


def _in_order(summary: StorySummary) -> tuple[datetime, str, int]:
    """The newest last."""
    return summary.position, summary.published, -summary.id
