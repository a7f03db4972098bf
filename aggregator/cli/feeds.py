"""`aggregator feeds`: the feeds that are followed, each in one line, those with problems first."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.feed_args import feeds_called
from aggregator.cli.groups import LazyGroup
from aggregator.cli.text import cells, dim, fit, is_narrow, iso, isolated, local, width, wrap
from aggregator.links import without_credentials
from aggregator.models import Feed, FeedLine
from aggregator.schedule import NEVER, format_duration
from aggregator.text import counted

COMMANDS = {
    "add": ("aggregator.cli.feeds_add:add", "Follow a feed, or the feed of a page."),
    "import": ("aggregator.cli.feeds_import:import_", "Add the subscriptions of another reader's list."),
    "export": ("aggregator.cli.feeds_export:export", "Print the subscriptions as OPML, URLs or JSON."),
    "remove": ("aggregator.cli.feeds_edit:remove", "Stop following feeds."),
    "rename": ("aggregator.cli.feeds_edit:rename", "Show a feed under another name."),
    "tag": ("aggregator.cli.feeds_edit:tag", "Tag a feed's stories."),
    "move": ("aggregator.cli.feeds_edit:move", "Follow a feed at its new URL."),
    "enable": ("aggregator.cli.feeds:enable", "Re-enable a feed that is gone or is being retried later."),
}

_ORDER = {
    status: place for place, status in enumerate(("gone", "failing", "paused", "new", "ok", "unchanged"))
}
_BAD = ("failing", "gone", "paused")
_STATUS, _NEWEST, _NEXT = 9, 10, 14  # columns


@click.group("feeds", cls=LazyGroup, table=COMMANDS, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@click.option(
    "--enable", "enabled", metavar="FEED", help="Re-enable a feed; the same as `feeds enable FEED`."
)
@common_options
def feeds(as_json: bool, enabled: str | None) -> None:
    """List the feeds: status, date of the newest story, time to the next poll, name.

    Feeds with problems come first; -q lists these alone. -v adds the URL, the error and the reason of the next poll;
    `aggregator why FEED` shows all of one feed.

    \b
    Examples:
      aggregator feeds
      aggregator feeds -v
      aggregator feeds add https://example.org/
      aggregator feeds --json | jq '.[] | select(.status == "failing")'
    """
    if click.get_current_context().invoked_subcommand is None:
        _list(as_json, enabled)


@click.command("enable")
@click.argument("wanted", metavar="FEED")
@common_options
def enable(wanted: str) -> None:
    """Re-enable a feed: it is due again, as if it were new.

    A feed whose server said twice that it is gone (410) is not polled any more until then. FEED is a URL, or part of
    a name.

    \b
    Examples:
      aggregator feeds enable https://example.org/feed.xml
    """
    _list(False, wanted)


def _list(as_json: bool, enabled: str | None) -> None:
    with App(configuration()) as app:
        chosen = {feed.id for feed in feeds_called(app, enabled)} if enabled else None
        for feed_id in chosen or ():
            app.enable_feed(feed_id)
        if as_json:
            feeds = app.feeds(chosen)
            names = app.feed_names(feeds)
            rows = [as_dict(feed, names[feed.id]) for feed in feeds]
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        shown = [line for line in app.feed_lines() if chosen is None or line.id in chosen]
        now = app.clock()
    if options().quiet:
        shown = [] if chosen is not None else [feed for feed in shown if feed.status in _BAD]
    ordered = sorted(shown, key=lambda feed: (_ORDER[feed.status], feed.name.casefold()))
    columns = width()
    for feed in ordered:
        click.echo("\n".join(_lines(feed, now, columns)))


def _lines(feed: FeedLine, now: datetime, columns: int) -> list[str]:
    colour = "red" if feed.status in _BAD else "green" if feed.last_success else None
    date = feed.updated
    parts = [
        f"{local(date, '%Y-%m-%d') if date else '-':<{_NEWEST}} " if not is_narrow(columns) else "",
        f"{_next_in(feed, now):<{_NEXT}} ",
    ]
    head = f"{click.style(f'{feed.status:<{_STATUS}}', fg=colour)} {''.join(parts)}"
    room = columns - _STATUS - 1 - sum(map(len, parts))
    lines = [head + isolated(fit(feed.name, room).rstrip())]
    if options().verbose:
        pad = " " * (_STATUS + 1)
        words = [without_credentials(feed.url), counted(feed.entries, "entry", "entries")]
        if feed.last_error:
            words.append(feed.last_error)
        words.append(f"{_last(feed, now)}; next poll: {feed.next_reason}")
        lines += [pad + dim(line) for each in words for line in wrap(each, columns - cells(pad))]
    return lines


def _next_in(feed: FeedLine, now: datetime) -> str:
    if feed.next_poll is None or feed.next_poll <= now:
        return "now"
    return "never" if feed.next_poll >= NEVER else f"in {format_duration(feed.next_poll - now)}"


def _last(feed: FeedLine, now: datetime) -> str:
    if feed.last_attempt is None:
        return "not polled yet"
    failing = f", failing for {format_duration(now - feed.failing_since)}" if feed.failing_since else ""
    return f"polled {format_duration(now - feed.last_attempt)} ago{failing}"


def as_dict(feed: Feed, name: str) -> dict[str, Any]:
    return {
        "url": without_credentials(feed.url),
        "name": name,
        "status": feed.status,
        "last_error": feed.last_error,
        "entries": feed.entries,
        "failures": feed.failures,
        "last_attempt": iso(feed.last_attempt),
        "last_success": iso(feed.last_success),
        "next_poll": None if feed.next_poll is None or feed.next_poll >= NEVER else iso(feed.next_poll),
        "next_reason": feed.plan.reason,
        "next_steps": list(feed.plan.steps),
        "failing_since": iso(feed.failing_since),
        "effective_url": without_credentials(feed.effective_url),
        "moving_to": feed.move.url if feed.move else None,
        "format": feed.info.format if feed.info else None,
        "problem": feed.info.problem if feed.info else None,
    }
