"""`aggregator search`: published stories by words in title or summary."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime

import click

from aggregator.app import App
from aggregator.cli.common import NOT_POLLED, common_options, configuration, options
from aggregator.cli.feed_args import check_feed, check_tag, complete_feed, complete_tag
from aggregator.cli.latest import Since, as_dict, listing
from aggregator.cli.progress import progress
from aggregator.cli.text import dim, width
from aggregator.models import Story
from aggregator.text import counted, tag_key

_MOST = 2_000  # stories that are looked through for --since, --feed and --tag


@click.command("search")
@click.argument("words", metavar="WORDS...", nargs=-1, required=True)
@click.option(
    "-n", "--number", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many stories."
)
@click.option(
    "--page", default=1, show_default=True, type=click.IntRange(1, 1000), help="Which page of them."
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(["newest", "best"]),
    default="newest",
    show_default=True,
    help="best: those with most of the words in the title, and most often, first.",
)
@click.option(
    "--since", type=Since(), metavar="WHEN", help="Only stories since then: 30m, 6h, 2d, 1w, or a date."
)
@click.option("--feed", metavar="FEED", shell_complete=complete_feed, help="Only stories of this feed.")
@click.option("--tag", metavar="TAG", shell_complete=complete_tag, help="Only stories with this tag.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@common_options
def search(
    words: tuple[str, ...],
    number: int,
    page: int,
    order: str,
    since: datetime | None,
    feed: str | None,
    tag: str | None,
    as_json: bool,
) -> None:
    """Find published stories with all these words in title or summary, the newest first or the best.

    "Words in quotes" are a phrase; jap* finds all words that begin so.

    \b
    Examples:
      aggregator search climate summit
      aggregator search '"trade war"' --since 1w
      aggregator search bridge opening --sort best
      aggregator search 'jap*' --tag world --page 2
    """
    query = " ".join(words)
    with App(configuration()) as app:
        check_feed(app, feed)
        check_tag(app, tag)
        with progress("Searching"):
            found = [story for story in app.search(query, _MOST) if _wanted(story, since, feed, tag)]
        has_store = bool(found) or app.has_store
    found.sort(key=lambda story: story.published, reverse=True)  # the index has them by when they came
    if order == "best":
        wanted = _words(query)
        found.sort(
            key=lambda story: _rank(story, wanted), reverse=True
        )  # of equal ones the newest stays first
    shown = found[(page - 1) * number : page * number]
    if as_json:
        click.echo(json.dumps([as_dict(story) for story in shown], ensure_ascii=False, indent=2))
        return
    if shown:
        click.echo(listing(shown, width()))
    if options().quiet:
        return
    if not found:
        click.echo(f"No story matches {query!r}." if has_store else NOT_POLLED, err=True)
        return
    first = (page - 1) * number + 1
    more = f"; more with --page {page + 1}" if page * number < len(found) else ""
    least = "at least " if len(found) == _MOST else ""
    where = f"{first} to {first + len(shown) - 1} of " if shown and len(found) > number else ""
    click.echo(dim(f"\n{where}{least}{counted(len(found), 'story', 'stories')}{more}"))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"\w+", text)]


def _rank(story: Story, wanted: Sequence[str]) -> tuple[int, int]:
    """How many of the words its title has, and how often all of them stand in it."""
    title = _words(story.title)
    in_title = sum(any(word.startswith(want) for word in title) for want in wanted)
    return in_title, sum(word.startswith(tuple(wanted)) for word in (*title, *_words(story.summary)))


def _wanted(story: Story, since: datetime | None, feed: str | None, tag: str | None) -> bool:
    if since is not None and story.published < since:
        return False
    if tag is not None and tag_key(tag) not in {tag_key(each) for each in (*story.tags, *story.source.tags)}:
        return False
    sources = (story.source, *(other.source for other in story.also))
    return feed is None or any(
        feed == source.url or feed.casefold() in source.name.casefold() for source in sources
    )
