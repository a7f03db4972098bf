"""The report for people: one screen of text, which the page at `/health` shows as well. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import datetime

from aggregator.health.feeds import TROUBLE
from aggregator.health.report import Report
from aggregator.schedule import format_duration
from aggregator.text import counted, one_line, shorten

_MOST = 20  # feeds with problems that are listed


def as_text(report: Report) -> str:
    """Some lines, without colours."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield _row("State", report.level.upper())
    for problem in report.problems:
        yield _row("", f"{problem.level}: {problem.message} ({_ago(problem.since, report.at)})")
    service = report.service
    if service is None:
        yield _row("Service", "not running")
    else:
        where = f", {service['address']}" if service.get("address") else ""
        yield _row("Service", f"running since {service.get('started')} (process {service.get('pid')}{where})")
    yield _row("Last poll", _ago(report.last_poll, report.at))
    yield _row("Published", _ago(report.last_publish, report.at))
    late = f"{counted(report.overdue, 'feed')} overdue, the longest for {format_duration(report.lag)}"
    yield _row("Lag", late if report.overdue else "none: every feed is polled in time")
    store = report.store
    yield _row(
        "Store",
        f"{_size(store.size)}, {counted(store.entries, 'entry', 'entries')}, {counted(store.stories, 'story', 'stories')}"
        + (
            f", {store.waiting_for_search:,} waiting for the search index" if store.waiting_for_search else ""
        ),
    )
    yield _row("Disk", f"{_size(store.disk_free)} free of {_size(store.disk_size)}")
    conditions = ", ".join(f"{count} {name}" for name, count in report.conditions.items())
    yield _row("Feeds", f"{len(report.feeds)}: {conditions}" if report.feeds else "none")
    bad = [feed for feed in report.feeds if feed.condition in TROUBLE]
    for feed in bad[:_MOST]:
        since = f" since {feed.since:%Y-%m-%d %H:%M} UTC" if feed.since else ""
        yield _row(
            "", f"{feed.condition}{since}: {shorten(one_line(feed.name), 40)}: {one_line(feed.message)}"
        )
    if len(bad) > _MOST:
        yield _row("", f"and {len(bad) - _MOST} more; --json has them all")


def as_page(report: Report) -> bytes:
    """A page of the same, which loads itself anew every minute."""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta http-equiv="refresh" content="60">\n'
        f"<title>{report.level.upper()}: aggregator</title>\n<h1>{report.level.upper()}</h1>\n"
        f"<pre>{html.escape(as_text(report))}</pre>\n"
        '<p><a href="health.json">As JSON</a>, <a href="health.atom">changes as a feed</a></p>\n'
    ).encode()


def _row(name: str, words: str) -> str:
    return f"{name:<10} {words}".rstrip()


def _ago(when: datetime | None, now: datetime) -> str:
    if when is None:
        return "never"
    return f"{format_duration(now - when)} ago" if now > when else "just now"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
