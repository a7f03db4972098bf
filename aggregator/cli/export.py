"""`aggregator export`: the outputs, without polling."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options


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

    Writes feed.atom, feed.json, index.html and subscriptions.opml; a file whose bytes would be the same is
    not touched.

    \b
    Examples:
      aggregator export
      aggregator export --to /var/www/news
    """
    config = configuration()
    with App(config) as app:
        changed = app.publish(folder)
    if not options().quiet:
        place = folder or config.public_path
        click.echo(
            f"Written to {place}: {', '.join(changed)}." if changed else f"Nothing changed in {place}."
        )
