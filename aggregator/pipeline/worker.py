"""A process that works on a store with others: it says that it is there, and renews its leases, in a thread of its own.

So leases hold however long the work takes, and end with the process. A worker whose thread cannot reach the store has
nothing that holds, and neither asks a host nor publishes until it does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol, Self

from aggregator.errors import StoreError
from aggregator.models import PUBLISH, SEEN, Lease, Role
from aggregator.models import Worker as WorkerNote
from aggregator.pipeline.leases import LEASE, HostLeases
from aggregator.store.interfaces import WorkerStore, host_lease

log = logging.getLogger(__name__)

BEAT = 5.0  # seconds
_REMEMBERED = timedelta(days=1)


class Clock(Protocol):
    """The time, which can be made that of a database."""

    def __call__(self) -> datetime: ...
    def follow(self, ask: Callable[[], datetime | None]) -> None: ...


class Worker:
    """Use as a context manager; `name` differs from that of every other process."""

    def __init__(self, open_store: Callable[[], WorkerStore], clock: Clock, role: Role) -> None:
        """`open_store` is called in the thread."""
        self.role: Role = role
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.hosts: HostLeases | None = None  # while it polls
        self.gap = timedelta(0)  # for which hosts are left alone as it ends
        self.others: tuple[WorkerNote, ...] = ()  # seen lately, and this one
        self.leader = ""  # who publishes
        self.is_alive: Callable[[], bool] = lambda: True  # whether its work goes on
        self.told: Callable[[], None] = lambda: None  # called as it begins to publish
        self._open_store, self._clock = open_store, clock
        self._publisher: tuple[Lease, float] | None = None  # and until when it certainly holds
        self._ending, self._begun = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def __enter__(self) -> Self:
        self._started = self._clock()
        self._thread.start()
        self._begun.wait(BEAT)  # so that the clock is the database's
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(BEAT)

    @property
    def publisher(self) -> Lease | None:
        """The lease by which this worker publishes; None where another one does."""
        found = self._publisher
        return found[0] if found is not None and monotonic() < found[1] else None

    def _run(self) -> None:
        store: WorkerStore | None = None
        while True:
            try:
                store = store or self._open_store()
                self._beat(store)
            except StoreError as error:
                log.debug("worker: %s", error)
                if store is not None:
                    store.close()
                store = None
            except Exception:
                log.exception("this should not happen")
            self._begun.set()
            if self._ending.wait(BEAT):
                break
        if store is not None:
            with contextlib.suppress(StoreError):
                self._leave(store)
            store.close()

    def _beat(self, store: WorkerStore) -> None:
        self._clock.follow(store.server_time)
        now, asked = self._clock(), monotonic()
        # First, as it fails where a newer program has taken the store over: what we have leased is then for others.
        store.note_worker(WorkerNote(self.name, self.role, self._started, now))
        if self.is_alive():
            if self.hosts is not None:
                self._renew_hosts(store, self.hosts, now)
            if self.role in ("all", "publisher"):
                self._lead(store, now, asked)
        self.others = store.workers(now - SEEN)
        self.leader = store.leases([PUBLISH], now).get(PUBLISH, "")

    def _renew_hosts(self, store: WorkerStore, hosts: HostLeases, now: datetime) -> None:
        held, asked = hosts.held(), monotonic()
        kept = store.renew([host_lease(host) for host in held], self.name, now + LEASE) if held else ()
        hosts.renewed(frozenset(host for host in held if host_lease(host) not in kept), asked)

    def _lead(self, store: WorkerStore, now: datetime, asked: float) -> None:
        certain = asked + LEASE.total_seconds()
        if self._publisher is not None and PUBLISH in store.renew([PUBLISH], self.name, now + LEASE):
            self._publisher = self._publisher[0], certain
            return
        was = self._publisher
        token = store.lease([PUBLISH], self.name, now, now + LEASE).get(PUBLISH)
        self._publisher = None if token is None else (Lease(PUBLISH, self.name, token), certain)
        if was is not None or token is not None:
            log.info("this worker %s", "publishes from now on" if token else "does not publish any more")
        if token is not None:
            self.told()

    def _leave(self, store: WorkerStore) -> None:
        """Gives back what it has, so that others need not wait until it has run out."""
        now = self._clock()
        if self.hosts is not None:
            names = [host_lease(host) for host in self.hosts.held()]
            store.release(names, self.name, now + self.gap)
        store.forget_worker(self.name, now - _REMEMBERED)
