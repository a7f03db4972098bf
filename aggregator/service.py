"""The background service: ticks that poll what is due and publish, the web server, a clean stop on signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator import links
from aggregator.app import App
from aggregator.errors import AggregatorError, StoreError
from aggregator.models import PollResult
from aggregator.text import one_line
from aggregator.web import make_app

log = logging.getLogger(__name__)

TICK = timedelta(seconds=30)  # how often the store is asked who is due
TIDY = timedelta(hours=6)  # how often retention looks
_NAMED = 4  # files that a line of the log names
GRACE = 2.0  # seconds that a round has to finish what it fetched when we are asked to stop


class ServiceError(AggregatorError):
    """The service cannot start; the text says why and what to do."""


class Service:
    """One process that does it all. The plan lives in the store: a restart neither loses nor repeats a poll."""

    def __init__(self, app: App, serving: Callable[[str], None] = lambda _: None) -> None:
        """`serving`: told the address once requests are taken."""
        self._app = app
        self._serving = serving
        self._stop = asyncio.Event()
        self._rounds: set[asyncio.Task[None]] = set()
        self._failure: StoreError | None = None
        self._published: tuple[int, int] | None = None  # the store's version that was published
        self._next_tick: Callable[[], int] = lambda: int(TICK.total_seconds())

    async def run(self, host: str | None, port: int) -> None:
        """Runs until SIGTERM or SIGINT. `host`: where to serve, or None for no web server.

        Raises StoreError when the store fails, ServiceError when the address cannot be served at.
        """
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        scheduler = AsyncIOScheduler(timezone="UTC")
        # Grace without end: a tick that comes late still asks who is due, and one is enough for all missed.
        rules = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        ticking = scheduler.add_job(self.tick, IntervalTrigger(seconds=int(TICK.total_seconds())), **rules)
        self._next_tick = lambda: _seconds_until(ticking.next_run_time)
        scheduler.add_job(self.tidy, IntervalTrigger(seconds=int(TIDY.total_seconds())), **rules)
        async with self._app.ready(), self._web(host, port):
            scheduler.start()
            _tell_manager("READY=1")
            try:
                await self.tidy()
                self._app.part_overdue()
                await self.tick()  # an interval's first run comes only after it
                await self._stop.wait()
                log.info("stopping")
                _tell_manager("STOPPING=1")
            finally:
                scheduler.shutdown(wait=False)
                await self._finish_rounds()
        if self._failure is not None:
            raise self._failure

    async def tick(self) -> None:
        """Begins a round over what is due.

        Rounds overlap: a host with hundreds of feeds, asked one by one, holds up nobody but itself.
        """
        if not self._stop.is_set():
            task = asyncio.ensure_future(self._guarded(self._one_round()))
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)

    async def tidy(self) -> None:
        """Forgets what retention no longer keeps."""
        forgotten = self._app.forget()
        if forgotten:
            log.info("retention removed %d entries", forgotten)

    async def _one_round(self) -> None:
        due = self._app.due()
        if due:
            await self._app.poll(due, _log)
        await self._publish()  # what longer rounds have brought so far, too

    async def _publish(self) -> None:
        """Writes the outputs where the store has changed since."""
        if self._app.store.version() == self._published:
            return
        changed = self._app.publish()
        self._published = self._app.store.version()
        if changed:
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            log.info("published: %s%s", ", ".join(changed[:_NAMED]), more)
        await self._app.announce(changed)

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Does the work; the store's failure ends the service, any other is a line of the log."""
        try:
            await work
        except StoreError as error:
            self._failure = error
            self._stop.set()
        except AggregatorError as error:
            log.error("%s", error)
        except Exception:
            log.exception("this round failed; the next one goes on")

    async def _finish_rounds(self) -> None:
        """Lets the rounds keep and publish what they fetched, for a moment."""
        if not self._rounds:
            return
        self._app.stop()
        _, late = await asyncio.wait(self._rounds, timeout=GRACE)
        if late:
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=1)
            with contextlib.suppress(AggregatorError):
                self._app.publish()

    @contextlib.asynccontextmanager
    async def _web(self, host: str | None, port: int) -> AsyncIterator[None]:
        if host is None:
            yield
            return
        listener = listen(host, port)
        config = uvicorn.Config(
            make_app(
                self._app.config.public_path,
                lambda: self._next_tick(),
                urlsplit(self._app.config.base_url).path,
                self._app.search,
            ),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        task = asyncio.ensure_future(server.serve(sockets=[listener]))
        place = address(listener)
        log.info("serving %s at %s", self._app.config.public_path, place)
        self._serving(place)
        if links.is_loopback(self._app.config.base_url) and self._app.config.base_url != place:
            log.info(
                "subscribers are told %s: set base_url if that is not where they reach you",
                self._app.config.base_url,
            )
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait({task}, timeout=3)


class _Server(uvicorn.Server):
    """uvicorn inside our own loop: the signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ServiceError with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServiceError(
            f"cannot serve at {host}:{port}: {error.strerror or error}; choose another --port or --host,"
            " or --no-web"
        ) from error
    return listener


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _seconds_until(when: datetime) -> int:
    return max(1, math.ceil((when - datetime.now(UTC)).total_seconds()))


def _log(result: PollResult) -> None:
    """One line a poll."""
    bad = result.status in ("failing", "gone", "paused")
    words = f": {one_line(result.message)}" if result.message else ""
    log.log(
        logging.WARNING if bad else logging.INFO,
        "%s %s %d new %d edited %.2f s%s",
        result.url,
        result.status,
        result.new,
        result.edited,
        result.elapsed,
        words,
    )


def _tell_manager(message: str) -> None:
    """Tells systemd how we stand, where it asked to be told (sd_notify(3))."""
    place = os.environ.get("NOTIFY_SOCKET")
    if not place:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), "\0" + place[1:] if place.startswith("@") else place)
