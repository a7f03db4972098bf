"""The service's life: one configuration after the other, each with its rounds, until a signal ends it.

What goes wrong around it does not end it: a store that is locked, a disk that is full, a feeds.yaml with an
error. What is published is served on, the problem is said, and it is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from aggregator import __version__
from aggregator.app import App, now
from aggregator.errors import AggregatorError, StoreBusy, StoreDamaged, StoreError
from aggregator.health.state import ServiceState, clock_problem
from aggregator.models import Role
from aggregator.pipeline.includes import watched_files
from aggregator.service import systemd
from aggregator.service.among import Among
from aggregator.service.announcements import Announcements
from aggregator.service.control import Control
from aggregator.service.health import Health
from aggregator.service.jobs import scheduled
from aggregator.service.lock import ServiceLock
from aggregator.service.metrics import Metrics, metrics_server
from aggregator.service.problems import TICK, Problems
from aggregator.service.publisher import Publisher
from aggregator.service.rounds import Rounds
from aggregator.service.signals import Ending, run_in_thread
from aggregator.service.site import Site
from aggregator.service.watch import FileWatch
from aggregator.settings import Config
from aggregator.text import counted, one_line

log = logging.getLogger(__name__)

OBSERVE = timedelta(minutes=1)  # how often changes of state are noted
# Seconds that a call waits for another process that writes to the store, before others go on.
LOCK_TIMEOUT = 2.0
NEWS_WAIT = 2.0  # seconds from news in the store, of which more may follow at once, to its publication
TIDY = timedelta(hours=6)  # how often retention looks


class Service:
    """One process that does it all. The plan lives in the store: a restart neither loses nor repeats a poll."""

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config] | None = None,
        serving: Callable[[str], None] = lambda _: None,
        clock: Callable[[], datetime] = now,
        role: Role = "all",
    ) -> None:
        """`load`: reads the configuration again; None where it does not change.

        `serving`: told the address once requests are taken. `role`: of several workers on one store.
        """
        self._config = config
        self._load, self._serving, self._clock = load, serving, clock
        self._watch = FileWatch(watched_files(config))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._control = Control()
        self._rounds: Rounds | None = None  # of the store and the configuration in use
        self._repaired = False  # a damaged store, in this run
        self._heard: asyncio.TimerHandle | None = None  # news that is not answered yet
        self._next_tick: Callable[[], int] = lambda: int(TICK.total_seconds())
        self.state = ServiceState(
            pid=os.getpid(), version=__version__, started=clock(), config=str(config.file), role=role
        )
        self._among = Among(self.state, clock)
        self._announcements = Announcements()
        self._health = Health(config, self.state, clock)
        self._metrics = Metrics()
        self._problems = Problems(self.state, self._control, clock)
        self._problems.reload = self._reload
        self._ending = Ending(self._kill_workers)

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

        actions: dict[int, Callable[[], object]] = {
            signal.SIGTERM: self._stop,
            signal.SIGINT: self._stop,
            signal.SIGHUP: lambda: self._soon(self._reload, True),
            signal.SIGUSR1: lambda: self._soon(self._log_state),
        }
        run_in_thread(work, actions)
        if failure:
            raise failure[0]

    # ------------------------------------------------------------ signals

    def _stop(self) -> None:
        if self._control.stopping:  # a second time: at once
            self._ending.end_now()
        self._control.stopping = True
        self._ending.set_deadline()
        self._soon(self._control.wake.set)

    def _soon(self, action: Callable[..., object], *arguments: object) -> None:
        """Does it in the service's thread; not at all before that runs or after it has ended."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(action, *arguments)

    def _kill_workers(self) -> None:
        if self._rounds is not None:
            self._rounds.app.kill_workers()

    def _log_state(self) -> None:
        problems = "; ".join(each.message for each in self.state.current(self._clock())) or "no problems"
        log.info(
            "%d feeds, %d rounds under way: %s", len(self._config.feeds), len(self._rounds or ()), problems
        )

    # ------------------------------------------------------------ one configuration after the other

    async def _run(self, host: str | None, port: int) -> None:
        self._loop = asyncio.get_running_loop()
        role = self.state.role
        with ServiceLock(self._config.data, role) as self._lock, contextlib.ExitStack() as opened:
            self._save_state()
            self._among.begin(self._config)
            site = Site(self._config, self._health, host, port, lambda: self._next_tick())
            with site as self._site, metrics_server(self._config, self._metrics, self._health, role != "all"):
                self.state.address = self._site.address
                self._problems.save = self._save_state
                if self._site.address:
                    self._serving(self._site.address)
                else:
                    work = "a service without pages" if role == "all" else f"a {role}"
                    log.info("running as %s: %s", work, counted(len(self._config.feeds), "feed"))
                app = self._open_first(opened)
                with self._among.working(lambda: self._soon(self._hear)):
                    async with self._scheduled():
                        await self._work(app, opened)

    async def _work(self, app: App | None, opened: contextlib.ExitStack) -> None:
        """Until it is to stop, whatever becomes of the store."""
        if self.state.role == "web":
            await self._serve()
            return
        if app is None:
            app = await self._open_again(opened)
        while app is not None:
            try:
                await self._use(app)
            except StoreError as error:  # as it begins; what comes later is reported where it happens
                wait = self._problems.report("store", error)
                if isinstance(error, StoreDamaged):
                    self._control.change_to("repair")
                else:
                    await self._control.wait(wait.total_seconds())
            opened.close()
            app = None if self._control.stopping else await self._open_again(opened)

    async def _serve(self) -> None:
        """Serves what other workers publish."""
        systemd.notify("READY=1", "STATUS=serving")
        await self.tick()
        while not self._control.stopping:
            if not self._control.interrupted:
                await self._control.wait()
            self._control.change = None  # the site is of the new configuration already
            systemd.notify("READY=1")  # a reload that was asked for is over
        _say_that_we_stop()

    def _hear(self) -> None:
        """There is news in the store: what has changed is published, or served, a little later."""
        if self._heard is None and self._loop is not None:
            self._heard = self._loop.call_later(NEWS_WAIT, self._answer)

    def _answer(self) -> None:
        self._heard = None
        if not self._control.interrupted and self.state.role != "poller":
            self._answering = asyncio.ensure_future(self.tick())

    async def _use(self, app: App) -> None:
        """Works with this store and configuration until something is to be done."""
        publisher = Publisher(app, self._control, self._metrics)
        async with app.ready(), publisher:
            rounds = self._rounds = Rounds(
                app,
                publisher,
                self._control,
                self._problems,
                metrics=self._metrics,
                state=self.state,
                writing=self._among.writing,
                announcements=self._announcements,
            )
            systemd.notify("READY=1", f"STATUS={counted(len(self._config.feeds), 'feed')}")
            try:
                with self._problems.reported():
                    app.part_overdue()
                await self.tidy()
                await self.tick()
                while not self._control.interrupted:
                    await self._control.wait()
                await rounds.finish(_say_that_we_stop)
            finally:
                self._rounds = None

    def _open_first(self, opened: contextlib.ExitStack) -> App | None:
        """The program as it starts; what is wrong ends it, but for a database whose server is not up yet: then None.

        None, too, where nothing is written.

        What was published before is served meanwhile, so that a manager's patience with our start must not end it.
        """
        app = App(self._config, self._clock, LOCK_TIMEOUT, self._among.worker)
        try:
            if self.state.role == "web":
                app.counts()
                return None
            return opened.enter_context(app.open())
        except StoreBusy as error:
            if self._config.store is None:
                raise
            self._problems.report("store", error)
        return None

    async def _open_again(self, opened: contextlib.ExitStack) -> App | None:
        """The program for the configuration that is now the one in use; None where we are to stop."""
        while not self._control.stopping:
            change, self._control.change = self._control.change, None
            try:
                if change == "repair":
                    await self._repair()
                if not self._lock.is_in_place:
                    self._lock.renew()
                app = App(self._config, self._clock, LOCK_TIMEOUT, self._among.worker)
                opened.enter_context(app.open())
            except AggregatorError as error:
                wait = self._problems.report("store", error)
                if isinstance(error, StoreDamaged) and not self._repaired:
                    self._control.change_to("repair")
                    continue
                systemd.notify(
                    "READY=1", "STATUS=waiting for the store"
                )  # a reload that was asked for is over, too
                await self._control.wait(wait.total_seconds())
            else:
                self._problems.clear("store")
                return app
        return None

    async def _repair(self) -> None:
        """Repairs a damaged store, once: indexes, else all rows that can be read, the damaged file kept beside it."""
        if self._repaired:
            raise StoreDamaged(
                "the store is damaged again: stop the service, look after the disk, then `aggregator restore FILE`"
            )
        self._repaired = True
        done = await asyncio.to_thread(App(self._config).repair_store)
        log.warning("the store was damaged, and is whole again: %s", "; ".join(done))

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
            if config.store != self._config.store:  # other workers know this one by that store
                raise AggregatorError("`store` has changed: restart the service to use that one")
            self._site.use(config)
        except AggregatorError as error:
            message = f"the new configuration is not used, the old one stays: {error}"
            self._problems.say("configuration", message, always=asked)
            systemd.notify("READY=1")
            return
        self._problems.clear("configuration")
        if config == self._config and not asked:
            return
        log.info("reloading: %s", counted(len(config.feeds), "feed"))
        for name in _taking_a_restart(self._config, config):
            log.warning("%s has changed, which takes a restart of the service", name)
        self._config = config
        self._watch.follow(watched_files(config))
        self._health.config = config
        self._control.change_to("reload")

    # ------------------------------------------------------------ ticks

    @contextlib.asynccontextmanager
    async def _scheduled(self) -> AsyncIterator[None]:
        every: dict[Callable[[], object], timedelta] = {
            self.tick: TICK,
            self.observe: OBSERVE,
            self.mail: OBSERVE,
            self.tidy: TIDY,
            self.refresh_includes: OBSERVE,
        }
        if watchdog := systemd.watchdog_seconds():
            every[_beat] = timedelta(seconds=watchdog)
        async with scheduled(every, at_once=self.refresh_includes) as self._next_tick:
            yield

    async def mail(self) -> None:
        """Sends the digest once its time of day has come; a mail server that fails is asked again."""
        if not self._among.publishes:
            return
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
        """Looks after what is around us, and begins a round over what is due."""
        self.state.last_tick = self._clock()
        self._reload()
        self._look_after_the_folder()
        await self._among.look(self._config, self._problems)
        if not self._site.is_alive:
            self.state.report("web", "the web server has ended; restart the service", self._clock())
        if self._rounds is not None:
            self._rounds.look_after_publication()
        self._save_state()
        if self._rounds is None or self._control.interrupted or not self._problems.store_may_be_tried:
            return
        if not self._clock_is_wrong():
            self._rounds.begin()

    def _save_state(self) -> None:
        """Where other processes read it."""
        self._lock.write(self.state.as_dict())

    def _clock_is_wrong(self) -> bool:
        """Whether the clock is so far back that polls would date stories wrongly for ever."""
        wrong = clock_problem(self._clock())
        if wrong is None:
            self._problems.clear("clock")
        else:
            self._problems.say("clock", f"{wrong}; nothing is polled until then")
        return wrong is not None

    async def observe(self) -> None:
        """Notes what has changed in how everything stands; as it starts, only what it cannot do."""
        tells = self._among.publishes
        if tells:
            may_look = bool(self.state.ready or self.state.problems)
        else:
            may_look = self.state.role in ("all", "publisher")
        if may_look and not self._control.stopping:
            await self._health.observe(tells)

    async def tidy(self) -> None:
        """Forgets what retention no longer keeps."""
        if self._rounds is not None and self._among.publishes and not self._control.stopping:
            await self._rounds.tidy()

    def _look_after_the_folder(self) -> None:
        """Where the data folder was removed under us, we would go on writing into files that nobody sees."""
        if self._rounds is not None and not self._rounds.app.store_is_in_place():
            log.error("the store %s was removed: beginning a new one", self._config.store_path)
            self._control.change_to("reopen")


def _taking_a_restart(old: Config, new: Config) -> list[str]:
    """Settings that are looked at as the service starts, and have changed."""
    looked_at = {
        "health.metrics": (old.health.metrics, new.health.metrics),
        "web.trusted_proxies": (old.web.trusted_proxies, new.web.trusted_proxies),
    }
    return [name for name, (before, after) in looked_at.items() if before != after]


def _say_that_we_stop() -> None:
    log.info("stopping")
    systemd.notify("STOPPING=1")


def _beat() -> None:
    systemd.notify("WATCHDOG=1")
