"""`aggregator digest`: what was published of late, to print, to mail, to put somewhere else."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.latest import Since

LAST = "last"


class SinceLast(Since):
    """As Since, or `last`: since this command was last asked so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return LAST if value == LAST else super().convert(value, param, ctx)


@click.command()
@click.option(
    "--since",
    type=SinceLast(),
    default="1d",
    show_default=True,
    metavar="WHEN",
    help="Stories first published since then: 30m, 6h, 2d, 1w, a date, or last for since you last asked.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "eml"]),
    default="text",
    show_default=True,
    help="eml is a whole e-mail message, text and HTML beside each other.",
)
@click.option("--to", metavar="ADDRESS", help="To whom the message is addressed.")
@click.option(
    "--from", "sender", metavar="ADDRESS", help="Who sends it. [default: news@ the host of base_url]"
)
@common_options
def digest(since: datetime | str, form: str, to: str | None, sender: str | None) -> None:
    """Print what was published of late, the newest first.

    Prints nothing where there is nothing new, so that no empty message is sent. With `--since last` each story
    is printed once, the first time those of the last day.

    \b
    Examples:
      aggregator digest
      aggregator digest --since 1w --format markdown
      aggregator digest --since last --format eml --to me@example.org | sendmail -t
    """
    from aggregator.export.pages import Pages
    from aggregator.pipeline.digest import render

    config = configuration()
    with App(config) as app:
        if not app.has_store:
            _nothing("Nothing here yet: `aggregator poll` fetches the feeds.")
            return
        cursor = app.read_cursor("digest") if since == LAST else None
        made = app.published_since(*(cursor or (_begin(since), 0)))
        if not made.stories:
            _nothing("Nothing new was published.")
            return
        sys.stdout.buffer.write(render(made, form, Pages(config.templates), sender, to))
        sys.stdout.flush()  # only what was really written counts as read
        if since == LAST:
            app.set_read_cursor("digest", made)


def _begin(since: datetime | str) -> datetime:
    from aggregator.app import now

    return since if isinstance(since, datetime) else now() - timedelta(days=1)


def _nothing(words: str) -> None:
    if not options().quiet:
        click.echo(words, err=True)
