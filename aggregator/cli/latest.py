"""`aggregator latest`: the newest stories. Its start-up is budgeted: nothing heavy is imported here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import NOT_POLLED, common_options, configuration, options
from aggregator.cli.feed_args import check_feed, check_tag, complete_feed, complete_tag
from aggregator.cli.text import cells, dim, fit, is_narrow, iso, isolated, linked, local, width, wrap
from aggregator.models import Source, Story

_SPAN = re.compile(r"^(\d{1,5})\s*(m|h|d|w)$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


_EVERY = 5.0  # seconds between two looks of --follow


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
            self.fail(f"{value!r} is not a time; write 30m, 6h, 2d, 1w, or a date as 2026-11-23", param, ctx)


@click.command()
@click.option(
    "-n", "--number", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many stories."
)
@click.option(
    "--feed",
    metavar="FEED",
    shell_complete=complete_feed,
    help="Only stories of this feed: its URL, or part of its name.",
)
@click.option("--tag", metavar="TAG", shell_complete=complete_tag, help="Only stories with this tag.")
@click.option(
    "--since", type=Since(), metavar="WHEN", help="Only stories since then: 30m, 6h, 2d, 1w, or a date."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@click.option("--oneline", is_flag=True, help="One line a story: number, time, source, title.")
@click.option(
    "--format",
    "template",
    metavar="TEMPLATE",
    help="Print this for each story: {id}, {title}, {link}, {source}, {feed}, {published}, {summary}, {tags}, {author}.",
)
@click.option("--follow", is_flag=True, help="Then print new stories as they come, until Ctrl-C.")
@common_options
def latest(
    number: int,
    feed: str | None,
    tag: str | None,
    since: datetime | None,
    as_json: bool,
    oneline: bool,
    template: str | None,
    follow: bool,
) -> None:
    """List the newest stories: number, time, source, title, link.

    The number is what `show`, `open` and `explain` take. --follow shows what the service or `aggregator poll` store
    from now on; it does not poll itself.

    \b
    Examples:
      aggregator latest
      aggregator latest -n 5 --tag tech
      aggregator latest --feed Example --since 2d
      aggregator latest --format '{published} {title} <{link}>'
      aggregator latest --follow --oneline
      aggregator latest --json | jq -r '.[].link'
    """
    if sum((as_json, oneline, template is not None)) > 1:
        raise click.UsageError("choose one of --json, --oneline and --format")
    show = _printer(template, oneline)
    with App(configuration()) as app:
        check_feed(app, feed)
        check_tag(app, tag)
        stories = app.latest(number, feed, tag, since)
        has_store = bool(stories) or app.has_store
        if follow:
            _follow(app, stories, lambda: app.latest(number, feed, tag, since), show)
            return
    if as_json:
        import json

        click.echo(json.dumps([as_dict(story) for story in stories], ensure_ascii=False, indent=2))
    elif stories:
        click.echo(show(stories))
    elif not options().quiet and not has_store:
        click.echo(NOT_POLLED, err=True)
    elif not options().quiet:
        click.echo("No story matches." if feed or tag or since else "No stories yet.", err=True)


_EXAMPLE = Story(
    1,
    "",
    "",
    None,
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    None,
    Source(1, "", ""),
)

Show = Callable[[Sequence[Story]], str]


def _printer(template: str | None, oneline: bool) -> Show:
    if template is not None:
        formatted(_EXAMPLE, template)  # an error in it is said before anything is printed
        return lambda stories: "\n".join(formatted(story, template) for story in stories)
    if oneline:
        return lambda stories: "\n".join(_one_line(story, width()) for story in stories)
    return lambda stories: listing(stories, width())


def _follow(app: App, first: Sequence[Story], again: Callable[[], Sequence[Story]], show: Show) -> None:
    """Prints the stories, oldest first, and those that come, until Ctrl-C."""
    import time

    seen = {story.id for story in first}
    new = first
    while True:
        if new:
            click.echo(show(new[::-1]))
        time.sleep(_EVERY)
        new = [story for story in again() if story.id not in seen]
        seen.update(story.id for story in new)


def formatted(story: Story, template: str) -> str:
    r"""The story by a template as of --format; \n and \t stand for a new line and a tab. Raises UsageError."""
    fields = {
        "id": story.id,
        "title": story.title,
        "link": story.link or "",
        "source": story.source.name,
        "feed": story.source.url,
        "published": local(story.published),
        "summary": story.summary,
        "tags": ", ".join(story.tags),
        "author": ", ".join(author.name for author in story.authors),
    }
    text = template.replace("\\n", "\n").replace("\\t", "\t")
    try:
        for _, name, _, _ in Formatter().parse(text):
            if name is not None and name not in fields:  # attributes of fields are not for templates either
                raise ValueError(f"{{{name}}} is not a field")
        return text.format_map(fields)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        known = ", ".join(f"{{{name}}}" for name in fields)
        raise click.UsageError(f"--format: {error}; there are {known}") from None


def _one_line(story: Story, columns: int) -> str:
    head = f"{story.id:>6}  {local(story.published, '%m-%d %H:%M')}  "
    if not is_narrow(columns):
        head += f"{isolated(fit(story.source.name, 16))}  "
    return dim(head) + linked(isolated(fit(story.title, columns - cells(head)).rstrip()), story.link)


def listing(stories: Sequence[Story], columns: int) -> str:
    """The stories by day, each a heading of number, time and source, its title and its link."""
    lines: list[str] = []
    day = ""
    for story in stories:
        heading = local(story.published, "%A, {} %B %Y (%Z)").format(int(local(story.published, "%d")))
        if heading != day:
            lines += ([""] if lines else []) + [click.style(heading, bold=True)]
            day = heading
        also = f" · also at {', '.join(other.source.name for other in story.also)}" if story.also else ""
        lines.append("")
        when = f"{story.id:>5}  {local(story.published, '%H:%M')}  "
        lines.append(when + dim(isolated(fit(story.source.name + also, columns - len(when)).rstrip())))
        lines += [
            f"        {linked(click.style(isolated(line), bold=True), story.link)}"
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
        "related": [
            {
                "id": related.story_id,
                "source": related.source.name,
                "title": related.title,
                "link": related.link,
                "words": list(related.words),
                "cosine": related.cosine,
            }
            for related in story.related
        ],
    }
