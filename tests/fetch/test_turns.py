"""A turn is taken for each host that an exchange leads to; waiting for it costs none of the exchange's time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from aggregator.errors import StoreError
from aggregator.fetch import FetchProblem
from aggregator.fetch.fetcher import Turn
from aggregator.models import FetchError, FetchRequest, FetchResult
from support.fetching import fetcher
from support.server import Raw, Route, hang, redirect, serve


def fetch_with(turn: Turn, url: str, **settings: object) -> FetchResult:
    async def run() -> FetchResult:
        async with fetcher(**settings) as one:
            return await one.fetch(FetchRequest(url), turn)

    return asyncio.run(run())


def test_each_hop_has_its_turn_and_none_is_held_for_the_next() -> None:
    taken: list[str] = []

    @asynccontextmanager
    async def turn(url: str) -> AsyncIterator[None]:
        taken.append(f"asks {url}")
        yield
        taken.append(f"has asked {url}")

    routes: dict[str, Route] = {"/a": redirect("/b"), "/b": redirect("/c", 302), "/c": b"x"}
    with serve(routes) as server:
        result = fetch_with(turn, server.url("/a"))
    hops = [server.url(path) for path in ("/a", "/b", "/c")]
    assert taken == [f"{word} {url}" for url in hops for word in ("asks", "has asked")]
    assert not isinstance(result, FetchError)


def test_waiting_for_a_turn_costs_no_time() -> None:
    """It waits for two seconds in all."""

    @asynccontextmanager
    async def late(url: str) -> AsyncIterator[None]:
        await asyncio.sleep(1)
        yield

    with serve({"/a": redirect("/b"), "/b": b"x"}) as server:
        result = fetch_with(late, server.url("/a"), timeout=1.5)
    assert not isinstance(result, FetchError), result
    assert result.elapsed < 1.5


def test_the_time_of_all_hops_is_one() -> None:
    with serve({"/a": redirect("/b"), "/b": Raw(hang)}) as server:
        result = fetch_with(_free, server.url("/a"), timeout=0.3)
    assert isinstance(result, FetchError)
    assert result.kind == "timeout"
    assert result.elapsed > 0.25


def test_a_turn_that_is_refused_is_no_request() -> None:
    @asynccontextmanager
    async def refused(url: str) -> AsyncIterator[None]:
        if url.endswith("/b"):
            raise FetchProblem("waiting", "its host wants us to wait")
        yield

    with serve({"/a": redirect("/b"), "/b": b"x"}) as server:
        result = fetch_with(refused, server.url("/a"))
    assert isinstance(result, FetchError)
    assert (result.kind, result.url) == ("waiting", server.url("/b"))
    assert len(server.requests) == 1


def test_a_store_that_fails_in_a_turn_is_no_fault_of_the_feed() -> None:
    @asynccontextmanager
    async def broken(url: str) -> AsyncIterator[None]:
        raise StoreError("the disk is full")
        yield

    with serve({"/a": b"x"}) as server, pytest.raises(StoreError):
        fetch_with(broken, server.url("/a"))


@asynccontextmanager
async def _free(url: str) -> AsyncIterator[None]:
    yield
