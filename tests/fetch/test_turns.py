"""A turn is taken for each host that an exchange leads to; waiting for it costs none of the exchange's time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from aggregator.errors import StoreError
from aggregator.fetch import FetchProblem
from aggregator.fetch.fetcher import Turn
from aggregator.models import FetchError, FetchRequest, FetchResult
from support.fetching import LeapingLoop, fetcher
from support.server import Raw, Reply, Request, Route, hang, redirect, serve


def fetch_with(turn: Turn, url: str, loop: LeapingLoop | None = None) -> FetchResult:
    async def run() -> FetchResult:
        async with fetcher(timeout=60) as one:
            return await one.fetch(FetchRequest(url), turn)

    with asyncio.Runner(loop_factory=lambda: loop or LeapingLoop()) as runner:
        return runner.run(run())


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
    """Each takes as long as the exchange may."""
    loop = LeapingLoop()

    @asynccontextmanager
    async def late(url: str) -> AsyncIterator[None]:
        loop.ahead += 60
        yield

    with serve({"/a": redirect("/b"), "/b": b"x"}) as server:
        result = fetch_with(late, server.url("/a"), loop)
    assert not isinstance(result, FetchError), result
    assert result.elapsed < 60


def test_the_time_of_all_hops_is_one() -> None:
    """Each of the two takes less than it."""
    loop = LeapingLoop()

    def slow(request: Request) -> Reply:
        loop.leap(35)
        return redirect("/b")

    def silent(client: socket.socket) -> None:
        loop.leap(35)
        hang(client)

    with serve({"/a": slow, "/b": Raw(silent)}) as server:
        result = fetch_with(_free, server.url("/a"), loop)
    assert isinstance(result, FetchError)
    assert (result.kind, result.url) == ("timeout", server.url("/b"))
    assert result.elapsed > 60


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
