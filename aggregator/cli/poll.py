"""`aggregator poll`: one round, then publish."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, options, refreshed_configuration
from aggregator.cli.feed_args import feeds_called
from aggregator.cli.progress import progress
from aggregator.cli.report import is_without_network, make_report, totals, written
from aggregator.cli.stopping import handlers_put_back
from aggregator.cli.text import iso
from aggregator.models import Feed, PollResult
from aggregator.schedule import NEVER, format_duration


@click.command()
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@click.option("--all", "everything", is_flag=True, help="Poll every feed, due or not.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@common_options
def poll(feeds: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Poll the feeds that are due, then publish.

    FEED polls these feeds now, due or not: a URL, or part of a name. A host that asked us to wait is left alone in
    any case. Broken feeds are reported; the exit code is 0 all the same.

    \b
    Examples:
      aggregator poll
      aggregator poll --all
      aggregator poll https://example.org/feed.xml
      aggregator poll --json | jq .feeds
    """
    config = refreshed_configuration()
    with App(config) as app:
        with progress("Opening the store"):
            app.open()
        chosen = _chosen(app, feeds, everything)
        report = make_report(len(chosen), silent=as_json or options().quiet)
        with report, handlers_put_back():
            results = asyncio.run(_round(app, chosen, report, forced=bool(feeds) or everything))
        with progress("Publishing"):
            app.tidy()
            changed = app.publish()
            report.raise_failed()
            while app.index_search():  # after a large import, portion by portion
                pass
            asyncio.run(app.announce(changed))
        if as_json:
            click.echo(
                json.dumps(_as_json(results, changed, str(config.public_path)), ensure_ascii=False, indent=2)
            )
        elif not options().quiet:
            report.close(results)
            if not chosen and not everything:
                click.echo(_nothing_due(app))
                if changed:  # by feeds.yaml
                    click.echo(written(changed, config.public_path))
                return
            if not is_without_network(results):
                waiting = 0 if feeds or everything else len(config.feeds) - len(chosen)
                click.echo(totals(results, waiting, changed, config.public_path))


def _chosen(app: App, wanted: Sequence[str], everything: bool) -> tuple[Feed, ...]:
    if not wanted:
        if not everything:
            return app.due_feeds()
        # A feed that is gone for good is polled only by name.
        return tuple(feed for feed in app.feeds() if feed.next_poll is None or feed.next_poll < NEVER)
    ids = dict.fromkeys(line.id for want in wanted for line in feeds_called(app, want))
    feeds = {feed.id: feed for feed in app.feeds(ids)}
    return tuple(feeds[feed_id] for feed_id in ids)


def _nothing_due(app: App) -> str:
    feeds = app.feed_lines()
    times = [feed.next_poll for feed in feeds if feed.next_poll is not None and feed.next_poll < NEVER]
    next_one = f" The next is due in {format_duration(min(times) - app.clock())}." if times else ""
    return f"No feed of {len(feeds)} is due.{next_one} `aggregator poll --all` polls all now."


async def _round(app: App, feeds: Sequence[Feed], report: Any, forced: bool) -> tuple[PollResult, ...]:
    """The round; Ctrl-C and SIGTERM let what was fetched be kept, a second one does not."""
    if not feeds:
        return ()

    async def work() -> tuple[PollResult, ...]:
        async with app.ready(feeds):
            return await app.poll_round(feeds, report, forced)

    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if app.stopping:
            task.cancel()
            return
        click.echo("Stopping; what was fetched is saved.", err=True)
        app.stop()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    try:
        return await task
    except asyncio.CancelledError:
        sys.exit(130)


def _as_json(results: Sequence[PollResult], changed: Sequence[str], folder: str) -> dict[str, Any]:
    return {
        "feeds": [
            {
                "url": result.url,
                "name": result.name,
                "status": result.status,
                "new": result.new,
                "stories": result.stories,
                "edited": result.edited,
                "message": result.message,
                "next_poll": iso(result.next_poll),
                "overrides": result.overrides,
                "seconds": round(result.elapsed, 3),
            }
            for result in results
        ],
        "new": sum(result.new for result in results),
        "stories": sum(result.stories for result in results),
        "folder": folder,
        "changed": list(changed),
    }
