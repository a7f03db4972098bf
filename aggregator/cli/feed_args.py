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
    folded = want.casefold()
    exact = tuple(feed for feed in feeds if want == feed.url or folded == feed.name.casefold())
    part = () if exact or "://" in want else tuple(feed for feed in feeds if folded in feed.name.casefold())
    found = (
        exact or part or tuple(feed for feed in feeds if "://" not in want and folded in feed.url.casefold())
    )
    if not found:
        _refuse("no feed is called", want, (feed.name for feed in feeds), "`aggregator feeds` lists them")
    return found


def check_feed(app: App, want: str | None) -> None:
    """Raises UsageError where no feed is called so; with the near ones."""
    if want is None:
        return
    sources = app.sources()
    folded = want.casefold()
    if sources and not any(want == s.url or folded in s.name.casefold() for s in sources):
        _refuse("no feed is called", want, (s.name for s in sources), "`aggregator feeds` lists them")


def check_tag(app: App, want: str | None) -> None:
    """Raises UsageError where neither a subscription nor a recent story has the tag; with the near ones."""
    if want is None:
        return
    from aggregator.text import tag_key

    tags = {tag for sub in app.config.feeds for tag in sub.tags}
    if tag_key(want) in {tag_key(tag) for tag in tags} or app.latest(1, tag=want):
        return
    _refuse(
        "no story has the tag",
        want,
        tags,
        f"the tags of {options().path}: {', '.join(sorted(tags)) or 'none'}",
    )


def _refuse(words: str, want: str, known: Iterable[str], otherwise: str) -> None:
    from difflib import get_close_matches

    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(want.casefold(), by_folded, n=3)
    hint = f"did you mean {' or '.join(repr(by_folded[name]) for name in near)}?" if near else otherwise
    raise click.UsageError(f"{words} {want!r}; {hint}")


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
