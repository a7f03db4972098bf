"""One feed, from the decision to poll it to what was saved: fetch, read, decide, save.

`ask` and `accept` are two steps, so that a document which was pushed can enter at the second.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Protocol

from aggregator import links, schedule
from aggregator.errors import POLLED_SINCE, AggregatorError, LeaseLost, LocalError
from aggregator.fetch import FetchProblem, HostLimits
from aggregator.models import (
    Feed,
    Fetched,
    FetchError,
    FetchRequest,
    FetchResult,
    HostBackoff,
    Plan,
    PollNote,
    PollOutcome,
    PollResult,
    ReadError,
    ReadFeed,
    Status,
    Validators,
)
from aggregator.pipeline.batcher import Batcher, when_free
from aggregator.pipeline.leases import HostLeases
from aggregator.pipeline.record import Answer, PollRecorder, body_hash, name_of
from aggregator.records import dataclass
from aggregator.settings import Config, Subscription
from aggregator.store.interfaces import PollStore

log = logging.getLogger(__name__)

Read = Callable[[Fetched, datetime], Awaitable[ReadFeed | ReadError]]
Begin = Callable[[tuple[Feed, str]], Awaitable[HostBackoff | None]]


class Fetch(Protocol):
    async def fetch(
        self, request: FetchRequest, turn: Callable[[str], AbstractAsyncContextManager[None]]
    ) -> FetchResult: ...


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What an exchange needs beside the store; handed in, so that a test brings its own."""

    fetcher: Fetch
    hosts: HostLimits
    read: Read
    clock: Callable[[], datetime]
    leases: HostLeases | None = None  # where other workers poll, too


@dataclass(frozen=True, slots=True)
class Asked:
    """What the network said, and the backoff of the host that answered last."""

    result: FetchResult
    backoff: HostBackoff
    poll_number: int | None = None  # as the store has begun it; None: it was not asked for


class FeedExchange:
    """Asks feeds under one configuration, and keeps their answers in one store."""

    def __init__(self, config: Config, store: PollStore, parts: Dependencies) -> None:
        self._store, self._parts = store, parts
        self._subscriptions = {sub.url: sub for sub in config.feeds}
        self._recorder = PollRecorder(config, store)
        self._paused: dict[str, datetime] = {}  # hosts, until when
        self._begun: dict[int, int] = {}  # the number of our last poll of each feed, by id
        self._begin, self._save_schedule = Batcher(self._begin_batch), Batcher(self._save_batch)

    def knows(self, feed: Feed) -> bool:
        """Whether it is a feed of this configuration."""
        return feed.url in self._subscriptions

    def load_pauses(self) -> None:
        """Reads which hosts want to be left alone; from then on, what is recorded here is added."""
        self._paused = self._store.paused_hosts(self._parts.clock())

    def paused_until(self, host: str) -> datetime | None:
        """Until when the host wants to be left alone; None if requests are allowed."""
        until = self._paused.get(host)
        return until if until is not None and until > self._parts.clock() else None

    async def ask(self, feed: Feed) -> Asked | PollResult:
        """Fetches the feed; a PollResult if its turn came and it could not be fetched after all."""
        turns = _Turns(self._store, self._parts, feed, self._begin)
        try:
            result = await self._parts.fetcher.fetch(self._request(feed), turns.turn)
        finally:
            if turns.begun:
                self._begun[feed.id] = feed.polls_begun + 1
        if not isinstance(result, FetchError) or result.kind != "waiting":
            return Asked(result, turns.backoff, self._poll_number(feed))
        if turns.backoff.paused_until is not None:
            return self.postpone(feed, schedule.plan_host_pause(feed, turns.backoff.paused_until), "paused")
        return self._result(feed, feed.status, result.message)

    async def accept(self, feed: Feed, asked: Asked) -> PollResult:
        """Reads the document if a new one came, decides and saves."""
        result, document, digest, began = asked.result, None, None, monotonic()
        if isinstance(result, Fetched):
            digest = body_hash(result.body)
            if digest != feed.body_hash:
                document = await self._readable(result)
        answer = Answer(
            feed, self._subscription(feed), result, document, digest, asked.backoff, asked.poll_number
        )
        read = monotonic()
        try:
            saved = await self._save(answer)
        except LeaseLost as lost:
            return self._result(feed, feed.status, f"not saved: {lost}")
        return replace(
            saved,
            size=len(result.body) if isinstance(result, Fetched) else 0,
            reading=read - began if document is not None else 0.0,
            saving=monotonic() - read,
        )

    def fail(self, feed: Feed, error: Exception) -> PollResult:
        """Counts a fault of ours against the feed's polls, so that it is not polled again and again."""
        log.error("%s: this should not happen", links.without_secrets(feed.url), exc_info=error)
        failure = ReadError(f"cannot be polled ({type(error).__name__})")
        number = self._poll_number(feed)
        try:
            return self._record(Answer(feed, self._subscription(feed), failure, failure, poll_number=number))
        except LeaseLost as lost:
            return self._result(feed, feed.status, f"not saved: {lost}")

    def postpone(self, feed: Feed, plan: Plan, shown_as: Status, note: PollNote | None = None) -> PollResult:
        """Leaves the feed as it stood, for a later turn."""
        self._store.postpone({feed.id: plan}, note, {feed.id: self._poll_number(feed)})
        return self._result(feed, shown_as, f"skipped: {plan.steps[0]}", plan.next_poll)

    def _poll_number(self, feed: Feed) -> int:
        """Of our last poll of the feed, else of the last one that was begun when it was read."""
        return max(feed.polls_begun, self._begun.get(feed.id, 0))

    def _begin_batch(self, polls: Sequence[tuple[Feed, str]]) -> Sequence[HostBackoff | None]:
        now = self._parts.clock()
        return self._store.begin_polls(polls, now, schedule.retry_if_crashed(now))

    def _save_batch(self, outcomes: Sequence[PollOutcome]) -> Sequence[bool]:
        lost = self._store.save_schedules(outcomes)
        return [each.feed_id in lost for each in outcomes]

    async def _save(self, answer: Answer) -> PollResult:
        outcome = self._recorder.without_document(answer, self._parts.clock())
        if outcome is None or not outcome.changes_schedule_only:
            return await when_free(lambda: self._record(answer))
        if await self._save_schedule(outcome):
            raise LeaseLost(POLLED_SINCE)
        return self._recorder.result(answer, outcome)

    def _record(self, answer: Answer) -> PollResult:
        result, outcome = self._recorder.record(answer, self._parts.clock())
        until = outcome.plan.host_paused_until or outcome.spaced_until
        if until is not None:
            self._paused[outcome.host] = until
        return result

    def _request(self, feed: Feed) -> FetchRequest:
        subscription = self._subscription(feed)
        whole = schedule.needs_full_fetch(feed, feed.recent_dates, self._parts.clock())
        return FetchRequest(
            feed.effective_url,
            Validators() if whole else feed.validators,
            validators_url=feed.validators_url,
            auth=subscription.auth,
            headers=subscription.headers,
        )

    async def _readable(self, fetched: Fetched) -> ReadFeed | ReadError:
        try:
            return await self._parts.read(fetched, self._parts.clock())
        except LocalError:
            raise
        except AggregatorError as error:
            return ReadError(str(error))

    def _subscription(self, feed: Feed) -> Subscription:
        return self._subscriptions.get(feed.url, Subscription(feed.url))

    def _result(
        self, feed: Feed, status: Status, message: str, next_poll: datetime | None = None
    ) -> PollResult:
        return PollResult(
            url=links.without_secrets(feed.url),
            name=name_of(feed, self._subscription(feed)),
            status=status,
            message=message,
            next_poll=next_poll or feed.next_poll,
        )


class _Turns:
    """The turns of one exchange: what it holds during a request to a host, the feed's own or one that a redirect leads to."""

    def __init__(self, store: PollStore, parts: Dependencies, feed: Feed, begin: Begin) -> None:
        self._store, self._parts, self._feed, self._begin = store, parts, feed, begin
        self.begun = False
        self.backoff = HostBackoff()  # of the last host

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        leases = self._parts.leases
        async with (
            self._parts.hosts.turn(url),
            leases.turn(links.host(url)) if leases is not None else nullcontext(),
        ):
            backoff = await self._backoff(links.host(url))
            if backoff is None:
                raise FetchProblem("waiting", "not polled: another process has just polled it")
            self.backoff = backoff
            if backoff.paused_until is not None:
                raise FetchProblem("waiting", "its host wants us to wait")
            yield

    async def _backoff(self, host: str) -> HostBackoff | None:
        if self.begun:
            return await when_free(lambda: self._store.host_backoff(host, self._parts.clock()))
        backoff = await self._begin((self._feed, host))
        self.begun = backoff is not None and backoff.paused_until is None
        return backoff
