"""`aggregator covered`: what most of your sources report, in other words or the same."""

from __future__ import annotations

from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.text import dim, iso, linked, width, wrap
from aggregator.models import StoryGroup
from aggregator.text import listed


@click.command()
@click.option(
    "-n", "--number", default=10, show_default=True, type=click.IntRange(1, 100), help="How many events."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@common_options
def covered(number: int, as_json: bool) -> None:
    """List what three outlets or more report, in the 24 hours before the newest story: most covered first.

    Stories are brought together by the rare words that they share (`aggregator explain` says which), and nobody has
    checked that they say the same.

    \b
    Examples:
      aggregator covered
      aggregator covered --json | jq -r '.[].title'
    """
    with App(configuration()) as app:
        groups = app.covered()[:number]
    if as_json:
        import json

        click.echo(json.dumps([as_dict(group) for group in groups], ensure_ascii=False, indent=2))
    elif groups:
        click.echo("\n\n".join(_lines(group, width()) for group in groups))
    elif not options().quiet:
        click.echo("No event that three outlets or more report in the last 24 hours.", err=True)


def _lines(group: StoryGroup, columns: int) -> str:
    lead = group.lead
    names = [also.source.name for also in lead.also] + [member.source.name for member in group.members]
    lines = [linked(click.style(line, bold=True), lead.link) for line in wrap(lead.title, columns)]
    lines += wrap(f"{lead.source.name}; also reported by {listed(tuple(dict.fromkeys(names)))}", columns)
    if lead.link:
        lines.append(linked(dim(lead.link), lead.link))
    for member in group.members:
        words = next((each.words for each in member.related if each.story_id == lead.id), ())
        lines += [f"    {line}" for line in wrap(f"{member.source.name}: {member.title}", columns - 4)]
        lines += [dim(f"    {line}") for line in wrap("shares " + ", ".join(words), columns - 4)]
    return "\n".join(lines)


def as_dict(group: StoryGroup) -> dict[str, Any]:
    """A group for scripts; times in UTC, RFC 3339."""
    lead = group.lead
    return {
        "outlets": group.outlets,
        "id": lead.id,
        "title": lead.title,
        "link": lead.link,
        "source": lead.source.name,
        "published": iso(lead.published),
        "also": [{"source": also.source.name, "link": also.link} for also in lead.also],
        "related": [
            {"id": member.id, "title": member.title, "link": member.link, "source": member.source.name}
            for member in group.members
        ],
    }
