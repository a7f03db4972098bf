"""The jobs of the service go on when the machine's clock is set back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from aggregator.service.jobs import bring_forward, scheduled, seconds_until

HALF_A_MINUTE = timedelta(seconds=30)


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(hours=2), timedelta(days=400)], ids=str)
def test_a_job_runs_though_the_clock_was_set_back(back: timedelta) -> None:
    """As the scheduler sees it: the next run is planned for a time that is far ahead."""

    async def work() -> None:
        ran = asyncio.Event()

        async def run() -> None:
            ran.set()

        scheduler = AsyncIOScheduler(timezone="UTC")
        job = scheduler.add_job(run, IntervalTrigger(seconds=30), misfire_grace_time=None)
        scheduler.start()
        job.modify(next_run_time=datetime.now(UTC) + HALF_A_MINUTE + back)
        bring_forward(scheduler, datetime.now(UTC))
        await asyncio.wait_for(ran.wait(), 60)
        await asyncio.sleep(0)
        assert job.next_run_time <= datetime.now(UTC) + HALF_A_MINUTE
        scheduler.shutdown(wait=False)

    asyncio.run(work())


def test_a_job_in_time_is_left_as_it_is() -> None:
    async def work() -> None:
        scheduler = AsyncIOScheduler(timezone="UTC")
        job = scheduler.add_job(print, IntervalTrigger(seconds=30), misfire_grace_time=None)
        scheduler.start()
        planned = job.next_run_time
        bring_forward(scheduler, planned - HALF_A_MINUTE - timedelta(milliseconds=500))
        assert job.next_run_time == planned
        scheduler.shutdown(wait=False)

    asyncio.run(work())


def test_only_the_job_that_is_to_begin_at_once_does() -> None:
    async def work() -> None:
        ran: list[str] = []
        done = asyncio.Event()

        async def first() -> None:
            ran.append("first")

        async def second() -> None:
            ran.append("second")
            done.set()

        async with scheduled({first: 20 * HALF_A_MINUTE, second: 20 * HALF_A_MINUTE}, at_once=second) as wait:
            await asyncio.wait_for(done.wait(), 60)
            assert ran == ["second"]
            assert 1 <= wait() <= 600

    asyncio.run(work())


@pytest.mark.parametrize(("ahead", "told"), [(-5, 1), (20, 20), (31, 30), (86_400, 30), (400 * 86_400, 30)])
def test_nobody_is_told_to_wait_for_longer_than_an_interval(ahead: int, told: int) -> None:
    """After the clock was set back readers and proxies would keep what they have for a day, or a year."""
    job = AsyncIOScheduler(timezone="UTC").add_job(print, IntervalTrigger(seconds=30))
    now = datetime.now(UTC)
    job.modify(next_run_time=now + timedelta(seconds=ahead))
    assert seconds_until(job, now) == told
