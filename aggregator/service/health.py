"""What the service answers about its health, and what it posts to a webhook about changes."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from aggregator.app import App
from aggregator.errors import AggregatorError
from aggregator.export.places import FEED
from aggregator.files import is_file
from aggregator.health.events import MOST, Event, Events, render_atom
from aggregator.health.report import Report
from aggregator.health.state import ServiceState, text
from aggregator.service.webhook import post
from aggregator.settings import Config
from aggregator.text import counted, one_line

log = logging.getLogger(__name__)

EVENTS = "health-events.json"  # in the data folder
_FRESH = 5.0  # seconds that a report is used again, however often it is asked for
_SHARE = 30  # ... so many times as long as it took, where that was longer: with 100,000 feeds
_TOLD_WITHIN = timedelta(days=1)  # older changes are not sent any more to those whom they did not reach


class Health:
    """Reports on one service. Its methods may be called from any thread."""

    def __init__(self, config: Config, state: ServiceState, clock: Callable[[], datetime]) -> None:
        self.config = config  # replaced as the service reloads
        self.events = Events(config.data / EVENTS)
        self._state, self._clock = state, clock
        self._lock = threading.Lock()
        self._report: tuple[float, Report] | None = None  # until when it is used again
        self._untold: dict[str, tuple[Event, ...]] = {}  # by receiver, the newest first

    def report(self) -> Report:
        """How everything stands, some seconds ago at most; some minutes where there are very many feeds."""
        with self._lock:
            began = monotonic()
            if self._report is None or began > self._report[0]:
                with App(self.config, self._clock) as app:
                    problems = self._state.current(self._clock())
                    found = app.health(self._state.as_dict(), problems)
                self._report = use_until(began, monotonic()), found
            return self._report[1]

    def answer(self, name: str) -> tuple[int, bytes, str]:
        """The status, the body and the media type of `/name`."""
        match name:
            case "healthz":
                bad = [each for each in self._state.current(self._clock()) if each.level == "critical"]
                words = "".join(f"{each.what}: {each.message}\n" for each in bad)
                return (503 if bad else 200), (words or "ok\n").encode(), "text/plain"
            case "readyz":
                is_ready = is_file(self.config.public_path / FEED)
                return (200, b"ready\n", "text/plain") if is_ready else (503, b"not ready\n", "text/plain")
            case "health.json":
                body = json.dumps(self.report().as_dict(), ensure_ascii=False, indent=1)
                return 200, body.encode(), "application/json"
            case "health.atom":
                events = render_atom(self.events.events, self.config.base_url, self._state.started)
                return 200, events, "application/atom+xml"
        return 200, self._page(), "text/html"

    def _page(self) -> bytes:
        with App(self.config, self._clock) as app:
            return app.health_page(self.report())

    async def observe(self, tells: bool = True) -> None:
        """Notes changes since the last time, and sends them; to whom that failed they are sent the next time.

        `tells`: False where another worker does. What that one has sent is then no news to this one, should it take over.
        """
        new = self.events.observe(await asyncio.to_thread(self.report))
        if not tells:
            self._untold.clear()
            return
        for event in reversed(new):
            log.warning("health: %s: %s", event.title, event.message)
        oldest = text(self._clock() - _TOLD_WITHIN) or ""
        tellers = {address: partial(self._mail, address) for address in self.config.health.mail}
        if self.config.health.webhook:
            tellers["the webhook"] = partial(_post, self.config.health.webhook)
        before, self._untold = self._untold, {}
        for name, tell in tellers.items():
            events = (*new, *(event for event in before.get(name, ()) if event.at >= oldest))[:MOST]
            if not events:
                continue
            try:
                await asyncio.to_thread(tell, events)
            except (AggregatorError, OSError, ValueError) as error:
                self._untold[name] = events
                if name not in before:
                    log.warning(
                        "%s was not notified of a change, trying again: %s", name, one_line(str(error))
                    )

    def _mail(self, address: str, events: tuple[Event, ...]) -> None:
        first = events[-1].title
        more = f" and {counted(len(events) - 1, 'more change')}" if events[1:] else ""
        with App(self.config, self._clock) as app:
            app.mail_note(address, f"{self.config.title}: {first}{more}", f"{_words(events)}\n")


def use_until(began: float, ended: float) -> float:
    """Until when a report is used again that was made in that time, so that making them takes little of it."""
    taken = ended - began
    return began + _FRESH if taken < _FRESH else ended + _SHARE * taken


def _words(events: tuple[Event, ...]) -> str:
    """A line for each, the oldest first."""
    return "\n".join(f"{each.title}: {each.message}" for each in reversed(events))


def _post(url: str, events: tuple[Event, ...]) -> None:
    """`text` is what chat services show, `events` has the parts."""
    post(url, {"text": _words(events), "events": [asdict(each) for each in events]})
