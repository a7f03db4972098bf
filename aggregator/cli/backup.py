"""`aggregator backup` and `aggregator restore`: a verified copy of the store, and the way back."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.progress import progress
from aggregator.cli.stopping import stoppable
from aggregator.cli.text import iso


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common_options
def backup(file: Path) -> None:
    """Copy the store to FILE, while it is in use, and verify the copy.

    The copy is one SQLite file that also says when it was made and by which feeds.yaml; keep that file as well,
    with what it refers to: it is not in the copy, since it may hold secrets.

    \b
    Examples:
      aggregator backup /backup/aggregator.db
      aggregator -q backup "/backup/aggregator-$(date +%F).db"
    """
    config = configuration()
    with stoppable("Stopped: no copy was made.") as finish:
        with App(config) as app, progress("Copying the store"):
            app.back_up(file, finish)
            made = iso(app.clock())
        if not options().quiet:
            size = file.stat().st_size / 1e6
            click.echo(f"{file}: {size:.1f} MB, verified, made {made}.")
            click.echo(f"Keep {config.file} as well: it is not in the copy.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common_options
def restore(file: Path) -> None:
    """Put the copy FILE in the place of the store; the store that stands there is kept beside it.

    Stop the service first: a store that a service uses is not replaced.

    \b
    Examples:
      systemctl stop aggregator && aggregator restore /backup/aggregator.db && systemctl start aggregator
    """
    from aggregator.service.lock import ServiceLock

    config = configuration()
    with stoppable("Stopped: the store is as it was.") as finish:
        with ServiceLock(config.data), App(config) as app, progress("Restoring the store"):
            moved = app.restore(file, finish)
        if not options().quiet:
            click.echo(f"{config.store_path}: restored from {file}.")
            if moved:
                click.echo(f"The store that stood there: {moved}; remove it when all is well.")
