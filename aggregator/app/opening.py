"""The store of an app: opened once to be written, or as often as it is read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from aggregator.models import Role
from aggregator.settings import Config

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.pipeline.worker import Worker
    from aggregator.store.interfaces import Store, Watch


def _local() -> datetime:
    return datetime.now(UTC)


class Clock:
    """The real clock, in whole seconds: this machine's, or that of a database which workers of many machines share."""

    def __init__(self, local: Callable[[], datetime] = _local) -> None:
        self._local = local
        self._followed: tuple[datetime, float] | None = None  # its time, and ours by `monotonic`

    def __call__(self) -> datetime:
        if self._followed is None:
            found = self._local()
        else:
            told, counted = self._followed
            found = told + timedelta(seconds=monotonic() - counted)
        return found.replace(microsecond=0)

    def follow(self, ask: Callable[[], datetime | None]) -> None:
        """Goes by the clock that `ask` reads, from now on; not, where that is None. From any thread."""
        before = monotonic()
        found = ask()
        if found is not None:
            self._followed = found, (before + monotonic()) / 2


class FixedClock:
    """A clock that was handed in, and follows nobody."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def __call__(self) -> datetime:
        return self._clock()

    def follow(self, ask: Callable[[], datetime | None]) -> None:
        pass


now = Clock()


class AppBase:
    """Opens the store of one configuration."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], datetime] = now,
        lock_timeout: float = 30.0,
        worker: Worker | None = None,
    ) -> None:
        """`lock_timeout`: seconds that a call waits for another process that writes to the store.

        `worker`: what this process is to others that work on the store.
        """
        self.config = config
        self.worker = worker
        self._lock_timeout = lock_timeout
        self.clock = clock
        self._opened: Store | None = None
        self._thread = 0  # which opened it
        self._mirrors = True  # whether it lets the store mirror feeds.yaml

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> Self:
        """Opens the store now, and not when it is first needed; gives this app."""
        self._store.version()
        return self

    def beside(self) -> Self:
        """The same program for another thread of this process; the store mirrors feeds.yaml already."""
        other = type(self)(self.config, self.clock, worker=self.worker)
        other._mirrors = False
        return other

    def close(self) -> None:
        """Closes the store; what is called afterwards opens it anew."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _place(self) -> Path | str:
        """Where the store is, as `open_store` takes it."""
        if self.config.store is None:
            return self.config.store_path
        from aggregator.pipeline.store_place import store_place

        return store_place(self.config)

    @property
    def _store(self) -> Store:
        """The store for writing, which mirrors feeds.yaml and its filters from the first use on."""
        if self._opened is None:
            from aggregator.store.open import open_store

            self._opened = open_store(self._place, lock_timeout=self._lock_timeout)
            self._thread = threading.get_ident()
            if self._mirrors:
                self._mirror(self._opened)
        return self._opened

    def _mirror(self, store: Store) -> None:
        """Lets the store hold the feeds and the filters of feeds.yaml."""
        from aggregator.filters import compile_rules

        store.sync_subscriptions(self.config.feeds, self.clock())
        rules = compile_rules(self.config)
        store.refilter(rules.fingerprint, rules.blocked_by)

    @contextmanager
    def _as_it_is(self) -> Iterator[Store]:
        """The store for writing one thing, without making it mirror feeds.yaml: a service may use another one."""
        if self._opened is not None:
            yield self._opened
            return
        from aggregator.store.open import open_store

        store = open_store(self._place)
        try:
            yield store
        finally:
            store.close()

    def _join(self, role: Role) -> Worker:
        """This process as a worker on the store."""
        from aggregator.pipeline.worker import Worker
        from aggregator.store.open import open_store

        clock = self.clock if isinstance(self.clock, Clock) else FixedClock(self.clock)
        return Worker(lambda: open_store(self._place, lock_timeout=self._lock_timeout), clock, role)

    def watch(self) -> Watch:
        """What waits for changes of the store. Raises StoreError."""
        from aggregator.store.open import open_watch

        return open_watch(self._place)

    @contextmanager
    def _library(self) -> Iterator[Store | None]:
        """The store for reading, None if there is none yet; from any thread."""
        if self._opened is not None and self._thread == threading.get_ident():
            yield self._opened
            return
        from aggregator.store.open import open_library

        library = open_library(self._place)
        try:
            yield library
        finally:
            if library is not None:
                library.close()
