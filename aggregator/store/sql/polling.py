"""PollStore in SQL: who is due, what a document could be, what a poll changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from aggregator.errors import ConfigurationChanged
from aggregator.models import (
    ContextQuery,
    Feed,
    HostBackoff,
    Plan,
    PollContext,
    PollNote,
    PollOutcome,
    SaveCounts,
)
from aggregator.settings import Subscription
from aggregator.store.interfaces import NO_NUMBERS
from aggregator.store.sql import clock, entries, feed_states, feeds, reads, save, stories
from aggregator.store.sql.part import Part


class SqlPolling(Part):
    """Answers store.interfaces.PollStore."""

    def sync_subscriptions(self, subscriptions: Iterable[Subscription], now: datetime) -> None:
        with self._writing():
            clock.take_back(self._db, now)
            before = feeds.ranks(self._db)
            feeds.sync(self._db, subscriptions, now)
            after = feeds.ranks(self._db)
            changed = [feed_id for feed_id, ranks in before.items() if after.get(feed_id) != ranks]
            told = stories.touched_by(self._db, changed)
            save.elect(self._db, told)
            feed_states.remove(self._db, told)
        with self._reading():
            hosts = feeds.without_host(self._db)
        if hosts:
            with self._noting():
                feeds.store_hosts(self._db, hosts)

    def feed_ids(self) -> dict[str, int]:
        with self._reading():
            return feeds.ids(self._db)

    def due_feeds(self, now: datetime) -> tuple[Feed, ...]:
        with self._reading():
            return feeds.due(self._db, now)

    def paused_hosts(self, now: datetime) -> dict[str, datetime]:
        with self._reading():
            return feeds.paused_hosts(self._db, now)

    def host_backoff(self, host: str, now: datetime) -> HostBackoff:
        with self._reading():
            return feeds.host_backoff(self._db, host, now)

    def begin_polls(
        self, polls: Sequence[tuple[Feed, str]], now: datetime, retry_if_crashed: datetime
    ) -> list[HostBackoff | None]:
        with (
            self._reading() if len(polls) == 1 else self._noting()
        ):  # one statement is a transaction of its own
            return feeds.begin_polls(self._db, polls, now, retry_if_crashed)

    def load_context(self, query: ContextQuery) -> PollContext:
        revision = self.version()
        with self._reading(), self._db.pipeline():
            return entries.load_context(self._db, query, revision)

    def save_poll(self, outcome: PollOutcome) -> SaveCounts | None:
        changes = outcome.changes
        if changes is None:
            with self._writing(content=False) if outcome.is_shown else self._noting():
                feeds.save_poll(self._db, outcome)
                return SaveCounts()
        with self._writing(content=save.changes_content(changes)), self._db.pipeline():
            if changes.revision != self.version() and not reads.still_hold(self._db, changes.reads):
                return None
            if self._filters is not None and save.filters(self._db) != self._filters:
                raise ConfigurationChanged("another process has put a changed feeds.yaml into use")
            saved = save.save_changes(self._db, outcome.feed_id, changes, outcome.at)
            feeds.save_poll(self._db, outcome)
            return saved

    def save_schedules(self, outcomes: Sequence[PollOutcome]) -> frozenset[int]:
        with self._noting():
            return feeds.save_schedules(self._db, outcomes)

    def postpone(
        self,
        plans: Mapping[int, Plan],
        note: PollNote | None = None,
        poll_numbers: Mapping[int, int] = NO_NUMBERS,
    ) -> None:
        with self._noting() if note is None else self._writing(content=False):
            feeds.postpone(self._db, plans, note, poll_numbers)

    def enable_feed(self, feed_id: int) -> None:
        with self._writing(content=False):
            feeds.enable(self._db, feed_id)
