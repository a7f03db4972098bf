"""`aggregator store`: from one engine to the other."""

from __future__ import annotations

import click

from aggregator.cli.common import common_options, options
from aggregator.cli.groups import LazyGroup
from aggregator.cli.progress import progress_bar

COMMANDS = {"copy": ("aggregator.cli.store:copy", "Copy a store to another file or database.")}


@click.group("store", cls=LazyGroup, table=COMMANDS)
@common_options
def store() -> None:
    """Move the store between a file and a PostgreSQL database.

    \b
    Examples:
      aggregator store copy data/aggregator.db 'postgresql://news:${NEWS_PASSWORD}@db.example/news'
    """


@click.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@common_options
def copy(source: str, target: str) -> None:
    """Copy the store FROM to TO, where no store may be, and compare the two row by row.

    Each is a file, or the address of a PostgreSQL database; ${NAME} in an address is looked up in the environment, so
    that no password stands on the command line. FROM is not changed. Stop the service first: if FROM is written to
    meanwhile, the copy is refused. A copy that was interrupted goes on where it stopped when the command is run again.

    Ids, links and outputs stay as they are.

    \b
    Examples:
      aggregator store copy data/aggregator.db 'postgresql://news:${NEWS_PASSWORD}@db.example/news'
      aggregator store copy 'postgresql://news:${NEWS_PASSWORD}@db.example/news' data/aggregator.db
    """
    from aggregator.app.copying import copy_store, is_database

    with progress_bar() as report:
        rows = copy_store(source, target, report)
    if options().quiet:
        return
    click.echo(
        f"{rows:,} rows copied and compared. What is polled into the old store from now on is not among them."
    )
    if is_database(target):
        click.echo("Now write its address as `store` in feeds.yaml, and start the service.")
    else:
        click.echo(
            f"To use it, remove `store` from feeds.yaml, see that {target} is in `data` as aggregator.db, and start the"
            " service."
        )
