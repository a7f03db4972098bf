"""A WebSub hub is told what changed, through the same guard, and whatever it answers is a text at most."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

import pytest

from aggregator.fetch import Fetcher
from support.make import NOON
from support.server import Raw, Reply, Route, hang, serve

TOPIC = "https://news.example/feed.atom"
LOOPBACK = ("127.0.0.0/8",)


def ping(hub: str, allowed: tuple[str, ...] = LOOPBACK, seconds: float = 60) -> str | None:
    async def ask() -> str | None:
        async with Fetcher(
            user_agent="aggregator/test", now=lambda: NOON, timeout=seconds, allow_addresses=allowed
        ) as fetcher:
            return await fetcher.ping(hub, TOPIC)

    return asyncio.run(ask())


def told(route: Route, seconds: float = 60) -> str | None:
    with serve({"/hub": route}) as server:
        return ping(server.url("/hub"), seconds=seconds)


def test_a_hub_is_told_which_feed_has_changed() -> None:
    with serve({"/hub": Reply(204)}) as server:
        url = server.url("/hub").replace("//", "//jane:s3cret@")
        assert ping(url) is None
        (request,) = server.requests
    assert request.method == "POST"
    assert request.header("Content-Type") == "application/x-www-form-urlencoded"
    assert request.header("User-Agent") == "aggregator/test"
    assert request.header("Authorization") == "Basic amFuZTpzM2NyZXQ="
    assert parse_qs(request.body.decode()) == {"hub.mode": ["publish"], "hub.url": [TOPIC]}


@pytest.mark.parametrize("status", [200, 202, 204])
def test_all_is_well(status: int) -> None:
    assert told(Reply(status)) is None


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (Reply(404), "404"),
        (Reply(500), "500"),
        (Reply(301, headers=(("Location", "https://elsewhere.example/"),)), "301"),
        (Raw(b"nonsense\r\n\r\n"), "not a valid HTTP response"),
        (Raw(b""), "incomplete"),
    ],
)
def test_a_hub_that_fails_is_a_text(route: Route, words: str) -> None:
    assert words in (told(route) or "")


def test_a_hub_that_never_answers_is_a_text() -> None:
    assert "within 0.5 seconds" in (told(Raw(hang), seconds=0.5) or "")


def test_the_guard_holds_for_hubs_too() -> None:
    with serve({"/hub": Reply(204)}) as server:
        problem = ping(server.url("/hub"), allowed=())
        assert server.requests == []
    assert "loopback" in (problem or "")


@pytest.mark.parametrize("hub", ["javascript:alert(1)", "https://hub.invalid/", "https://[::1"])
def test_an_address_that_cannot_be_asked(hub: str) -> None:
    assert ping(hub)
