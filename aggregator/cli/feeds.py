"""`aggregator feeds` and `aggregator check`: how the feeds stand, and whether feeds.yaml is right."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.text import dim, fit, iso, width, wrap
from aggregator.links import without_credentials
from aggregator.models import Feed
from aggregator.schedule import NEVER, in_words


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@common_options
def feeds(as_json: bool) -> None:
    """Show each feed: its status, its entries, when it was and when it will be polled, and why then.

    \b
    Examples:
      aggregator feeds
      aggregator feeds --json | jq '.[] | select(.status == "failing")'
    """
    with App(configuration()) as app:
        names = {source.feed_id: source.name for source in app.store.sources()}
        all_feeds = app.store.feeds()
        if as_json:
            rows = [_as_dict(feed, names.get(feed.id, feed.url)) for feed in all_feeds]
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for feed in all_feeds:
            click.echo(_lines(feed, names.get(feed.id, feed.url), app.clock()))


@click.command()
@common_options
def check() -> None:
    """Check the configuration, and nothing else: exit code 0 where it is right, 2 where it is not.

    \b
    Examples:
      aggregator check
      aggregator check -c /etc/aggregator/feeds.yaml
    """
    config = configuration()
    if not options().quiet:
        count = len(config.feeds)
        click.echo(f"{options().path}: {count} {'feed' if count == 1 else 'feeds'}, all in order.")


def _lines(feed: Feed, name: str, now: datetime) -> str:
    columns = width()
    count = f"{feed.entries} {'entry' if feed.entries == 1 else 'entries'}"
    bad = feed.status in ("failing", "gone", "paused")
    status = click.style(f"{feed.status:<9}", fg="red" if bad else "green" if feed.last_success else None)
    lines = [f"{status}  {fit(name, columns - 26)} {count:>14}"]
    lines.append(dim(f"           {without_credentials(feed.url)}"))
    if feed.last_error:
        lines += [f"           {line}" for line in wrap(feed.last_error, columns - 11)]
    lines += [
        f"           {dim(line)}" for line in wrap(f"{_last(feed, now)}; {_next(feed, now)}", columns - 11)
    ]
    return "\n".join(lines)


def _last(feed: Feed, now: datetime) -> str:
    return f"polled {in_words(now - feed.last_attempt)} ago" if feed.last_attempt else "not polled yet"


def _next(feed: Feed, now: datetime) -> str:
    if feed.next_poll is None or feed.next_poll <= now:
        return f"due now ({feed.next_reason})"
    if feed.next_poll >= NEVER:
        return feed.next_reason
    return f"next in {in_words(feed.next_poll - now)} ({feed.next_reason})"


def _as_dict(feed: Feed, name: str) -> dict[str, Any]:
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
        "next_reason": feed.next_reason,
        "effective_url": without_credentials(feed.effective_url),
        "format": feed.info.format if feed.info else None,
        "problem": feed.info.problem if feed.info else None,
    }
