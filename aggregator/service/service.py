"""The service's life: one configuration after the other, each with its rounds; signals, problems and a clean stop.

What goes wrong around it does not end it: a store that is locked, a disk that is full, a feeds.yaml with an
error. What is published is served on, the problem is said, and it is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator import __version__
from aggregator.app import App, now
from aggregator.errors import AggregatorError, ConfigurationChanged, ExportError, StoreDamaged, StoreError
from aggregator.health.state import ServiceState, clock_problem
from aggregator.models import PollResult
from aggregator.pipeline.includes import watched_files
from aggregator.service import systemd
from aggregator.service.backoff import Backoff
from aggregator.service.health import Health
from aggregator.service.lock import ServiceLock
from aggregator.service.metrics import Metrics, metrics_server
from aggregator.service.site import Site
from aggregator.service.watch import FileWatch
from aggregator.settings import Config
from aggregator.text import one_line

log = logging.getLogger(__name__)

TICK = timedelta(seconds=30)  # how often the store is asked who is due
OBSERVE = timedelta(minutes=1)  # how often changes of state are noted
PATIENCE = 2.0  # seconds that a call waits for another process that writes to the store, before others go on
TIDY = timedelta(hours=6)  # how often retention looks
GRACE = 2.0  # seconds that rounds have to finish what they fetched when we are asked to stop
LONGEST_STOP = (
    4.5  # seconds, after which the process ends as it is: all that is stored and published is whole
)
_NAMED = 4  # files that a line of the log names
# Grace without end: a tick that comes late still asks who is due, and one is enough for all missed.
_RULES = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}

Change = Literal["reload", "reopen", "mend"]  # mend: the store is damaged


class Service:
    """One process that does it all. The plan lives in the store: a restart neither loses nor repeats a poll."""

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config] | None = None,
        serving: Callable[[str], None] = lambda _: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`load`: reads the configuration again; None where it does not change.

        `serving`: told the address once requests are taken.
        """
        self._config = config
        self._load, self._serving, self._clock = load, serving, clock
        self._watch = FileWatch(watched_files(config))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._change: Change | None = None  # what is to be done, besides stopping
        self._wake = asyncio.Event()  # something is to be done
        self._app: App | None = None
        self._rounds: set[asyncio.Task[None]] = set()
        self._backoff = Backoff()
        self._mended = False  # a damaged store, in this run
        self._published: tuple[int, int] | None = None  # the store's version that was published
        self._next_tick: Callable[[], int] = lambda: int(TICK.total_seconds())
        self.state = ServiceState(
            pid=os.getpid(), version=__version__, started=clock(), config=str(config.file)
        )
        self._health = Health(config, self.state, clock)
        self._metrics = Metrics()

    def run(self, host: str | None, port: int) -> None:
        """Runs until SIGTERM or SIGINT; call it in the main thread. `host`: where to serve, None for no web server.

        The work is done in a thread, so that signals are heard whatever it waits for, such as the store's lock.
        Raises StoreError where the store cannot be used at the start, ServerError where the address cannot be
        served at, AlreadyRunning where another service runs on this store.
        """
        failure: list[BaseException] = []

        def work() -> None:
            try:
                asyncio.run(self._run(host, port))
            except BaseException as error:
                failure.append(error)

        thread = threading.Thread(target=work, name="service", daemon=True)
        with self._signals():
            thread.start()
            thread.join()
        if failure:
            raise failure[0]

    # ------------------------------------------------------------ signals

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        actions: dict[int, Callable[[], object]] = {
            signal.SIGTERM: self._stop,
            signal.SIGINT: self._stop,
            signal.SIGHUP: lambda: self._soon(self._reload, True),
            signal.SIGUSR1: lambda: self._soon(self._say_how_it_stands),
        }

        def handle(number: int, _: object) -> None:
            actions[number]()

        before = {number: signal.signal(number, handle) for number in actions}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self) -> None:
        if self._stopping:  # a second time: at once
            self._end_now()
        self._stopping = True
        deadline = threading.Timer(LONGEST_STOP, self._end_now)
        deadline.daemon = True
        deadline.start()
        self._soon(self._wake.set)

    def _soon(self, action: Callable[..., object], *arguments: object) -> None:
        """Does it in the service's thread; not at all before that runs or after it has ended."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(action, *arguments)

    def _end_now(self) -> None:
        """Ends the process without finishing: as safe as a power cut, which the store and the outputs survive."""
        if self._app is not None:
            self._app.kill_workers()
        os._exit(0)

    def _say_how_it_stands(self) -> None:
        problems = "; ".join(each.message for each in self.state.current(self._clock())) or "all is well"
        log.info("%d feeds, %d rounds under way: %s", len(self._config.feeds), len(self._rounds), problems)

    # ------------------------------------------------------------ one configuration after the other

    async def _run(self, host: str | None, port: int) -> None:
        self._loop = asyncio.get_running_loop()
        with ServiceLock(self._config.data) as self._lock, contextlib.ExitStack() as opened:
            app: App | None = opened.enter_context(App(self._config, self._clock, PATIENCE).open())
            site = Site(self._config, self._health, host, port, lambda: self._next_tick())
            with site as self._site, metrics_server(self._config, self._metrics, self._health):
                self.state.address = self._site.address
                if self._site.address:
                    self._serving(self._site.address)
                async with self._scheduled():
                    while app is not None:
                        await self._use(app)
                        opened.close()
                        app = None if self._stopping else await self._open_again(opened)

    async def _use(self, app: App) -> None:
        """Works with this store and configuration until something is to be done."""
        async with app.ready():
            self._app, self._published = app, None
            systemd.notify("READY=1", f"STATUS={len(self._config.feeds)} feeds")
            try:
                with self._reported():
                    app.part_overdue()
                await self.tidy()
                await self.tick()
                while not (self._stopping or self._change):
                    self._wake.clear()
                    await self._wake.wait()
                await self._finish_rounds(app)
            finally:
                self._app = None

    async def _open_again(self, opened: contextlib.ExitStack) -> App | None:
        """The program for the configuration that is now the one in use; None where we are to stop."""
        while not self._stopping:
            change, self._change = self._change, None
            try:
                if change == "mend":
                    await self._mend()
                if not self._lock.is_in_place:
                    self._lock.renew()
                app = opened.enter_context(App(self._config, self._clock, PATIENCE).open())
            except AggregatorError as error:
                await self._pause(self._report("store", error).total_seconds())
            else:
                self._clear("store")
                return app
        return None

    async def _mend(self) -> None:
        """Mends a damaged store, once: indexes, else all rows that can be read, the damaged file kept beside it."""
        if self._mended:
            raise StoreDamaged(
                "the store is damaged again: stop the service, look after the disk, then `aggregator restore FILE`"
            )
        self._mended = True
        done = await asyncio.to_thread(App(self._config).repair_store)
        log.warning("the store was damaged, and is whole again: %s", "; ".join(done))

    async def _pause(self, seconds: float) -> None:
        """Waits, but no longer than until something is to be done."""
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    def _reload(self, asked: bool = False) -> None:
        """Reads the configuration where its file has changed or somebody asked; a broken one changes nothing."""
        if self._load is None or not (self._watch.has_changed() or asked):
            return
        if asked:
            systemd.reloading()
        try:
            config = self._load()
            if config.data != self._config.data:
                raise AggregatorError(f"`data` is now {config.data}: restart the service to use that folder")
            self._site.use(config)
        except AggregatorError as error:
            message = f"the new configuration is not used, the old one stays: {error}"
            if self.state.report("configuration", message, self._clock()) or asked:
                log.error("%s", message)
            systemd.notify("READY=1")
            return
        self._clear("configuration")
        if config == self._config and not asked:
            return
        log.info("reloading: %d feeds", len(config.feeds))
        self._config, self._watch = config, FileWatch(watched_files(config))
        self._health.config = config
        self._change_to("reload")

    def _change_to(self, change: Change) -> None:
        """Ends the rounds under way, and goes on with a store that mirrors the configuration."""
        self._change = change
        self._wake.set()

    # ------------------------------------------------------------ ticks

    @contextlib.asynccontextmanager
    async def _scheduled(self) -> AsyncIterator[None]:
        scheduler = AsyncIOScheduler(timezone="UTC")
        ticking = scheduler.add_job(self.tick, IntervalTrigger(seconds=int(TICK.total_seconds())), **_RULES)
        self._next_tick = lambda: _seconds_until(ticking.next_run_time)
        scheduler.add_job(self.observe, IntervalTrigger(seconds=int(OBSERVE.total_seconds())), **_RULES)
        scheduler.add_job(self.mail, IntervalTrigger(seconds=int(OBSERVE.total_seconds())), **_RULES)
        scheduler.add_job(self.tidy, IntervalTrigger(seconds=int(TIDY.total_seconds())), **_RULES)
        at_once = {"next_run_time": datetime.now(UTC)}
        scheduler.add_job(
            self.refresh_includes, IntervalTrigger(seconds=int(OBSERVE.total_seconds())), **_RULES, **at_once
        )
        watchdog = systemd.watchdog_seconds()
        if watchdog:
            beat = IntervalTrigger(seconds=max(1, int(watchdog)))
            scheduler.add_job(_beat, beat, **_RULES)
        scheduler.start()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)

    async def mail(self) -> None:
        """Sends the digest once its time of day has come; a mail server that fails is asked again."""
        try:
            sent = await asyncio.to_thread(self._mail_digest)
        except (AggregatorError, OSError) as error:
            log.warning("the digest was not sent: %s", one_line(str(error)))
            return
        if sent:
            log.info("sent the digest to %d addresses", sent)

    async def refresh_includes(self) -> None:
        """Asks again for the included lists that are due; their copies are files, whose changes reload."""
        app = App(self._config, self._clock)
        try:
            if await asyncio.to_thread(app.refresh_includes):
                self._reload()
        except (AggregatorError, OSError) as error:
            log.warning("the included lists were not refreshed: %s", one_line(str(error)))

    def _mail_digest(self) -> int:
        """In a thread of its own, with a store of its own: mail servers are slow."""
        with App(self._config, self._clock) as app:
            return app.send_due_digest()

    async def tick(self) -> None:
        """Looks after what is around us, and begins a round over what is due.

        Rounds overlap: a host with hundreds of feeds, asked one by one, holds up nobody but itself.
        """
        self.state.last_tick = self._clock()
        self._reload()
        self._look_after_the_folder()
        if not self._site.is_alive:
            self.state.report("web", "the web server has ended; restart the service", self._clock())
        self._lock.write(self.state.as_dict())
        if self._app is None or self._stopping or self._change or not self._backoff.is_over(self._clock()):
            return
        if self._clock_is_wrong():
            return
        task = asyncio.ensure_future(self._guarded(self._one_round(self._app)))
        self._rounds.add(task)
        task.add_done_callback(self._rounds.discard)

    def _clock_is_wrong(self) -> bool:
        """Whether the clock is so far back that polls would date stories wrongly for ever."""
        wrong = clock_problem(self._clock())
        if wrong is None:
            self._clear("clock")
        elif self.state.report("clock", f"{wrong}; nothing is polled until then", self._clock()):
            log.error("%s; nothing is polled until then", wrong)
        return wrong is not None

    async def observe(self) -> None:
        """Notes what has changed in how everything stands."""
        if self.state.ready and not self._stopping:
            await self._health.observe()

    async def tidy(self) -> None:
        """Forgets what retention no longer keeps."""
        if self._app is None or self._stopping:
            return
        app, forgotten = self._app, 0
        with self._reported():
            while not (self._stopping or self._change) and (portion := app.forget()):
                forgotten += portion
                await asyncio.sleep(0)  # polls go on in between
            while not (self._stopping or self._change):
                if not app.release_space():
                    break
                await asyncio.sleep(0)
            if forgotten:
                log.info("retention removed %d entries", forgotten)

    def _look_after_the_folder(self) -> None:
        """Where the data folder was removed under us, we would go on writing into files that nobody sees."""
        if self._app is not None and not self._app.store_is_in_place():
            log.error("the store %s was removed: beginning a new one", self._config.store_path)
            self._change_to("reopen")

    async def _one_round(self, app: App) -> None:
        due = app.due_feeds()
        if due:
            await app.poll_round(due, self._report_poll)
            self._metrics.count_worker_restarts(app.worker_restarts)
            self.state.rounds += 1
            self.state.last_round = self._clock()
        self._clear("store")
        await self._publish(app)  # what longer rounds have brought so far, too

    async def _publish(self, app: App) -> None:
        """Writes the outputs where the store has changed since, or where they are missing."""
        self._reload()
        if (
            self._change
        ):  # else what another process has polled by a newer configuration would come out by ours
            return
        version = app.version()
        if version == self._published and app.outputs_are_in_place():
            self.state.last_publish = self._clock()
            return
        try:
            with self._metrics.publishing():
                changed = app.publish()
        except ExportError as error:
            self._report("publish", error)
            await app.announce(error.changed)
            return
        self._clear("publish")
        self._published = app.version()
        self.state.last_publish, self.state.ready = self._clock(), True
        if changed:
            self.state.last_change = self._clock()
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            log.info("published: %s%s", ", ".join(changed[:_NAMED]), more)
        await app.announce(changed)
        while not (self._stopping or self._change):
            if not app.index_search():  # after a large import there are many portions
                break
            await asyncio.sleep(0)

    def _report_poll(self, result: PollResult) -> None:
        self._metrics.observe_poll(result)
        _log(result)

    # ------------------------------------------------------------ problems

    async def _guarded(self, work: Awaitable[None]) -> None:
        """Does the work; what fails is said, and tried again."""
        with self._reported():
            await work

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except StoreDamaged as error:
            self._report("store", error)
            self._change_to("mend")
        except ConfigurationChanged:
            self._reload()
            self._change_to("reopen")
        except StoreError as error:
            self._report("store", error)
        except AggregatorError as error:
            self._report("polling", error)
        except Exception as error:
            log.exception("this round failed; the next one goes on")
            self.state.report(
                "polling", f"a round failed ({type(error).__name__}); the log has more", self._clock()
            )
        else:
            self._clear("polling")

    def _report(self, what: str, error: AggregatorError) -> timedelta:
        """Says it once, and puts the next try off; by how long."""
        wait = self._backoff.failed(self._clock()) if what == "store" else TICK
        if self.state.report(what, str(error), self._clock()):
            log.error("%s; trying again", error)
        self._lock.write(self.state.as_dict())
        return wait

    def _clear(self, what: str) -> None:
        if what == "store":
            self._backoff.succeeded()
        over = self.state.clear(what)
        if over is not None:
            log.info("well again: %s (since %s)", what, over.since.isoformat())

    # ------------------------------------------------------------ the end

    async def _finish_rounds(self, app: App) -> None:
        """Lets the rounds end: for a moment where we stop, else with what they are asking just now."""
        if not self._stopping:
            app.drain()
            while self._rounds and not self._stopping:
                self._wake.clear()
                waking = asyncio.ensure_future(self._wake.wait())
                await asyncio.wait({*self._rounds, waking}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
            if not self._stopping:
                return
        log.info("stopping")
        systemd.notify("STOPPING=1")
        app.stop()
        if self._rounds:
            _, late = await asyncio.wait(self._rounds, timeout=GRACE)
            if late:
                for task in late:
                    task.cancel()
                await asyncio.wait(late, timeout=1)
                with contextlib.suppress(AggregatorError):
                    app.publish()


def _beat() -> None:
    systemd.notify("WATCHDOG=1")


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
