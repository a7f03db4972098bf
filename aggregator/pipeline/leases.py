"""The hosts that this worker may ask, where several work on one store: no host is asked by two of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic

from aggregator import links
from aggregator.errors import StoreBusy
from aggregator.fetch import FetchProblem
from aggregator.models import Feed
from aggregator.store.interfaces import WorkerStore, host_lease

LEASE = timedelta(seconds=20)  # that a lease holds unless it is renewed; after a crash it is over, too
_CERTAIN = 0.7 * LEASE.total_seconds()  # after a renewal, whatever our clock does
# The clock may be put forward by so much unnoticed: leases hold longer, as they are renewed in time. By more, those of
# others look as if they had run out; for so long none is taken, until the others have renewed them.
_FORWARD = _RENEWED = LEASE.total_seconds() / 2
_TIMEOUT = 15  # seconds that a request waits for a host that another worker asks


class HostLeases:
    """Takes leases on hosts and gives them back. They are renewed by another thread: see `held` and `renewed`."""

    def __init__(
        self,
        store: WorkerStore,
        owner: str,
        clock: Callable[[], datetime],
        gap: timedelta,
        count: Callable[[], float] = monotonic,
    ) -> None:
        """`gap`: for how long a host is left alone after a request, by whichever worker. `count`: seconds, steadily."""
        self._store, self._owner, self._clock, self._count = store, owner, clock, count
        self._gap = gap + timedelta(seconds=1) if gap else gap  # since the store keeps whole seconds
        self._users: Counter[str] = Counter()  # by host: a round, requests
        self._done: set[str] = set()  # hosts without users whose leases are not given back yet
        self._of_rounds: set[str] = set()
        self._lost: frozenset[str] = frozenset()  # of hosts with users: another worker has them
        self._renewed = count()  # when we last knew that ours hold
        self._looked = clock(), count()  # when the clock was last looked at, by both
        self._none_before = self._looked[1]  # no lease is taken

    def held(self) -> frozenset[str]:
        """The hosts whose leases are to be renewed; from any thread."""
        return frozenset(list(self._users))

    def renewed(self, lost: frozenset[str], asked: float) -> None:
        """Told that leases were renewed, but for these hosts; from any thread. `asked`: when, by `count`."""
        self._lost, self._renewed = lost, asked

    def feeds(self, limit: int, under_way: Collection[str]) -> tuple[Feed, ...]:
        """Feeds to poll now, whose hosts are ours until `done`. `under_way`: hosts of rounds that go on."""
        for host in self._of_rounds.difference(under_way):  # a round that did not begin
            self.done(host)
        self.give_back()
        now = self._clock()
        found = self._store.lease_feeds(self._owner, now, now + LEASE, limit) if self._may_take(now) else ()
        hosts = {links.host(feed.effective_url) for feed in found}
        self._done -= hosts
        self._of_rounds |= hosts
        self._users.update(hosts)
        return found

    def done(self, host: str) -> None:
        """A round needs this host no more."""
        if host in self._of_rounds:
            self._of_rounds.discard(host)
            self._leave(host)

    def give_back(self) -> None:
        """Gives back the leases on hosts that are not needed any more."""
        if self._done:
            free = self._clock() + self._gap
            self._store.release([host_lease(host) for host in self._done], self._owner, free)
            self._done.clear()

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Holds the host for a request. Raises FetchProblem where another worker does not leave it."""
        # A process that was stopped for a while goes on before it is told what it has lost.
        if not self._users[host] or host in self._lost or self._count() - self._renewed > _CERTAIN:
            await self._take(host)
        self._users[host] += 1
        try:
            yield
        finally:
            self._leave(host)

    async def _take(self, host: str) -> None:
        name = host_lease(host)
        for _ in range(_TIMEOUT):
            now = self._clock()
            with contextlib.suppress(StoreBusy):
                if self._may_take(now) and self._store.lease([name], self._owner, now, now + LEASE):
                    self._done.discard(host)
                    self._lost -= {host}
                    return
            await asyncio.sleep(1)
        raise FetchProblem("waiting", "not polled: another worker polls its host")

    def _may_take(self, now: datetime) -> bool:
        """Whether leases are taken: not just after the clock was put forward."""
        (before, counted), counts = self._looked, self._count()
        self._looked = now, counts
        if (now - before).total_seconds() - (counts - counted) > _FORWARD:
            self._none_before = counts + _RENEWED
        return counts >= self._none_before

    def _leave(self, host: str) -> None:
        self._users[host] -= 1
        if not self._users[host]:
            del self._users[host]
            self._done.add(host)
