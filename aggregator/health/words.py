"""The report in words: one screen of text for a terminal, and the rows that the page at `/health` shows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from aggregator.health.feeds import TOLD, FeedHealth
from aggregator.health.report import Report
from aggregator.health.state import Problem
from aggregator.models import WorkersSeen
from aggregator.schedule import format_duration
from aggregator.text import counted, one_line, shorten

_MOST = 20  # feeds with problems that are listed


def as_text(report: Report) -> str:
    """Some lines, without colours. The first says it all, since that is what Nagios shows of it."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    first, *others = (
        (f"{problem.message}{_since(problem, report.at)}" for problem in report.problems)
        if report.problems
        else [summary(report)]
    )
    yield _row("State", f"{report.level.upper()}: {first}")
    for problem, words in zip(report.problems[1:], others, strict=True):
        yield _row("", f"{problem.level}: {words}")
    for name, words in facts(report):
        yield _row(name, words)
    bad = in_trouble(report)
    for feed in bad[:_MOST]:
        since = f" since {feed.since:%Y-%m-%d %H:%M} UTC" if feed.since else ""
        yield _row(
            "", f"{feed.condition}{since}: {shorten(one_line(feed.name), 40)}: {one_line(feed.message)}"
        )
    if len(bad) > _MOST:
        yield _row("", f"and {len(bad) - _MOST} more; --json has them all")


def summary(report: Report) -> str:
    """One sentence on all of it."""
    match report.level:
        case "critical":
            return "readers get old news"
        case "warning":
            return "readers get their news, and something needs attention"
        case "unknown":
            return "nothing was polled yet"
    bad = len(in_trouble(report))
    return f"all is well but for {counted(bad, 'feed')}" if bad else "all is well"


def in_trouble(report: Report) -> tuple[FeedHealth, ...]:
    """The feeds that need attention."""
    return tuple(feed for feed in report.feeds if feed.condition in TOLD)


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """What there is to know besides problems, by name."""
    service, store = report.service, report.store
    if service is None:
        yield "Service", "not running on this machine" if report.seen.workers else "not running"
    else:
        where = f", {service['address']}" if service.get("address") else ""
        since = str(service.get("started") or "").replace("T", " ").removesuffix(":00Z").removesuffix("Z")
        yield "Service", f"running since {since} UTC (process {service.get('pid')}{where})"
        if service.get("worker"):
            yield "Worker", f"{service['worker']} ({service['role']})"
    if report.seen.workers:
        yield from _workers(report.seen, service)
    if not store.problem:
        yield "Last poll", _ago(report.last_poll, report.at)
    yield "Published", _ago(report.last_publish, report.at)
    if store.problem:
        yield "Store", "cannot be read"
    else:
        late = f"{counted(report.overdue, 'feed')} overdue, the longest for {format_duration(report.lag)}"
        yield "Lag", late if report.overdue else "none: every feed is polled in time"
        parts = [_size(store.size)] if store.size else []
        parts += [counted(store.entries, "entry", "entries"), counted(store.stories, "story", "stories")]
        if store.waiting_for_search:
            parts.append(f"{store.waiting_for_search:,} waiting for the search index")
        yield "Store", ", ".join(parts)
    yield "Disk", f"{_size(store.disk_free)} free of {_size(store.disk_size)}"
    conditions = ", ".join(f"{count} {name}" for name, count in report.conditions.items())
    if report.feeds or not store.problem:
        yield "Feeds", f"{len(report.feeds)}: {conditions}" if report.feeds else "none"


def _workers(seen: WorkersSeen, service: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    is_this = bool(seen.leader) and seen.leader == (service or {}).get("worker")
    yield "Publisher", "this worker" if is_this else seen.leader or "none"
    counts = Counter(each.role for each in seen.workers)
    names = ", ".join(f"{number} {role}" for role, number in sorted(counts.items()))
    yield "Workers", f"{len(seen.workers)} seen in the last minute: {names}"


def _row(name: str, words: str) -> str:
    return f"{name:<10} {words}".rstrip()


def _since(problem: Problem, now: datetime) -> str:
    """Nothing for what was found as the report was made, and where the message says for how long."""
    lasted = format_duration(now - problem.since)
    return f" ({_ago(problem.since, now)})" if now > problem.since and lasted not in problem.message else ""


def _ago(when: datetime | None, now: datetime) -> str:
    if when is None:
        return "never"
    return f"{format_duration(now - when)} ago" if now > when else "just now"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
