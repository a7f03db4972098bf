"""`aggregator init`: a first feeds.yaml, with every setting in it as a comment."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.cli.common import common_options, options
from aggregator.text import counted


@click.command("init")
@click.option(
    "--with",
    "sources",
    metavar="FILE|URL",
    multiple=True,
    help="Import these subscriptions: a list in any format of `feeds import`, or the URL of a feed or page.",
)
@click.option("--sample", is_flag=True, help="Start with a dozen well-known feeds of every format.")
@common_options
def init(sources: tuple[str, ...], sample: bool) -> None:
    """Create feeds.yaml: every setting with its default as a comment, and no feeds yet.

    It is created where -c or $AGGREGATOR_CONFIG say, else in this directory. A feeds.yaml that exists is not
    changed, except that --with adds to it what is new.

    \b
    Examples:
      aggregator init
      aggregator init --with subscriptions.opml
      aggregator init --sample
      aggregator init -c ~/.config/aggregator/feeds.yaml
    """
    path = options().path_to_create
    created = not path.exists()
    if created:
        _create(path, sample)
    say = (lambda _: None) if options().quiet else click.echo
    say(f"Created {path}." if created else f"{path} exists; it was not changed.")
    if sources:
        from aggregator.cli.feeds_import import add_sources

        add_sources(path, sources)
    if options().quiet:
        return
    count = _count(path)
    if count:
        say(f"{counted(count, 'feed')}. Next: aggregator poll && aggregator latest")
    else:
        say("Next: aggregator feeds add URL, or aggregator feeds import FILE; then aggregator poll")


def _create(path: Path, sample_feeds: bool) -> None:
    from aggregator.config.describe import sample, starter_feeds
    from aggregator.config.feedsfile import write_new

    write_new(path, sample(starter_feeds()) if sample_feeds else sample())


def _count(path: Path) -> int:
    from aggregator.config.load import parse

    return len(parse(path.read_text(encoding="utf-8"), path, no_feeds=True).feeds)
