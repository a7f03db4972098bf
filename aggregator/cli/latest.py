"""`aggregator latest`: the newest stories. Its start-up is budgeted: nothing heavy is imported here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.text import dim, fit, iso, linked, width, wrap
from aggregator.models import Story

_SPAN = re.compile(r"^(\d{1,5})\s*(m|h|d|w)$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType[datetime]):
    """How long ago (30m, 6h, 2d, 1w) or a date (2026-11-23)."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from aggregator.app import now

        if isinstance(value, datetime):
            return value
        span = _SPAN.match(value.strip().lower())
        if span:
            return now() - timedelta(**{_UNITS[span[2]]: int(span[1])})
        try:
            return datetime.fromisoformat(value).astimezone()
        except ValueError:
            self.fail(f"{value!r} is no time: write 30m, 6h, 2d, 1w, or a date as 2026-11-23", param, ctx)


@click.command()
@click.option(
    "-n", "--number", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many stories."
)
@click.option(
    "--feed", metavar="FEED", help="Only stories that this feed tells: its address, or part of its name."
)
@click.option("--tag", metavar="TAG", help="Only stories with this tag.")
@click.option(
    "--since", type=Since(), metavar="WHEN", help="Only stories since then: 30m, 6h, 2d, 1w, or a date."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@common_options
def latest(number: int, feed: str | None, tag: str | None, since: datetime | None, as_json: bool) -> None:
    """List the newest stories: time, source, title, link.

    \b
    Examples:
      aggregator latest
      aggregator latest -n 5 --tag tech
      aggregator latest --feed Example --since 2d
      aggregator latest --json | jq -r '.[].link'
    """
    with App(configuration()) as app:
        stories = app.latest(number, feed, tag, since)
        has_store = bool(stories) or app.has_store
    if as_json:
        import json

        click.echo(json.dumps([as_dict(story) for story in stories], ensure_ascii=False, indent=2))
    elif stories:
        click.echo(listing(stories, width()))
    elif not options().quiet and not has_store:
        click.echo("Nothing here yet: `aggregator poll` fetches the feeds.", err=True)
    elif not options().quiet:
        click.echo("No story matches." if feed or tag or since else "No stories yet.", err=True)


def listing(stories: Sequence[Story], columns: int) -> str:
    """The stories by day, each a heading of time and source, its title and its link."""
    lines: list[str] = []
    day = ""
    for story in stories:
        when = story.published.astimezone()
        heading = f"{when:%A}, {when.day} {when:%B %Y}"
        if heading != day:
            lines += ([""] if lines else []) + [click.style(heading, bold=True)]
            day = heading
        also = f" · also at {', '.join(other.source.name for other in story.also)}" if story.also else ""
        lines.append("")
        lines.append(f" {when:%H:%M}  " + dim(fit(story.source.name + also, columns - 8).rstrip()))
        lines += [
            f"        {linked(click.style(line, bold=True), story.link)}"
            for line in wrap(story.title, columns - 8)
        ]
        if story.link:
            lines.append("        " + linked(dim(story.link), story.link))
    return "\n".join(lines)


def as_dict(story: Story) -> dict[str, Any]:
    """A story for scripts; times in UTC, RFC 3339."""
    return {
        "id": story.id,
        "atom_id": story.atom_id,
        "title": story.title,
        "link": story.link,
        "published": iso(story.published),
        "updated": iso(story.updated),
        "first_published": iso(story.first_published),
        "feed": story.source.url,
        "source": story.source.name,
        "authors": [author.name for author in story.authors],
        "tags": list(story.tags),
        "summary": story.summary,
        "also": [
            {"feed": other.source.url, "source": other.source.name, "link": other.link}
            for other in story.also
        ],
    }
