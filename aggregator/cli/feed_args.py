"""Feeds as people call them: by address, or by part of their name."""

from __future__ import annotations

import click

from aggregator.app import App
from aggregator.cli.common import options
from aggregator.models import Feed


def feeds_called(app: App, want: str) -> tuple[Feed, ...]:
    """The feeds with this address, or with this in their name. Raises UsageError where there is none."""
    names = app.feed_names()
    found = tuple(
        feed
        for feed in app.feeds()
        if want == feed.url or (want.casefold() in names[feed.id].casefold() and "://" not in want)
    )
    if not found:
        raise click.UsageError(
            f"no feed is called {want!r}: give its address as in {options().path}, or part of its name;"
            " `aggregator feeds` lists them"
        )
    return found
