"""`aggregator export`: the outputs, without polling."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.progress import progress
from aggregator.cli.report import written


@click.command()
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write. [default: public/ in the data folder]",
)
@common_options
def export(folder: Path | None) -> None:
    """Write the merged feed, the digest and the subscription list from what is stored.

    Writes feed.atom, feed.json, index.html, about.html and subscriptions.opml, a feed and a page for each tag
    in tags/, and one for each month in archive/; a file whose bytes would be the same is not touched.

    \b
    Examples:
      aggregator export
      aggregator export --to /var/www/news
    """
    config = configuration()
    with App(config) as app, progress("Publishing"):
        changed = app.publish(folder, everything=True)
        if folder is None:
            asyncio.run(app.announce(changed))
    if not options().quiet:
        click.echo(written(changed, folder or config.public_path))
