"""`aggregator demo`: the whole main job on feeds of our own, without any network."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from aggregator.app import App
from aggregator.cli.common import common_options, options
from aggregator.cli.latest import listing
from aggregator.cli.report import make_report, totals
from aggregator.cli.text import width
from aggregator.models import PollResult
from aggregator.settings import Config


@click.command()
@click.option("--serve", "serving", is_flag=True, help="Then serve the outputs, until Ctrl-C.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to serve at; 0 takes any free one.",
)
@common_options
def demo(serving: bool, port: int) -> None:
    """See it work: polls a dozen small feeds that come with the program, in a temporary folder.

    The feeds are served from this machine and no other address is asked. One of them is missing and one is no
    feed, so that you see how that looks.

    \b
    Examples:
      aggregator demo
      aggregator demo --serve
    """
    from aggregator import demo as demo_feeds
    from aggregator.app import now
    from aggregator.config import load

    folder = Path(tempfile.mkdtemp(prefix="aggregator-demo-"))
    with demo_feeds.serve(now()) as feeds_at:
        file = folder / "feeds.yaml"
        file.write_text(demo_feeds.configuration(feeds_at, port or 8080), encoding="utf-8")
        config = load(file)
        with App(config) as app:
            due = app.due_feeds()
            report = make_report(len(due), silent=options().quiet)
            with report:
                results = asyncio.run(_round(app, report))
            changed = app.publish()
            if not options().quiet:
                report.close(results)
                click.echo(totals(results, 0, changed, config.public_path))
                click.echo("\n" + listing(app.latest(8), width()) + "\n")
            click.echo(_where(folder, config.public_path))
        if serving:
            _serve(config, port)


async def _round(app: App, report: Callable[[PollResult], None]) -> tuple[PollResult, ...]:
    async with app.ready():
        return await app.poll_round(app.due_feeds(), report)


def _serve(config: Config, port: int) -> None:
    from aggregator.service.service import Service

    Service(config, serving=lambda address: click.echo(f"Serving at {address} until Ctrl-C.")).run(
        "127.0.0.1", port
    )


def _where(folder: Path, public: Path) -> str:
    return "\n".join(
        (
            f"The digest:       {public / 'index.html'}",
            f"The merged feed:  {public / 'feed.atom'}",
            f"Its feeds.yaml:   {folder / 'feeds.yaml'}",
            f"More to try:      aggregator -c {folder / 'feeds.yaml'} latest",
            f"To remove it all: rm -r {folder}",
        )
    )
