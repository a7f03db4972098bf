"""What the service does again and again, planned by APScheduler; it goes on when the clock is set back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

Action = Callable[[], Any]  # may be a coroutine function

# How often it is looked whether the clock was set back; a watchdog waits for the beat.
_CHECK = timedelta(seconds=5)
_SLEW = timedelta(seconds=1)  # that a clock may be corrected by, unnoticed
# Grace without end: a tick that comes late still asks who is due, and one is enough for all missed.
_RULES = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


@contextlib.asynccontextmanager
async def scheduled(
    every: Mapping[Action, timedelta], at_once: Action | None = None
) -> AsyncIterator[Callable[[], int]]:
    """Does each of `every` at its interval while the block runs, the first time after one interval or at once.

    Gives a function that tells in how many seconds the first of them runs next.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    logging.getLogger("apscheduler.executors.default").addFilter(_is_no_cancellation)
    jobs = []
    for action, interval in every.items():
        trigger = IntervalTrigger(seconds=max(1, int(interval.total_seconds())))
        start = {"next_run_time": datetime.now(UTC)} if action == at_once else {}
        jobs.append(scheduler.add_job(action, trigger, **_RULES, **start))
    scheduler.start()
    watching = asyncio.ensure_future(_watch_clock(scheduler))
    try:
        yield lambda: seconds_until(jobs[0], datetime.now(UTC))
    finally:
        watching.cancel()
        scheduler.shutdown(wait=False)


async def _watch_clock(scheduler: AsyncIOScheduler) -> None:
    while True:
        await asyncio.sleep(_CHECK.total_seconds())
        bring_forward(scheduler, datetime.now(UTC))


def bring_forward(scheduler: AsyncIOScheduler, now: datetime) -> None:
    """Runs what is planned for later than its interval: a clock that was set back would have to come as far again.

    APScheduler plans by the time of day, and would do nothing for hours or years, while all seems well.
    """
    for job in scheduler.get_jobs():
        if job.next_run_time > now + job.trigger.interval + _SLEW:
            job.modify(next_run_time=now)


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Jobs that have not ended as we stop are cancelled, which APScheduler would report as an error."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def seconds_until(job: Job, now: datetime) -> int:
    """Seconds until the job runs next; never more than its interval, as it would seem once a clock was set back."""
    wait: timedelta = min(job.next_run_time - now, job.trigger.interval)
    return max(1, math.ceil(wait.total_seconds()))
