"""`aggregator redact`: takes stories out of everything that is published."""

from __future__ import annotations

import json

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.feed_args import feeds_called
from aggregator.cli.progress import progress
from aggregator.cli.text import dim, width, wrap
from aggregator.pipeline.redact import MOST_TITLES, Redaction


@click.command("redact")
@click.argument("story", required=False)
@click.option("--feed", metavar="FEED", help="All stories of this feed: its address, or part of its name.")
@click.option("--words", metavar="PATTERN", help="All entries that match: words, or a /regular expression/.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken out, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@common_options
def command(story: str | None, feed: str | None, words: str | None, dry_run: bool, as_json: bool) -> None:
    """Take stories out of feeds, pages, search, store and closed archives, for good.

    STORY is a story's number, Atom id or link. What is taken out does not come back when its feed lists it again.
    Subscribers of the Atom feed get a tombstone (RFC 6721), so that readers which know tombstones remove it, too.

    \b
    Examples:
      aggregator redact 42 --dry-run
      aggregator redact --feed https://example.org/feed.xml
      aggregator redact --words "/jane doe/"
    """
    if sum(given is not None for given in (story, feed, words)) != 1:
        raise click.UsageError("name one of STORY, --feed and --words")
    with App(configuration()) as app, progress("Looking through the store"):
        if story is not None:
            found = app.find_stories(story)
            if not found:
                raise click.UsageError(
                    f"no story is called {story!r}; `aggregator latest --json` has ids and links"
                )
            done = app.redact(dry_run, stories=found)
        elif feed is not None:
            done = app.redact(dry_run, feeds=[each.id for each in feeds_called(app, feed)])
        else:
            try:
                done = app.redact(dry_run, words=words)
            except ValueError as error:
                raise click.UsageError(f"--words: {error}") from error
    if as_json:
        click.echo(_as_json(done, dry_run))
    elif not options().quiet:
        click.echo(_text(done, dry_run))


def _text(done: Redaction, dry_run: bool) -> str:
    lines = [line for title in done.titles[:MOST_TITLES] for line in wrap(title, width())]
    if len(done.titles) > MOST_TITLES:
        lines.append(dim(f"... and {len(done.titles) - MOST_TITLES} more"))
    would = "would be " if dry_run else ""
    lines.append(
        f"{len(done.entries)} entries {would}taken out of the store, {done.archived} out of"
        f" {len(done.archives)} closed documents of the archive."
    )
    return "\n".join(lines)


def _as_json(done: Redaction, dry_run: bool) -> str:
    found = {
        "dry_run": dry_run,
        "entries": len(done.entries),
        "titles": done.titles,
        "archives": done.archives,
        "archived": done.archived,
    }
    return json.dumps(found, ensure_ascii=False)
