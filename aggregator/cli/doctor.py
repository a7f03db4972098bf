"""`aggregator doctor`: looks for what is wrong around the program, and says what to do."""

from __future__ import annotations

import json

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.progress import progress
from aggregator.cli.text import width, wrap

_MARKS = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "critical": ("wrong  ", "red")}


@click.command()
@click.option(
    "--repair", is_flag=True, help="Repair what can be repaired: indexes, permissions, a damaged store."
)
@click.option(
    "--online",
    is_flag=True,
    help="Also try the feeds' hosts: name, connection and certificate, or the proxy.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@common_options
def doctor(repair: bool, online: bool, as_json: bool) -> int:
    """Check the store, its indexes and schema, the disk, permissions, the clock, the sandbox; with advice for each.

    `--repair` makes indexes anew; where that does not help it saves every row that can be read into a new store,
    and keeps the damaged one beside it. Of a store in PostgreSQL only what is ours is checked. Exit code 0 where all is well, 1 for warnings, 2 where something is wrong.

    \b
    Examples:
      aggregator doctor
      aggregator doctor --online
      systemctl stop aggregator && aggregator doctor --repair
    """
    from contextlib import nullcontext

    from aggregator.health.doctor import examine
    from aggregator.service.lock import ServiceLock

    config = configuration()
    with ServiceLock(config.data) if repair else nullcontext(), App(config) as app, progress("Examining"):
        findings = examine(app, repair=repair, online=online)
    if as_json:
        rows = [
            {"what": f.what, "level": f.level, "message": f.message, "advice": f.advice} for f in findings
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            if finding.level == "ok" and options().quiet:
                continue
            mark, colour = _MARKS[finding.level]
            lines = wrap(f"{finding.what}: {finding.message}", width() - 9)
            click.echo(f"{click.style(mark, fg=colour)}  {lines[0]}")
            for line in (*lines[1:], *(wrap(finding.advice, width() - 11) if finding.advice else ())):
                click.echo(f"         {line}")
    return max(({"ok": 0, "warning": 1, "critical": 2}[f.level] for f in findings), default=0)
