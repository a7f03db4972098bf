"""What fails in the service: said once, kept in its state, and tried again."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

from aggregator.errors import AggregatorError, ConfigurationChanged, StoreDamaged, StoreError
from aggregator.health.state import ServiceState
from aggregator.service.backoff import Backoff
from aggregator.service.control import Control

log = logging.getLogger(__name__)

TICK = timedelta(seconds=30)  # how often the store is queried for feeds that are due


class Problems:
    """Reports problems and clears them."""

    def __init__(self, state: ServiceState, control: Control, clock: Callable[[], datetime]) -> None:
        self._state, self._control, self._clock = state, control, clock
        self._backoff = Backoff()  # of the store
        self.save: Callable[[], None] = lambda: None  # the state, for other processes
        self.reload: Callable[[], None] = lambda: None  # the configuration, where its file has changed

    @property
    def store_may_be_tried(self) -> bool:
        """Whether the time is over for which the store is left alone after an error."""
        return self._backoff.is_over(self._clock())

    async def guard(self, work: Awaitable[None]) -> None:
        """Does the work; what fails is said, and tried again."""
        with self.reported():
            await work

    @contextlib.contextmanager
    def reported(self, what: str = "polling") -> Iterator[None]:
        """Reports what the block raises, and decides what is done about it.

        `what`: which problem there is if it is none of the store's, and which is over if it raises nothing.
        """
        try:
            yield
        except StoreDamaged as error:
            self.report("store", error)
            self._control.change_to("repair")
        except ConfigurationChanged:
            self.reload()
            self._control.change_to("reopen")
        except StoreError as error:
            self.report("store", error)
        except AggregatorError as error:
            self.report(what, error)
        except Exception as error:
            log.exception("this round failed; the next one goes on")
            self._state.report(
                what, f"a round failed ({type(error).__name__}); the log has more", self._clock()
            )
        else:
            self.clear(what)

    def report(self, what: str, error: AggregatorError) -> timedelta:
        """Says it once, and puts the next try off; by how long."""
        wait = self._backoff.failed(self._clock()) if what == "store" else TICK
        self.say(what, f"{error}", "; trying again")
        self.save()
        return wait

    def say(self, what: str, message: str, more: str = "", always: bool = False) -> None:
        """Keeps a problem in the state, and logs it if it is new; `more` stands in the log only."""
        if self._state.report(what, message, self._clock()) or always:
            log.error("%s%s", message, more)

    def clear(self, what: str) -> None:
        """Says that a problem is over, if there was one."""
        if what == "store":
            self._backoff.succeeded()
        over = self._state.clear(what)
        if over is not None:
            log.info("resolved: %s (since %s)", what, over.since.isoformat())
