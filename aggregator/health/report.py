"""The whole state as one value, and as the JSON of `/health.json` and `aggregator status --json`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aggregator.health.feeds import TROUBLE, FeedHealth
from aggregator.health.state import EXIT_CODES, Level, Problem, level_of, text
from aggregator.models import WorkersSeen
from aggregator.records import dataclass
from aggregator.schedule import format_duration
from aggregator.text import counted

OVERDUE = timedelta(minutes=15)  # beyond what a tick and a host's queue explain
STALE = timedelta(hours=2)  # nothing polls: neither a service nor cron
LEAST_FREE, LEAST_SHARE = 200_000_000, 0.02  # bytes of the disk, and its share


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What is known of the store and its disk; sizes in bytes."""

    path: str
    size: int = 0  # with its log
    entries: int = 0
    stories: int = 0
    waiting_for_search: int = 0
    disk_free: int = 0
    disk_size: int = 0
    problem: str = ""  # why it cannot be read


@dataclass(frozen=True, slots=True)
class Report:
    """How everything stands at a moment."""

    at: datetime
    level: Level
    problems: tuple[Problem, ...]  # the worst first
    service: Mapping[str, Any] | None  # what the running service says; None where none runs
    store: StoreFacts
    feeds: tuple[FeedHealth, ...]
    overdue: int  # feeds
    lag: timedelta  # of the most overdue one
    last_poll: datetime | None
    last_publish: datetime | None
    seen: WorkersSeen = WorkersSeen()

    @property
    def exit_code(self) -> int:
        """As Nagios reads it: 0 OK, 1 warning, 2 critical, 3 unknown."""
        return EXIT_CODES[self.level]

    @property
    def conditions(self) -> Mapping[str, int]:
        """How many feeds there are of each condition, the most frequent first."""
        return dict(Counter(feed.condition for feed in self.feeds).most_common())

    def as_dict(self) -> dict[str, Any]:
        """For machines; times as RFC 3339, spans in seconds, sizes in bytes."""
        return {
            "at": text(self.at),
            "level": self.level,
            "problems": [
                {"what": each.what, "level": each.level, "since": text(each.since), "message": each.message}
                for each in self.problems
            ],
            "service": dict(self.service) if self.service else None,
            "leader": self.seen.leader,
            "workers": [
                {"name": each.name, "role": each.role, "seen": text(each.seen)} for each in self.seen.workers
            ],
            "last_poll": text(self.last_poll),
            "last_publish": text(self.last_publish),
            "overdue": self.overdue,
            "lag": int(self.lag.total_seconds()),
            "store": {
                "path": self.store.path,
                "size": self.store.size,
                "entries": self.store.entries,
                "stories": self.store.stories,
                "waiting_for_search": self.store.waiting_for_search,
                "disk_free": self.store.disk_free,
                "disk_size": self.store.disk_size,
            },
            "conditions": dict(self.conditions),
            "feeds": [
                {
                    "url": feed.url,
                    "name": feed.name,
                    "condition": feed.condition,
                    "since": text(feed.since),
                    "message": feed.message,
                }
                for feed in self.feeds
            ],
        }


@dataclass(frozen=True, slots=True)
class Facts:
    """What was looked up, for `make_report` to judge."""

    store: StoreFacts
    feeds: tuple[FeedHealth, ...] = ()
    due_since: tuple[datetime, ...] = ()  # of the feeds that are due
    last_poll: datetime | None = None
    last_publish: datetime | None = None
    service: Mapping[str, Any] | None = None
    seen: WorkersSeen = WorkersSeen()
    problems: tuple[Problem, ...] = ()  # that the service itself knows of


def make_report(facts: Facts, now: datetime) -> Report:
    late = [now - since for since in facts.due_since if now - since > OVERDUE]
    problems = list(facts.problems)
    store = facts.store
    if store.problem and not any(each.what == "store" for each in problems):
        problems.append(Problem("store", now, store.problem))
    if facts.service is None and facts.last_poll and now - facts.last_poll > STALE and facts.due_since:
        since = format_duration(now - facts.last_poll)
        problems.append(
            Problem("polling", facts.last_poll, f"nothing has polled for {since}: no service, no cron")
        )
    elif late and max(late) > STALE:
        words = f"{counted(len(late), 'feed')} overdue, the longest for {format_duration(max(late))}"
        problems.append(Problem("polling", now - max(late), words))
    if store.disk_size and (store.disk_free < LEAST_FREE or store.disk_free < LEAST_SHARE * store.disk_size):
        problems.append(Problem("disk", now, f"{store.disk_free // 1_000_000} MB of the disk are left"))
    bad = sum(feed.condition in TROUBLE for feed in facts.feeds)
    if bad * 4 > len(facts.feeds):
        problems.append(Problem("feeds", now, f"problems with {bad} of {counted(len(facts.feeds), 'feed')}"))
    if facts.seen.workers and not any(each.role in ("all", "publisher") for each in facts.seen.workers):
        words = "of the workers none publishes; start one with `aggregator run --role publisher`"
        problems.append(Problem("publisher", now, words))
    ranked = tuple(sorted(problems, key=lambda each: -EXIT_CODES[each.level]))
    level: Level = level_of(ranked)
    return Report(
        at=now,
        level="unknown" if facts.last_poll is None and level == "ok" else level,
        problems=ranked,
        service=facts.service,
        store=store,
        feeds=facts.feeds,
        overdue=len(late),
        lag=max(late, default=timedelta(0)),
        last_poll=facts.last_poll,
        last_publish=facts.last_publish,
        seen=facts.seen,
    )
