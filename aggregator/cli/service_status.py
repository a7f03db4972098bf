"""`aggregator status`: how the service, the store and the feeds stand, for people and for monitoring."""

from __future__ import annotations

import json

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@common_options
def command(as_json: bool) -> int:
    """Show the state of the service, the last poll, the store, the disk and the feeds.

    Exit codes are those of Nagios plugins: 0 OK, 1 warning, 2 critical, 3 unknown. `aggregator why FEED` tells more
    of one feed. Writes nothing.

    \b
    Examples:
      aggregator status
      aggregator status --json | jq .problems
      aggregator -q status || echo "look after the aggregator"
    """
    from aggregator.health.words import as_text
    from aggregator.service.lock import running

    config = configuration()
    with App(config) as app:
        report = app.health(running(config.data))
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    elif not options().quiet:
        click.echo(as_text(report), nl=False)
    return report.exit_code
