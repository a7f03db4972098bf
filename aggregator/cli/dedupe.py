"""`aggregator dedupe`: which rules decided what, and what today's rules would decide."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.progress import progress
from aggregator.cli.text import dim, width, wrap
from aggregator.dedupe import RULES
from aggregator.pipeline.rebuild import Rebuild
from aggregator.text import counted

_MOST = 50  # changes shown


@click.command("dedupe")
@click.option(
    "--rebuild",
    "anew",
    is_flag=True,
    help="Group everything that is stored again, by today's rules and settings.",
)
@click.option("--dry-run", is_flag=True, help="With --rebuild: say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@common_options
def command(anew: bool, dry_run: bool, as_json: bool) -> None:
    """Count the decisions of each rule; with --rebuild, decide everything again.

    After a change of `dedupe` settings or of the lists of generic titles and tracking parameters, new entries go
    by them at once, stored ones stay as they were. `--rebuild --dry-run` tells what would merge and what would
    split; `--rebuild` does it, and publishes at the next poll.

    \b
    Examples:
      aggregator dedupe
      aggregator dedupe --rebuild --dry-run
      aggregator dedupe --rebuild
    """
    if dry_run and not anew:
        raise click.UsageError("--dry-run goes with --rebuild")
    with App(configuration()) as app:
        if not anew:
            counts = app.rule_counts()
            if as_json:
                click.echo(json.dumps(counts))
            elif not options().quiet:
                click.echo("\n".join(_counts(counts)))
            return
        with progress("Grouping all stories again"):
            result = app.rebuild(dry_run)
    if as_json:
        click.echo(_as_json(result, dry_run))
    elif not options().quiet:
        click.echo("\n".join(_lines(result, dry_run)))


def _counts(counts: dict[str, int]) -> Iterable[str]:
    words = {rule.name: rule.words for rule in RULES} | {"new": "the first source of its story"}
    total = sum(counts.values())
    yield f"{counted(total, 'entry', 'entries')}, {counted(counts.get('new', 0), 'story', 'stories')}{':' if total else '.'}"
    for name, count in counts.items():
        yield f"{count:>9}  {name:<21}  {words.get(name, '')}"


def _lines(result: Rebuild, dry_run: bool) -> Iterable[str]:
    for change in result.changes[:_MOST]:
        yield f"{change.kind}: {change.rule + ', ' + change.words if change.rule else ''}".rstrip(": ")
        for title in change.titles:
            yield from (f"    {line}" for line in wrap(title, width() - 4))
    if len(result.changes) > _MOST:
        yield dim(f"... and {len(result.changes) - _MOST} more; --json has them all")
    merges = sum(change.kind == "merge" for change in result.changes)
    splits = len(result.changes) - merges
    would = "would be" if dry_run else "are"
    yield (
        f"{counted(result.stories_before, 'story', 'stories')} {would} {result.stories_after:,}: {merges} merged,"
        f" {splits} split; keys of {counted(result.keys_changed, 'entry', 'entries')} {would} changed."
    )


def _as_json(result: Rebuild, dry_run: bool) -> str:
    return json.dumps(
        {
            "dry_run": dry_run,
            "stories_before": result.stories_before,
            "stories_after": result.stories_after,
            "keys_changed": result.keys_changed,
            "changes": [
                {"kind": c.kind, "titles": list(c.titles), "rule": c.rule, "why": c.words}
                for c in result.changes
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
