from __future__ import annotations

import asyncio
import itertools

import pytest

from aggregator.fetch import HostLimits
from support.fetching import LeapingLoop


class Log:
    """Takes turns, and notes how many were inside, and when."""

    def __init__(self, hosts: HostLimits) -> None:
        self.hosts = hosts
        self.inside: set[str] = set()
        self.most = 0
        self.times: dict[str, list[float]] = {}

    async def visit(self, url: str, host: str, stay: int = 3) -> None:
        async with self.hosts.turn(url):
            assert host not in self.inside, "two at one host"
            self.inside.add(host)
            self.most = max(self.most, len(self.inside))
            self.times.setdefault(host, []).append(asyncio.get_running_loop().time())
            for _ in range(stay):
                await asyncio.sleep(0)
            self.inside.remove(host)


def test_a_host_is_asked_one_request_at_a_time_and_hosts_few_at_once() -> None:
    async def run() -> Log:
        log = Log(HostLimits(at_once=4, gap=0.0))
        await asyncio.gather(
            *(log.visit(f"http://h{n % 10}.example/{n}", f"h{n % 10}.example") for n in range(100))
        )
        return log

    # Its clock stands: who is inside for half a second does not count any more.
    with asyncio.Runner(loop_factory=lambda: LeapingLoop(stands=True)) as runner:
        log = runner.run(run())
    assert log.most == 4
    assert sum(map(len, log.times.values())) == 100


@pytest.mark.parametrize(
    "urls",
    [
        ("http://a.example/1", "https://a.example/2"),
        ("http://a.example/", "http://a.example:8080/"),
        ("http://a.example/", "http://A.Example./"),
        ("http://a.example/", "http://ann:secret@a.example/"),
        ("http://a.example/", "a.example"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[::1]/", "http://[0:0::1]:81/"),
    ],
)
def test_one_host_is_one_whatever_the_url_around_it(urls: tuple[str, str]) -> None:
    async def run() -> None:
        log = Log(HostLimits(at_once=4, gap=0.0))
        await asyncio.gather(*(log.visit(url, "the host") for url in urls))

    asyncio.run(run())


def test_the_gap_lies_between_the_end_of_one_and_the_start_of_the_next() -> None:
    async def run() -> list[float]:
        log = Log(HostLimits(at_once=4, gap=0.05))
        await asyncio.gather(*(log.visit("http://a.example/", "a") for _ in range(4)))
        return log.times["a"]

    times = asyncio.run(run())
    assert all(later - sooner >= 0.05 for sooner, later in itertools.pairwise(times))


def test_the_gap_of_one_host_keeps_no_other_waiting() -> None:
    loop = LeapingLoop(stands=True)

    async def run() -> Log:
        log = Log(HostLimits(at_once=1, gap=60))
        await log.visit("http://a.example/", "a")
        waiting = asyncio.create_task(log.visit("http://a.example/", "a"))
        await asyncio.sleep(0)
        for host in "bcdef":
            await log.visit(f"http://{host}.example/", host)
        loop.ahead += 60
        await waiting
        return log

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        log = runner.run(run())
    assert max(log.times["f"]) < log.times["a"][1]


def test_a_turn_that_fails_or_is_cancelled_passes_on() -> None:
    async def fails(hosts: HostLimits) -> None:
        async with hosts.turn("http://a.example/"):
            raise LookupError

    async def run() -> None:
        hosts = HostLimits(at_once=1, gap=0.0)
        with pytest.raises(LookupError):
            await fails(hosts)
        async with hosts.turn("http://a.example/"):
            queued = [asyncio.create_task(fails(hosts)) for _ in range(3)]
            await asyncio.sleep(0)
            for task in queued:
                task.cancel()
            await asyncio.gather(*queued, return_exceptions=True)
        await asyncio.wait_for(Log(hosts).visit("http://a.example/", "a"), 60)

    asyncio.run(run())


def test_ten_thousand_hosts_are_cheap() -> None:
    async def run() -> None:
        log = Log(HostLimits(at_once=16, gap=2.0))
        await asyncio.gather(*(log.visit(f"http://h{n}.example/", f"h{n}") for n in range(10_000)))

    asyncio.run(run())  # takes 0.2 seconds; what is quadratic would take minutes
