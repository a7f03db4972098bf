"""`aggregator feeds add`: follow a feed, or the feed of a page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.app import App
from aggregator.cli.common import common_options, options
from aggregator.cli.feeds_file import (
    NotDone,
    adding_feeds,
    refuse_known,
    repaired,
)
from aggregator.cli.progress import progress
from aggregator.cli.text import dim, fit, width
from aggregator.links import without_credentials
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.pipeline.find_feeds import FoundFeed, FoundFeeds
    from aggregator.settings import Config


@click.command("add")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--name", help="Show this name instead of the feed's own title.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Tag its stories; may be repeated.")
@click.option(
    "--pick", metavar="N", type=click.IntRange(1), help="Of several feeds of a page, take this one."
)
@click.option("--all", "everything", is_flag=True, help="Of several feeds of a page, take all.")
@click.option("--no-check", is_flag=True, help="Add the URL as it is, without asking its server.")
@common_options
def add(
    urls: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    pick: int | None,
    everything: bool,
    no_check: bool,
) -> None:
    """Follow feeds: add them to feeds.yaml.

    URL is a feed or any page: its feeds are found. Pages of YouTube, Reddit, Mastodon, Bluesky, GitHub, GitLab,
    podcast directories, Substack, Medium, Tumblr, WordPress, Hacker News and Lobsters work. Of several feeds you
    choose one. Comments, order and quotes of feeds.yaml stay; the old text is kept in feeds.yaml.bak.

    \b
    Examples:
      aggregator feeds add https://example.org/
      aggregator feeds add https://example.org/feed.xml --name Example --tag tech
      aggregator feeds add https://github.com/simonw/sqlite-utils --pick 1
    """
    from aggregator.config.edit import FeedItem

    path = options().path_to_edit
    failed = 0
    for text in urls:
        with adding_feeds(path) as file:
            config = file.config
        try:
            chosen = [text] if no_check else choose(config, path, text, pick, everything)
            with adding_feeds(path) as file:
                for url in chosen:
                    refuse_known(file.config, url, path)
                    file.add([FeedItem(url, name, tags)])
        except NotDone as not_done:
            not_done.show()
            failed += 1
            continue
        if not options().quiet:
            for url in chosen:
                click.echo(f"Added {without_credentials(url)} to {path}")
    if failed:
        sys.exit(1)


def choose(config: Config, path: Path, text: str, pick: int | None, everything: bool) -> list[str]:
    """The URLs of the feeds that are meant. Raises NotDone, with what to do."""
    url = repaired(text)
    refuse_known(config, url, path)
    found = _find(config, url)
    if not found.feeds and "://" not in text:  # as browsers do for an address without a scheme
        plain = _find(config, url.replace("https://", "http://", 1))
        found = plain if plain.feeds else found
    if not found.feeds:
        raise NotDone(f"{without_credentials(url)}: {found.problem}. To add it all the same, use --no-check")
    if ours := next((feed.url for feed in found.feeds if feed.is_ours), None):
        raise NotDone(f"{ours} is a copy of our own merged feed, which would publish every story again")
    if not options().quiet:
        _show_found(found.feeds)
    if len(found.feeds) == 1 or everything:
        return [feed.url for feed in found.feeds]
    if pick is None and sys.stdin.isatty() and sys.stdout.isatty():
        pick = click.prompt("Which one", type=click.IntRange(1, len(found.feeds)), default=1)
    if pick is None:
        raise NotDone(f"{url} has {len(found.feeds)} feeds: choose with --pick N, or take them with --all")
    if pick > len(found.feeds):
        raise NotDone(f"there are only {len(found.feeds)} feeds: --pick {pick} names none")
    return [found.feeds[pick - 1].url]


def _find(config: Config, url: str) -> FoundFeeds:
    with App(config) as app, progress(f"Looking for feeds at {without_credentials(url)}"):
        return app.find_feeds(url)


def _show_found(feeds: Sequence[FoundFeed]) -> None:
    columns = width()
    for number, feed in enumerate(feeds, 1):
        head = f"{number}  " if len(feeds) > 1 else ""
        pad = " " * len(head)
        title = feed.title or without_credentials(feed.url)
        click.echo(click.style(fit(head + title, columns).rstrip(), bold=True))
        click.echo(
            dim(
                f"{pad}{without_credentials(feed.url)} ({feed.format}, {counted(feed.entries, 'entry', 'entries')})"
            )
        )
        for entry in feed.newest:
            line = f"{pad}  {entry.published.astimezone():%Y-%m-%d}  {entry.title}"
            click.echo(fit(line, columns).rstrip())
