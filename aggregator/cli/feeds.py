"""`aggregator feeds` and `aggregator check`: how the feeds stand, and whether feeds.yaml is right."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.feed_args import feeds_called
from aggregator.cli.text import dim, fit, iso, width, wrap
from aggregator.errors import StoreError
from aggregator.links import without_credentials
from aggregator.models import Feed
from aggregator.schedule import NEVER, format_duration
from aggregator.settings import Config


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@click.option(
    "--enable", metavar="FEED", help="Let a feed be asked again that is gone or waits, and show it."
)
@common_options
def feeds(as_json: bool, enable: str | None) -> None:
    """Show each feed: its status, its entries, when it was and when it will be polled, and why then.

    A feed whose server said twice that it is gone is not asked any more: `--enable`, with its address or part of
    its name, makes it due again as if it were new. `aggregator why` tells more of one feed.

    \b
    Examples:
      aggregator feeds
      aggregator feeds --json | jq '.[] | select(.status == "failing")'
      aggregator feeds --enable https://example.org/feed.xml
    """
    with App(configuration()) as app:
        enabled = {feed.id for feed in feeds_called(app, enable)} if enable else None
        for feed_id in enabled or ():
            app.enable_feed(feed_id)
        names = app.feed_names()
        shown = [feed for feed in app.feeds() if enabled is None or feed.id in enabled]
        if as_json:
            rows = [as_dict(feed, names[feed.id]) for feed in shown]
            click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for feed in shown:
            click.echo(_lines(feed, names[feed.id], app.clock()))


@click.command()
@common_options
def check() -> None:
    """Check the configuration, and nothing else: exit code 0 where it is right, 2 where it is not.

    Says which feeds have moved for good, with what to write instead, and which secrets are not to be had here.

    \b
    Examples:
      aggregator check
      aggregator check -c /etc/aggregator/feeds.yaml
    """
    config = configuration()
    if not options().quiet:
        for remark in (*_moved(config), *_missing_secrets(config)):
            click.echo(remark)
        count = len(config.feeds)
        click.echo(f"{options().path}: {count} {'feed' if count == 1 else 'feeds'}, all in order.")


def _moved(config: Config) -> Iterator[str]:
    """The edits that permanent redirects ask for, where there is a store that knows of any."""
    lines = {subscription.url: subscription.line for subscription in config.feeds}
    moved: tuple[Feed, ...] = ()
    with contextlib.suppress(StoreError), App(config) as app:  # it is no matter of the configuration
        moved = app.moved_feeds()
    for feed in moved:
        if feed.url in lines:
            place = f"{options().path}:{lines[feed.url]}"
            yield f"{place}: {without_credentials(feed.url)} has moved for good; write {feed.effective_url}"


def _missing_secrets(config: Config) -> Iterator[str]:
    """What feeds are signed in with that this process cannot look up; another one may."""
    private = [sub for sub in config.feeds if sub.auth or sub.headers]
    if not private and not config.polling.proxy:
        return
    from aggregator.fetch import FetchProblem, Secrets

    secrets = Secrets(config.file.parent)
    for sub in private:
        try:
            secrets.headers(sub.headers)
            if sub.auth:
                secrets.authorization(sub.auth)
        except FetchProblem as problem:
            yield f"{options().path}:{sub.line}: {problem}"
    try:
        secrets.text(config.polling.proxy or "", "polling.proxy")
    except FetchProblem as problem:
        yield f"{options().path}: {problem}"


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
    if feed.last_attempt is None:
        return "not polled yet"
    failing = (
        f", without success for {format_duration(now - feed.failing_since)}" if feed.failing_since else ""
    )
    return f"polled {format_duration(now - feed.last_attempt)} ago{failing}"


def _next(feed: Feed, now: datetime) -> str:
    if feed.next_poll is None or feed.next_poll <= now:
        return f"due now ({feed.next_reason})"
    if feed.next_poll >= NEVER:
        return feed.next_reason
    return f"next in {format_duration(feed.next_poll - now)} ({feed.next_reason})"


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
        "next_reason": feed.next_reason,
        "next_steps": list(feed.next_steps),
        "failing_since": iso(feed.failing_since),
        "effective_url": without_credentials(feed.effective_url),
        "moving_to": feed.move.url if feed.move else None,
        "format": feed.info.format if feed.info else None,
        "problem": feed.info.problem if feed.info else None,
    }
