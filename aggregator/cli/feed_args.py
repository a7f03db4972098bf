"""Feeds and tags as people name them on the command line: found, completed, or refused with the near ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from aggregator.app import App
from aggregator.cli.common import options
from aggregator.models import FeedLine


def feeds_called(app: App, want: str) -> tuple[FeedLine, ...]:
    """The feed with this URL or name, else those with this in their name, else in their URL.

    Raises UsageError where there is none.
    """
    feeds = app.feed_lines()
    folded, is_url = want.casefold(), "://" in want
    ways: tuple[Callable[[FeedLine], bool], ...] = (
        lambda feed: want == feed.url or folded == feed.name.casefold(),
        lambda feed: not is_url and folded in feed.name.casefold(),
        lambda feed: not is_url and folded in feed.url.casefold(),
    )
    for is_meant in ways:
        if found := tuple(filter(is_meant, feeds)):
            return found
    raise _refusal("no feed is called", want, (feed.name for feed in feeds), "`aggregator feeds` lists them")


def check_feed(app: App, want: str | None) -> None:
    """Raises UsageError where no feed is called so; with the near ones."""
    if want is None:
        return
    sources = app.sources()
    folded = want.casefold()
    if sources and not any(want == s.url or folded in s.name.casefold() for s in sources):
        raise _refusal("no feed is called", want, (s.name for s in sources), "`aggregator feeds` lists them")


def check_tag(app: App, want: str | None) -> None:
    """Raises UsageError where neither a subscription nor a recent story has the tag; with the near ones."""
    if want is None:
        return
    from aggregator.text import tag_key

    tags = {tag for sub in app.config.feeds for tag in sub.tags}
    if tag_key(want) in {tag_key(tag) for tag in tags} or app.latest(1, tag=want):
        return
    raise _refusal(
        "no story has the tag",
        want,
        tags,
        f"the tags of {options().path}: {', '.join(sorted(tags)) or 'none'}",
    )


def _refusal(words: str, want: str, known: Iterable[str], otherwise: str) -> click.UsageError:
    from difflib import get_close_matches

    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(want.casefold(), by_folded, n=3)
    hint = f"did you mean {' or '.join(repr(by_folded[name]) for name in near)}?" if near else otherwise
    return click.UsageError(f"{words} {want!r}; {hint}")


# ---------------------------------------------------------------- completion


def complete_feed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of feeds that hold what was typed; nothing where the configuration cannot be read."""
    return _complete(lambda app: (source.name for source in app.sources()), ctx, incomplete)


def complete_tag(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return _complete(lambda app: (tag for sub in app.config.feeds for tag in sub.tags), ctx, incomplete)


def _complete(names: Callable[[App], Iterable[str]], ctx: click.Context, incomplete: str) -> list[str]:
    from aggregator.app import load_config
    from aggregator.config.places import find_file

    try:
        with App(load_config(find_file(ctx.params.get("config")))) as app:
            found = sorted(set(names(app)))
    except Exception:  # completion never prints an error into the line that is being typed
        return []
    return [name for name in found if incomplete.casefold() in name.casefold()]
