"""`aggregator filter --preview`: what the rules would keep from being published among what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.progress import progress
from aggregator.cli.text import dim, fit, iso, width
from aggregator.filters import Check, Filter, compile_rules
from aggregator.links import without_credentials
from aggregator.models import Entry

MOST = 100_000  # entries to try; ten thousand take about a second


class Tally:
    """How often each rule matches, with the newest entries that it does, and how many are blocked in all."""

    def __init__(self, rules: Filter, number: int) -> None:
        self.entries = self.blocked = 0
        self.counts = dict.fromkeys(rules.checks, 0)
        self.examples: dict[Check, list[tuple[str, Entry]]] = {check: [] for check in rules.checks}
        self._rules, self._number = rules, number

    def add(self, stored: Iterable[tuple[str, Entry]]) -> None:
        for url, entry in stored:
            found = list(self._rules.matching(entry, url))
            self.entries += 1
            self.blocked += bool(found)
            for check in found:
                self.counts[check] += 1
                if len(self.examples[check]) < self._number:
                    self.examples[check].append((url, entry))


@click.command("filter")
@click.option("--preview", is_flag=True, help="Try the rules on what is stored; nothing is changed.")
@click.option(
    "-n",
    "--number",
    default=5,
    show_default=True,
    type=click.IntRange(0, 10_000),
    help="How many entries to show for each rule.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@common_options
def filter_command(preview: bool, number: int, as_json: bool) -> None:
    """Try the `keep` and `block` rules of feeds.yaml on what is stored, rule by rule.

    Counts for each rule the entries that it matches, and shows the newest of them. An entry that several
    rules match counts for each, and once in the sum. Rules take effect with the next poll.

    \b
    Examples:
      aggregator filter --preview
      aggregator filter --preview -n 20
      aggregator filter --preview --json | jq '.rules[] | select(.entries == 0)'
    """
    if not preview:
        raise click.UsageError("rules take effect with the next poll; try them before with --preview")
    config = configuration()
    tally = Tally(compile_rules(config), number)
    with App(config) as app, progress("Trying the rules"):
        names = {source.url: source.name for source in app.sources()}  # without credentials
        tally.add(app.sample_entries(MOST))
    if as_json:
        import json

        click.echo(json.dumps(_as_dict(tally), ensure_ascii=False, indent=2))
    elif not options().quiet:
        click.echo(_listing(tally, names, width()))


def _listing(tally: Tally, names: dict[str, str], columns: int) -> str:
    if not tally.counts:
        return "No rules: write them under `filters` in feeds.yaml, for all feeds or for one."
    lines = []
    for check, count in tally.counts.items():
        whose = f", of {_name(check.url, names)}" if check.url else ""
        rule = fit(check.rule + whose, columns - 8).rstrip()
        lines.append(f"{count:>6}  " + click.style(rule, bold=True))
        for url, entry in tally.examples[check]:
            name = dim(fit(_name(url, names), 20))
            lines.append(f"        {name}  " + fit(entry.title, columns - 30).rstrip())
    lines.append(f"{tally.blocked} of {tally.entries} stored entries would not be published.")
    return "\n".join(lines)


def _name(url: str, names: dict[str, str]) -> str:
    bare = without_credentials(url)
    return names.get(bare, bare)


def _as_dict(tally: Tally) -> dict[str, Any]:
    return {
        "entries": tally.entries,
        "blocked": tally.blocked,
        "rules": [
            {
                "rule": check.rule,
                "feed": check.url and without_credentials(check.url),
                "line": check.line,
                "entries": count,
                "examples": [
                    {
                        "feed": without_credentials(url),
                        "title": entry.title,
                        "link": entry.link,
                        "published": iso(entry.published),
                    }
                    for url, entry in tally.examples[check]
                ],
            }
            for check, count in tally.counts.items()
        ],
    }
