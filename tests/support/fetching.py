"""A fetcher for tests: loopback allowed, the clock stopped, a loop of its own for each call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aggregator.fetch import Fetcher
from aggregator.fetch.network import Resolve
from aggregator.models import Fetched, FetchError, FetchRequest, FetchResult, NotModified

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LOOPBACK = ("127.0.0.0/8", "::1/128")
USER_AGENT = "aggregator/1.0 (+https://example.org/contact)"


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its clock can be put forward: a deadline of a minute comes when a test says so, however slow the machine is."""

    def __init__(self, stands: bool = False) -> None:
        """`stands`: whether it does not go on by itself."""
        self.ahead = 0.0  # seconds
        self._stands = stands
        super().__init__()

    def time(self) -> float:
        return self.ahead if self._stands else super().time() + self.ahead

    def leap(self, seconds: float) -> None:
        """From any thread; what the loop is told afterwards, as by a socket, it hears later."""
        self.call_soon_threadsafe(self._leap, seconds)

    def _leap(self, seconds: float) -> None:
        self.ahead += seconds


def fetcher(**settings: Any) -> Fetcher:
    """A Fetcher with what the test says, and defaults fit for loopback."""
    usual: dict[str, Any] = {
        "user_agent": USER_AGENT,
        "now": lambda: NOW,
        "allow_addresses": LOOPBACK,
        "timeout": 60.0,
        "max_body": 1_000_000,
    }
    return Fetcher(**(usual | settings))


def fetch_all(
    *requests: FetchRequest | str, loop: asyncio.AbstractEventLoop | None = None, **settings: Any
) -> list[FetchResult]:
    """What one fetcher gets, one request after the other; `loop`: in this one, which is closed afterwards."""

    async def run() -> list[FetchResult]:
        async with fetcher(**settings) as one:
            return [await one.fetch(FetchRequest(r) if isinstance(r, str) else r) for r in requests]

    with asyncio.Runner(loop_factory=(lambda: loop) if loop is not None else None) as runner:
        return runner.run(run())


def fetch(request: FetchRequest | str, **settings: Any) -> FetchResult:
    return fetch_all(request, **settings)[0]


def fetched(request: FetchRequest | str, **settings: Any) -> Fetched:
    result = fetch(request, **settings)
    assert isinstance(result, Fetched), result
    return result


def not_modified(request: FetchRequest | str, **settings: Any) -> NotModified:
    result = fetch(request, **settings)
    assert isinstance(result, NotModified), result
    return result


def failed(request: FetchRequest | str, **settings: Any) -> FetchError:
    result = fetch(request, **settings)
    assert isinstance(result, FetchError), result
    return result


def names(table: Mapping[str, Sequence[str]], asked: Callable[[str], object] = len) -> Resolve:
    """A resolver that knows the hosts of the table, and tells `asked` of each question."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked(host)
        return table[host]

    return resolve
