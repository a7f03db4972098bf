"""How a running service stands. Pure: the service writes it, pages and commands read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from aggregator.models import Role, Worker

Level = Literal["ok", "warning", "critical", "unknown"]
EXIT_CODES: Mapping[Level, int] = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}  # as Nagios reads them

# What can have a problem, and how bad that is. Readers get old news where it is critical.
LEVELS: Mapping[str, Level] = {
    "store": "critical",
    "publish": "critical",
    "polling": "critical",
    "web": "critical",
    "configuration": "warning",
    "clock": "warning",
    "disk": "warning",
    "feeds": "warning",
    "publisher": "warning",
}
LATE = timedelta(minutes=3)  # since the last tick: six were missed


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, since when, and in words."""

    what: str  # a key of LEVELS
    since: datetime
    message: str

    @property
    def level(self) -> Level:
        return LEVELS[self.what]


@dataclass(slots=True)
class ServiceState:
    """Written by the service's own thread only; whoever reads it elsewhere reads whole values."""

    pid: int
    version: str
    started: datetime
    config: str  # the file
    role: Role = "all"
    worker: str = ""  # its name to others that work on the store; "" where it works alone
    leader: str = ""  # the worker who publishes
    workers: tuple[Worker, ...] = ()  # that were seen lately, this one among them
    address: str | None = None  # where it serves
    ready: bool = False  # everything is set up, a first publish done
    last_tick: datetime | None = None
    last_round: datetime | None = None  # when a round last ended well
    last_publish: datetime | None = None  # when publishing last went well
    last_change: datetime | None = None  # when outputs last changed
    rounds: int = 0
    problems: Mapping[str, Problem] = field(default_factory=dict)  # replaced, never changed

    def report(self, what: str, message: str, now: datetime) -> bool:
        """Notes a problem; whether that is news."""
        known = self.problems.get(what)
        problem = Problem(what, known.since if known else now, message)
        self.problems = {**self.problems, what: problem}
        return known is None or known.message != message

    def clear(self, what: str) -> Problem | None:
        """Notes that this is well; the problem that is over."""
        known = self.problems.get(what)
        if known is not None:
            self.problems = {name: each for name, each in self.problems.items() if name != what}
        return known

    def current(self, now: datetime) -> tuple[Problem, ...]:
        """All problems, the worst first; a service that has stopped ticking is one."""
        found = list(self.problems.values())
        if self.last_tick is not None and now - self.last_tick > LATE and "polling" not in self.problems:
            found.append(Problem("polling", self.last_tick, "no tick since then: the service is stuck"))
        return tuple(sorted(found, key=lambda each: -EXIT_CODES[each.level]))

    def as_dict(self) -> dict[str, Any]:
        """For a file or a page; times as RFC 3339."""
        return {
            "pid": self.pid,
            "version": self.version,
            "config": self.config,
            "role": self.role,
            "worker": self.worker,
            "leader": self.leader,
            "workers": [
                {"name": each.name, "role": each.role, "seen": text(each.seen)} for each in self.workers
            ],
            "address": self.address,
            "ready": self.ready,
            "started": text(self.started),
            "last_tick": text(self.last_tick),
            "last_round": text(self.last_round),
            "last_publish": text(self.last_publish),
            "last_change": text(self.last_change),
            "rounds": self.rounds,
            "problems": [
                {"what": each.what, "level": each.level, "since": text(each.since), "message": each.message}
                for each in self.problems.values()
            ],
        }


BUILT = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before this is wrong


def clock_problem(now: datetime) -> str | None:
    """What is wrong with the clock, and what to do."""
    if now >= BUILT:
        return None
    return f"the clock says {now:%Y-%m-%d}, which is past: set it (`timedatectl set-ntp true`)"


def level_of(problems: tuple[Problem, ...]) -> Level:
    """The worst of them; "ok" where there is none."""
    return max((each.level for each in problems), key=EXIT_CODES.__getitem__, default="ok")


def text(when: datetime | None) -> str | None:
    return None if when is None else f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
