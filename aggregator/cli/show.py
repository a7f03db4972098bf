"""`aggregator show` and `aggregator open`: one story, in the terminal or in the web browser."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.latest import as_dict
from aggregator.cli.terminal_html import render_text
from aggregator.cli.text import dim, linked, local, width, wrap
from aggregator.models import Story


@click.command("show")
@click.argument("wanted", metavar="STORY|URL|ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object instead of text.")
@common_options
def show(wanted: str, as_json: bool) -> None:
    """Read a story in the terminal: its text, with the links numbered below it.

    STORY is the number that `aggregator latest` shows. Long text goes through $PAGER, as git does it.

    \b
    Examples:
      aggregator show 42
      aggregator show https://example.org/news/1
    """
    story = _story(wanted)
    if as_json:
        click.echo(json.dumps(as_dict(story) | {"content": story.content}, ensure_ascii=False, indent=2))
        return
    click.echo_via_pager("\n".join(_lines(story, width())) + "\n") if _paged() else click.echo(
        "\n".join(_lines(story, width()))
    )


@click.command("open")
@click.argument("wanted", metavar="STORY|URL|ID")
@common_options
def open_(wanted: str) -> None:
    """Open a story's page in the web browser ($BROWSER).

    \b
    Examples:
      aggregator open 42
    """
    story = _story(wanted)
    if not story.link:
        raise click.ClickException(f"story {story.id} has no link; read it with `aggregator show {story.id}`")
    import webbrowser

    if not options().quiet:
        click.echo(story.link)
    if not webbrowser.open(story.link):
        raise click.ClickException("no web browser found; set $BROWSER")


def _story(wanted: str) -> Story:
    """The one story that is meant. Raises UsageError."""
    with App(configuration()) as app:
        found = app.find_stories(wanted)
        story = app.story(found[0]) if found else None
    if story is None:
        raise click.UsageError(
            f"no story {wanted!r}: give its number as in `aggregator latest`, its link or its id"
        )
    return story


def _lines(story: Story, columns: int) -> Iterator[str]:
    yield from (linked(click.style(line, bold=True), story.link) for line in wrap(story.title, columns))
    who = ", ".join(author.name for author in story.authors if author.name)
    parts = [story.source.name, who if who != story.source.name else "", local(story.published)]
    yield dim("  ".join(part for part in parts if part))
    if story.link:
        yield dim(story.link)
    for other in story.also:
        yield dim(f"also at {other.source.name}" + (f"  {other.link}" if other.link else ""))
    for related in story.related:
        yield dim(f"related: {related.source.name}, story {related.story_id}: {related.title}")
        yield dim(f"  shares {', '.join(related.words)}" + (f"  {related.link}" if related.link else ""))
    yield ""
    body = render_text(story.content, columns) if story.content else list(wrap(story.summary, columns))
    yield from body or [dim("(no text)")]


def _paged() -> bool:
    from aggregator.cli.text import is_terminal

    return is_terminal()
