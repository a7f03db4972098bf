"""Two workers that share hosts while the clock that both go by changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.pipeline.leases import LEASE, HostLeases
from aggregator.settings import Subscription
from aggregator.store.interfaces import Store, host_lease
from support.make import NOON
from support.stores import new_store

SUBSCRIPTIONS = [Subscription(f"https://host{n}.ex/feed") for n in range(4)]
HOSTS = {f"host{n}.ex" for n in range(4)}


class Time:
    """A database's clock, and seconds that pass whatever it says."""

    def __init__(self) -> None:
        self.now, self.counted = NOON, 0.0

    def clock(self) -> datetime:
        return self.now

    def count(self) -> float:
        return self.counted

    def passes(self, seconds: float) -> None:
        self.put_forward(seconds)
        self.counted += seconds

    def put_forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(new_store(tmp_path / "store.db")) as store:
        store.sync_subscriptions(SUBSCRIPTIONS, NOON)
        yield store


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def one(store: Store, time: Time) -> HostLeases:
    return HostLeases(store, "one", time.clock, timedelta(0), time.count)


@pytest.fixture
def two(store: Store, time: Time) -> HostLeases:
    return HostLeases(store, "two", time.clock, timedelta(0), time.count)


def renew(store: Store, time: Time, leases: HostLeases) -> None:
    """As the worker does every five seconds."""
    held = leases.held()
    kept = store.renew([host_lease(host) for host in held], "one", time.now + LEASE)
    leases.renewed(frozenset(host for host in held if host_lease(host) not in kept), time.counted)


@pytest.mark.parametrize("forward", [21, 3600, 400 * 86400])
def test_no_host_changes_hands_as_the_clock_is_put_forward(
    store: Store, time: Time, one: HostLeases, two: HostLeases, forward: int
) -> None:
    """Leases that hold look as if they had run out, until their owner has renewed them."""
    assert {feed.effective_url.split("/")[2] for feed in one.feeds(10, ())} == HOSTS
    time.put_forward(forward)
    assert two.feeds(10, ()) == ()
    time.passes(5)
    assert two.feeds(10, ()) == ()
    renew(store, time, one)
    for _ in range(5):
        time.passes(5)
        renew(store, time, one)
        assert two.feeds(10, ()) == ()

    async def ask() -> None:
        async with one.turn("host1.ex"):  # it has lost none
            pass

    asyncio.run(ask())
    for host in HOSTS:
        one.done(host)
    one.give_back()
    assert len(two.feeds(10, ())) == 4


def test_the_hosts_of_one_that_has_ended_are_taken_a_little_later(
    time: Time, one: HostLeases, two: HostLeases
) -> None:
    assert len(one.feeds(10, ())) == 4
    time.put_forward(60)
    assert two.feeds(10, ()) == ()
    time.passes(10)
    assert len(two.feeds(10, ())) == 4


def test_time_that_passes_puts_off_nothing(time: Time, one: HostLeases, two: HostLeases) -> None:
    assert len(one.feeds(10, ())) == 4
    assert two.feeds(10, ()) == ()
    time.passes(21)
    assert len(two.feeds(10, ())) == 4
