"""Calls that are made in batches: each gets its own answer, and its own fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aggregator.errors import StoreBusy, StoreError
from aggregator.pipeline.batcher import Batcher


class Doubled:
    """A call that doubles; it remembers what it was asked for together."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, asked: Sequence[int]) -> Sequence[int]:
        self.calls.append(list(asked))
        if 13 in asked:
            raise ValueError("of thirteen")
        if 99 in asked:
            raise StoreError("it is gone")
        return [2 * each for each in asked]


async def ask(batcher: Batcher[int, int], *numbers: int) -> list[int | BaseException]:
    async def one(number: int) -> int:
        return await batcher(number)

    return await asyncio.gather(*map(one, numbers), return_exceptions=True)


def test_who_asks_at_the_same_moment_is_in_one_call() -> None:
    doubled = Doubled()
    assert asyncio.run(ask(Batcher(doubled), 1, 2, 3)) == [2, 4, 6]
    assert doubled.calls == [[1, 2, 3]]


def test_who_asks_later_is_in_the_next_call() -> None:
    async def twice() -> list[int | BaseException]:
        batcher = Batcher(doubled)
        return await ask(batcher, 1, 2) + await ask(batcher, 3)

    doubled = Doubled()
    assert asyncio.run(twice()) == [2, 4, 6]
    assert doubled.calls == [[1, 2], [3]]


def test_a_fault_of_one_is_not_the_others() -> None:
    first, bad, third = asyncio.run(ask(Batcher(Doubled()), 1, 13, 3))
    assert (first, third) == (2, 6)
    assert isinstance(bad, ValueError)


def test_a_store_that_fails_is_told_to_all() -> None:
    found = asyncio.run(ask(Batcher(Doubled()), 1, 99, 3))
    assert [type(each) for each in found] == [StoreError] * 3


def test_nothing_is_done_for_who_was_cancelled() -> None:
    doubled = Doubled()

    async def cancelled() -> int:
        batcher = Batcher(doubled)
        given_up, kept = batcher(1), batcher(2)
        given_up.cancel()
        return await kept

    assert asyncio.run(cancelled()) == 4
    assert doubled.calls == [[2]]


class BusyAtFirst(Doubled):
    """Cannot write at the first try of what it is asked for; who is named gives up meanwhile."""

    def __init__(self, gives_up: int = 0) -> None:
        super().__init__()
        self.futures: dict[int, asyncio.Future[int]] = {}
        self._gives_up, self._busy = gives_up, {(1, 2), (2,)}

    def __call__(self, asked: Sequence[int]) -> Sequence[int]:
        if tuple(asked) in self._busy:
            self._busy.remove(tuple(asked))
            self.calls.append(list(asked))
            if self._gives_up:
                self.futures[self._gives_up].cancel()
            raise StoreBusy("another process writes")
        return super().__call__(asked)


def test_nothing_is_done_for_who_was_cancelled_while_the_store_was_busy() -> None:
    busy = BusyAtFirst(gives_up=1)

    async def given_up() -> int:
        batcher = Batcher(busy)
        busy.futures = {number: batcher(number) for number in (1, 2)}
        return await busy.futures[2]

    assert asyncio.run(given_up()) == 4
    assert busy.calls == [[1, 2], [2], [2]]


def test_a_busy_store_is_waited_for_after_a_fault_of_one() -> None:
    busy = BusyAtFirst()
    bad, good = asyncio.run(ask(Batcher(busy), 13, 2))
    assert isinstance(bad, ValueError)
    assert good == 4
    assert busy.calls == [[13, 2], [13], [2], [2]]
