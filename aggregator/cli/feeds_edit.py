"""`aggregator feeds remove`, `rename`, `tag` and `move`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from aggregator.app import App
from aggregator.cli.common import common_options
from aggregator.cli.feeds_file import (
    NotDone,
    editing,
    refuse_known,
    repaired,
    say,
)
from aggregator.cli.progress import progress
from aggregator.links import without_credentials
from aggregator.settings import Subscription

if TYPE_CHECKING:
    from aggregator.settings import Config


@click.command("remove")
@click.argument("wanted", metavar="FEED...", nargs=-1, required=True)
@common_options
def remove(wanted: tuple[str, ...]) -> None:
    """Stop following feeds: remove them from feeds.yaml.

    FEED is a URL, or part of a name that only one feed has. What was stored of it stays in the store until it is
    older than `keep.days`.

    \b
    Examples:
      aggregator feeds remove Slashdot
      aggregator feeds remove https://example.org/feed.xml
    """
    for each in wanted:
        with editing(each) as (file, index, label):
            file.remove(index)
        say(f"Removed {label}")


@click.command("rename")
@click.argument("wanted", metavar="FEED")
@click.argument("name")
@common_options
def rename(wanted: str, name: str) -> None:
    """Show a feed under another name; "" shows the feed's own title again.

    \b
    Examples:
      aggregator feeds rename slashdot.org "Slashdot"
      aggregator feeds rename Slashdot ""
    """
    with editing(wanted) as (file, index, label):
        file.set_name(index, name.strip() or None)
    say(f"Renamed {label} to {name!r}" if name.strip() else f"Removed the name of {label}")


@click.command("tag")
@click.argument("wanted", metavar="FEED")
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--remove", "removing", is_flag=True, help="Remove these tags instead of adding them.")
@common_options
def tag(wanted: str, tags: tuple[str, ...], removing: bool) -> None:
    """Tag a feed's stories.

    \b
    Examples:
      aggregator feeds tag Slashdot tech news
      aggregator feeds tag Slashdot news --remove
    """
    with editing(wanted) as (file, index, label):
        known = file.config.feeds[index].tags
        if removing:
            missing = [each for each in tags if each not in known]
            if missing:
                raise click.UsageError(
                    f"{label} has no tag {missing[0]!r}; its tags: {', '.join(known) or 'none'}"
                )
            after = tuple(each for each in known if each not in tags)
        else:
            after = tuple(dict.fromkeys((*known, *tags)))
        file.set_tags(index, after)
    say(f"Tags of {label}: {', '.join(after) or 'none'}")


@click.command("move")
@click.argument("wanted", metavar="FEED")
@click.argument("url", required=False)
@common_options
def move(wanted: str, url: str | None) -> None:
    """Follow a feed at its new URL: by default where its permanent redirects lead, as `check` proposes.

    \b
    Examples:
      aggregator feeds move Slashdot
      aggregator feeds move Slashdot https://example.org/new.xml
    """
    with editing(wanted) as (file, index, label):
        target = repaired(url) if url else _moved_to(file.config, file.config.feeds[index])
        if not target:
            raise NotDone(f"{label} has not moved; to change its URL all the same, give the new one")
        try:
            refuse_known(file.config, target, file.path)
        except NotDone as known:
            raise NotDone(
                f"{known.message}. To stop following the old URL: aggregator feeds remove {shlex.quote(wanted)}"
            ) from None
        file.set_url(index, target)
    say(f"{label} is followed at {without_credentials(target)}")


def _moved_to(config: Config, sub: Subscription) -> str | None:
    """What polls have found out; else what the server says now, as `check --online` asks it."""
    with App(config) as app:
        known = next((feed.effective_url for feed in app.moved_feeds() if feed.url == sub.url), None)
        if known:
            return known
        with progress(f"Asking {without_credentials(sub.url)}"):
            return app.permanent_redirect(sub)
