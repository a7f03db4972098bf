"""`aggregator why`: the state of a feed, when it is polled next, and how that was decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration
from aggregator.cli.feed_args import feeds_called
from aggregator.cli.feeds import as_dict
from aggregator.cli.text import dim, iso, local, width, wrap
from aggregator.links import without_credentials
from aggregator.models import Feed, PollNote
from aggregator.schedule import NEVER, format_duration
from aggregator.text import counted

_SHOWN = 10  # polls of the history


@click.command()
@click.argument("feed", metavar="FEED")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@common_options
def why(feed: str, as_json: bool) -> None:
    """Show the state of a feed, when it is polled next and why, and what its last polls brought.

    FEED is a URL, or part of a name.

    \b
    Examples:
      aggregator why Slashdot
      aggregator why https://example.org/feed.xml
    """
    with App(configuration()) as app:
        names, now = {line.id: line.name for line in feeds_called(app, feed)}, app.clock()
        found = [(each, names[each.id], app.feed_history(each.id)) for each in app.feeds(names)]
    if as_json:
        rows = [as_dict(each, name) | {"history": [_note(n) for n in notes]} for each, name, notes in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    click.echo("\n\n".join("\n".join(_lines(each, name, notes, now)) for each, name, notes in found))


def _lines(feed: Feed, name: str, notes: tuple[PollNote, ...], now: datetime) -> Iterator[str]:
    columns = width()
    yield click.style(name, bold=True)
    yield dim(without_credentials(feed.url))
    yield ""
    yield from _wrapped(_status(feed, now), columns)
    if feed.effective_url != feed.url:
        yield from _wrapped(f"Moved permanently to {without_credentials(feed.effective_url)}.", columns)
    if feed.move:
        seen = counted(feed.move.count, "permanent redirect")
        led = f"It may have moved to {without_credentials(feed.move.url)}: {seen} since {local(feed.move.since)}"
        yield from _wrapped(f"{led}; 5 over a week or longer confirm it.", columns)
    for step in feed.plan.steps:
        yield from _wrapped(step, columns, "  - ")
    if notes:
        yield ""
        yield "Last polls:"
        for note in notes[:_SHOWN]:
            words = f"{note.message}; {note.reason}"
            yield from _wrapped(words, columns, f"  {local(note.at)}  {note.status:<9}  ")


def _status(feed: Feed, now: datetime) -> str:
    if feed.last_attempt is None:
        return "Status: not polled yet."
    since = f" since {local(feed.failing_since)}" if feed.failing_since else ""
    error = f": {feed.last_error}" if feed.last_error else ""
    return f"Status: {feed.status}{since}{error}. Last poll {format_duration(now - feed.last_attempt)} ago, {_next(feed, now)}."


def _next(feed: Feed, now: datetime) -> str:
    if feed.next_poll is not None and feed.next_poll >= NEVER:
        return "not polled any more; `aggregator feeds enable` with its URL re-enables it"
    if feed.next_poll is None or feed.next_poll <= now:
        return f"due now ({feed.plan.reason})"
    return f"next in {format_duration(feed.next_poll - now)}, at {local(feed.next_poll)}"


def _wrapped(text: str, columns: int, head: str = "") -> Iterator[str]:
    """The text in lines, the first with a head, the others indented by it."""
    for number, line in enumerate(wrap(text, columns - len(head))):
        yield (head if number == 0 else " " * len(head)) + line


def _note(note: PollNote) -> dict[str, Any]:
    return {"at": iso(note.at), "status": note.status, "words": note.message, "reason": note.reason}
