"""A simulated fortnight: the program polls sixty odd feeds and a crowd for 14 days of a clock that jumps.

On the seventh day it is killed amid a round, on the tenth the network is away for three hours, and on the
twelfth it is switched off for a night. All is real but the clock and the DNS: store, reader, sockets, HTTP.
"""

from __future__ import annotations

import asyncio
import math
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.fetch import Fetcher, HostLimits
from aggregator.models import Feed, Fetched, ReadError, ReadFeed
from aggregator.pipeline.exchange import Dependencies
from aggregator.pipeline.poll import Poller, part_overdue
from aggregator.pipeline.read import read
from aggregator.settings import Config, Dedupe, Polling, Subscription
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store

from .judge import Score, judge
from .log import DAY, HOUR, Exchange
from .server import Scorer
from .sites import SITES, TARGETS, Site, crowd
from .warp import START, WarpLoop, clock

TICK = 30.0  # seconds, as of the service
CRASH, OUTAGE, NIGHT = 6.5 * DAY, 9.2 * DAY, 11.9 * DAY
OUTAGE_LASTS, NIGHT_LASTS = 3 * HOUR, 11 * HOUR
LENGTH = 14 * DAY
AMID = 5.0  # seconds into a round
AGENT = "aggregator/test (+https://example.org/news/)"


@dataclass(frozen=True, slots=True)
class Outcome:
    sites: int
    log: Sequence[Exchange]
    scores: dict[str, Score]
    feeds: dict[str, Feed]  # as they stand at the end, by the sites' URLs

    @property
    def checked(self) -> int:
        return sum(score.checked for score in self.scores.values())

    @property
    def broken(self) -> list[str]:
        return [f"{rule}: {case}" for rule, score in self.scores.items() for case in score.broken]

    def asked(self, url: str) -> list[float]:
        """When the URL was asked for, in days since the start."""
        return [(e.at - START.timestamp()) / DAY for e in self.log if e.url == url]


def fortnight(size: int = 300) -> Outcome:
    """The outcome for all sites and a crowd of that size on one host."""
    with (
        tempfile.TemporaryDirectory(prefix="fortnight-") as folder,
        asyncio.Runner(loop_factory=WarpLoop) as runner,
    ):
        return runner.run(_Fortnight(Path(folder), (*SITES, *crowd(size))).run(LENGTH))


class _Fortnight:
    def __init__(self, folder: Path, sites: Sequence[Site]) -> None:
        self._folder, self._sites = folder, sites
        self._scorer = Scorer((*sites, *TARGETS))

    async def run(self, end: float) -> Outcome:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WarpLoop)
        async with await self._scorer.listen() as server:
            loop.rest(server.sockets)
            await self._runs_until(CRASH, killed=True)
            await self._runs_until(NIGHT)
            await asyncio.sleep(NIGHT_LASTS)
            await self._runs_until(end)
        return self._outcome()

    async def _runs_until(self, end: float, killed: bool = False) -> None:
        """The service from its start until it is stopped, or killed amid the round after the end."""
        loop = asyncio.get_running_loop()
        async with self._program() as (store, poller):
            part_overdue(store, clock())
            while loop.time() < end or killed:
                due = store.due_feeds(clock())
                if not due:
                    await asyncio.sleep(_until_next(store, loop.time()))
                    continue
                round_ = asyncio.ensure_future(poller.poll(due))
                if loop.time() >= end and len(due) > 5:  # some are under way, others wait
                    await asyncio.sleep(AMID)
                    round_.cancel()
                    await asyncio.wait({round_})
                    return
                await round_

    @asynccontextmanager
    async def _program(self) -> AsyncIterator[tuple[Store, Poller]]:
        """The parts of the program, put together as `app` does, with a clock and a DNS of our own."""
        polling = Polling()
        feeds = tuple(Subscription(self._scorer.real(site.url)) for site in self._sites)
        file = self._folder / "feeds.yaml"
        config = Config(file, feeds, data=self._folder, polling=polling, dedupe=Dedupe(by=("off",)))
        store = open_store(config.store_path)
        store.sync_subscriptions(feeds, clock())
        async with Fetcher(
            user_agent=AGENT,
            now=clock,
            timeout=polling.timeout.total_seconds(),
            allow_addresses=("127.0.0.0/8",),
            resolve=_resolve,
        ) as fetcher:
            hosts = HostLimits(at_once=polling.hosts_at_once, gap=polling.host_gap.total_seconds())
            yield store, Poller(config, store, Dependencies(fetcher, hosts, _read, clock))
        store.close()

    def _outcome(self) -> Outcome:
        store = open_store(self._folder / "aggregator.db")
        stored = {feed.url: feed for feed in store.feeds()}
        store.close()
        wishes = {site.url: site.wishes for site in self._sites}
        feeds = {site.url: stored[self._scorer.real(site.url)] for site in self._sites}
        return Outcome(len(self._sites), self._scorer.log, judge(self._scorer.log, wishes), feeds)


def _until_next(store: Store, now: float) -> float:
    """Seconds to the tick at which a feed will be due."""
    first = min(feed.next_poll or START for feed in store.feeds())
    due = (first - START) / timedelta(seconds=1)
    return max(math.ceil(due / TICK) * TICK, (now // TICK + 1) * TICK) - now


async def _resolve(host: str, port: int) -> Sequence[str]:
    if OUTAGE <= asyncio.get_running_loop().time() < OUTAGE + OUTAGE_LASTS:
        raise socket.gaierror(socket.EAI_AGAIN, "no network")
    return ["127.0.0.1"]


async def _read(fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
    return read(bytes(fetched.body), fetched.headers.get("content-type"), fetched.url, now)
