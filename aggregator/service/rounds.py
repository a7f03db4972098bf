"""The work with one store under one configuration: rounds of polls, publishing, retention."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime

from aggregator.app import App
from aggregator.errors import AggregatorError, ExportError
from aggregator.health.state import ServiceState
from aggregator.models import PollResult
from aggregator.service.announcements import Announcements
from aggregator.service.control import Control
from aggregator.service.metrics import Metrics
from aggregator.service.problems import Problems
from aggregator.service.publisher import Publisher
from aggregator.text import one_line

log = logging.getLogger(__name__)

GRACE = 2.0  # seconds that rounds have to finish what they fetched once the service is to stop
LONGEST_PUBLICATION = 1800.0  # seconds, before it is a problem; all pages of 10,000 feeds take minutes
_NAMED = 4  # files that a line of the log names


class Rounds:
    """Rounds over one open app. They overlap: a host with hundreds of feeds, polled one by one, holds up only itself."""

    def __init__(
        self,
        app: App,
        publisher: Publisher,
        control: Control,
        problems: Problems,
        *,
        metrics: Metrics,
        state: ServiceState,
        writing: asyncio.Lock,
        announcements: Announcements,
    ) -> None:
        """`writing`: held while files are written to the public folder."""
        self.app = app
        self._announcements = announcements
        self._publisher = publisher
        self._writing = writing
        self._polls = state.role != "publisher"
        self._control, self._problems = control, problems
        self._metrics, self._state = metrics, state
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._running)

    def begin(self) -> None:
        """Begins a round over what is due."""
        task = asyncio.ensure_future(self._problems.guard(self._one_round()))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def look_after_publication(self, longest: float = LONGEST_PUBLICATION) -> None:
        """Reports one that takes so many seconds, as readers get old news. It is over once one has ended well."""
        if self._publisher.under_way > longest:
            self._problems.say(
                "publish",
                f"a publication has not ended for half an hour: see whether {self.app.config.public_path} can be"
                " written to, and whether a process that was stopped holds a lock on it",
            )

    async def tidy(self) -> None:
        """Forgets what retention no longer keeps."""
        forgotten = 0
        with self._problems.reported():
            while portion := await self._forget():
                forgotten += portion
                await asyncio.sleep(0)  # polls go on in between
            while not self._control.interrupted:
                if not self.app.release_space():
                    break
                await asyncio.sleep(0)
            if forgotten:
                log.info("retention removed %d entries", forgotten)

    async def _forget(self) -> int:
        """Forgets a portion; how many entries. Nothing goes while it is read to be published."""
        async with self._writing:
            return 0 if self._control.interrupted else self.app.forget()

    async def _one_round(self) -> None:
        due = self.app.due_feeds() if self._polls else ()
        if due:
            await self.app.poll_round(due, self._report_poll)
            self._metrics.count_worker_restarts(self.app.worker_restarts)
            self._state.rounds += 1
            self._state.last_round = self._now()
        self._problems.clear("store")
        if self.app.publishes:
            await self._publish()  # what longer rounds have brought so far, too
        await self._announce()

    async def _publish(self) -> None:
        """Writes the outputs where the store has changed since, or where they are missing."""
        try:
            changed = await self._write_outputs()
        except ExportError as error:
            self._problems.report("publish", error)
            self._announcements.add(error.changed, self._now())
            return
        if changed is None:
            return
        self._problems.clear("publish")
        self._state.ready = True
        if changed:
            self._state.last_change = self._now()
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            log.info("published: %s%s", ", ".join(changed[:_NAMED]), more)
        self._announcements.add(changed, self._now())
        await self._announce()
        await self._publisher.index()

    async def _announce(self) -> None:
        await self.app.announce(self._announcements.take(self._now(), self.app.is_copied))

    async def _write_outputs(self) -> tuple[str, ...] | None:
        """Names of those that changed; None where nothing was to be done. Raises ExportError."""
        async with self._writing:
            self._problems.reload()
            # What another process has polled by a newer configuration must not come out by ours, nor beside another
            # publisher's that has taken over while we waited.
            if self._control.change is not None or not self.app.publishes:
                return None
            changed = await self._publisher.publish()
            self._state.last_publish = self._now()
            return changed

    def _report_poll(self, result: PollResult) -> None:
        self._metrics.observe_poll(result)
        _log(result)
        if self.app.wants_feeds and not self._control.interrupted:
            self.begin()

    def _now(self) -> datetime:
        return self.app.clock()

    async def finish(self, stopping: Callable[[], None]) -> None:
        """Lets the rounds end: for a moment if we stop, else with what they are asking just now.

        `stopping`: called before we stop.
        """
        if not self._control.stopping:
            self.app.drain()
            while self._running and not self._control.stopping:
                self._control.wake.clear()
                waking = asyncio.ensure_future(self._control.wake.wait())
                await asyncio.wait({*self._running, waking}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
            if not self._control.stopping:
                return
        stopping()
        self.app.stop()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=GRACE)
            if late:
                for task in late:
                    task.cancel()
                await asyncio.wait(late, timeout=1)
                with contextlib.suppress(AggregatorError):
                    if self.app.publishes:
                        await self._publisher.publish()
        with contextlib.suppress(AggregatorError, TimeoutError):  # what waits would never be told
            rest = self._announcements.take(self._now(), is_copied=False)
            await asyncio.wait_for(self.app.announce(rest), timeout=1)


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
