"""Polls that are begun or completed together: one transaction, and each as if it were alone; on every engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aggregator.fetch import HostLimits
from aggregator.models import (
    Fetched,
    FetchRequest,
    FetchResult,
    NotModified,
    Plan,
    PollNote,
    ReadError,
    ReadFeed,
    Validators,
)
from aggregator.pipeline.exchange import Dependencies
from aggregator.pipeline.poll import Poller
from aggregator.settings import Config, Subscription
from support.make import NOON
from support.saving import DAY, answered, outcome

from .conftest import Engine

SUBSCRIPTIONS = tuple(Subscription(f"https://host{n}.ex/feed") for n in range(20))


def test_each_poll_is_begun_as_if_it_were_alone(engine: Engine) -> None:
    with closing(engine.open()) as one, closing(engine.open()) as two:
        one.sync_subscriptions(SUBSCRIPTIONS, NOON)
        free, paused, taken, other = one.feeds()[:4]
        pause = Plan("paused", NOON + DAY, "asked", host_paused_until=NOON + DAY)
        one.save_poll(replace(outcome(paused, plan=pause), host="host1.ex"))
        two.begin_polls([(taken, "host2.ex")], NOON, NOON + DAY)
        wanted = [(other, "host3.ex"), (taken, "host2.ex"), (paused, "host1.ex"), (free, "host0.ex")]
        begun = one.begin_polls(wanted, NOON + timedelta(hours=1), NOON + 2 * DAY)
        assert [each and each.paused_until for each in begun] == [None, None, NOON + DAY, None]
        assert [each is None for each in begun] == [False, True, False, False]
        after = one.feeds()[:4]
        assert [feed.polls_begun for feed in after] == [1, 0, 1, 1]
        assert [feed.next_poll for feed in after] == [NOON + n * DAY for n in (2, 1, 1, 2)]
        assert one.begin_polls([], NOON, NOON + DAY) == []


def test_each_poll_is_completed_as_if_it_were_alone(engine: Engine) -> None:
    with closing(engine.open()) as one, closing(engine.open()) as two:
        one.sync_subscriptions(SUBSCRIPTIONS, NOON)
        feeds = one.feeds()[:4]
        one.begin_polls([(feed, "x.ex") for feed in feeds], NOON, NOON + DAY)
        two.begin_polls([(one.feeds()[1], "x.ex")], NOON, NOON + 9 * DAY)
        digested = answered(feeds[3].url, digest="the same body")
        done = [
            replace(
                outcome(feed, days=n, is_shown=False, response=digested if n == 3 else answered(feed.url)),
                poll_number=1,
            )
            for n, feed in enumerate(feeds)
        ]
        assert all(each.changes_schedule_only for each in done)
        before = one.feeds()[1]
        assert one.save_schedules(done[::-1]) == {feeds[1].id}
        after = one.feeds()[:4]
        assert after[1] == before
        assert [feed.last_success for feed in after] == [NOON, None, NOON + 2 * DAY, NOON + 3 * DAY]
        assert [feed.next_poll for feed in after] == [NOON + n * DAY for n in (1, 9, 3, 4)]
        assert [feed.body_hash for feed in after] == [None, None, None, "the same body"]
        notes = [[note.at for note in one.feed_history(feed.id)] for feed in feeds]
        assert notes == [[NOON], [], [NOON + 2 * DAY], [NOON + 3 * DAY]]
        assert one.save_schedules([]) == frozenset()


class Unchanged:
    """A network where all answer at once that nothing has changed."""

    async def fetch(
        self, request: FetchRequest, turn: Callable[[str], AbstractAsyncContextManager[None]]
    ) -> FetchResult:
        async with turn(request.url):
            return NotModified(request.url, Validators(), {})


async def never(fetched: Fetched, now: object) -> ReadFeed | ReadError:
    raise AssertionError("there is nothing to read")


def test_what_a_round_of_unchanged_feeds_costs_in_transactions(engine: Engine) -> None:
    """Two, where all are asked at once: who asks for another reason takes its own."""
    asked: list[str] = []
    with closing(engine.open(trace=asked.append)) as store:
        store.sync_subscriptions(SUBSCRIPTIONS, NOON)
        for feed in store.feeds():
            store.save_poll(outcome(feed, response=answered(feed.url)))
        parts = Dependencies(Unchanged(), HostLimits(at_once=100, gap=0), never, lambda: NOON + 2 * DAY)
        feeds = store.due_feeds(NOON + 2 * DAY)
        asked.clear()
        poller = Poller(Config(Path("feeds.yaml"), SUBSCRIPTIONS), store, parts)
        results = asyncio.run(poller.poll(feeds))
        assert [result.status for result in results] == ["unchanged"] * len(SUBSCRIPTIONS)
        assert sum(statement.startswith("BEGIN") for statement in asked) == 2, asked
        assert {feed.polls_begun for feed in store.feeds()} == {1}
        assert {len(store.feed_history(feed.id)) for feed in feeds} == {2}


def test_plans_of_many_feeds_are_one_transaction(engine: Engine) -> None:
    asked: list[str] = []
    with closing(engine.open(trace=asked.append)) as store:
        store.sync_subscriptions(SUBSCRIPTIONS, NOON)
        plan, note = Plan("ok", NOON + DAY, "later"), PollNote(NOON, "ok", "put off", "later")
        feeds = store.feeds()
        asked.clear()
        store.postpone({feed.id: plan for feed in feeds}, note, {feeds[0].id: 5})
        assert sum(statement.startswith("BEGIN") for statement in asked) == 1
        assert [feed.next_poll for feed in store.feeds()] == [None] + [NOON + DAY] * 19
        assert [len(store.feed_history(feed.id)) for feed in feeds] == [0] + [1] * 19
