"""feeds.yaml as commands read and change it, and the one feed in it that is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.app import App
from aggregator.cli.common import options
from aggregator.errors import AggregatorError
from aggregator.links import without_credentials
from aggregator.settings import Subscription
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.config.feedsfile import FeedsFile
    from aggregator.settings import Config

_LISTED = 10  # feeds that a name may mean


class NotDone(click.ClickException):
    """Something that was asked for was not done; what, was said. Exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


@contextmanager
def reading_feeds(path: Path) -> Iterator[FeedsFile]:
    """feeds.yaml to read and to change, locked; see config.feedsfile."""
    from aggregator.config.feedsfile import edit_feeds

    with edit_feeds(path) as file:
        yield file


@contextmanager
def adding_feeds(path: Path) -> Iterator[FeedsFile]:
    """As reading_feeds; a file that is missing is created once there is something to add, and that is said."""
    from aggregator.config.describe import sample
    from aggregator.config.feedsfile import edit_feeds
    from aggregator.config.places import FILE, is_sample

    missing = not path.exists()
    with edit_feeds(path, sample() if missing else None) as file:
        yield file
    if missing and path.exists() and not options().quiet:
        here = Path(FILE)
        reason = ", since the one here is the sample of the program" if is_sample(here) else ""
        click.echo(f"Created {path}{reason}", err=True)


@contextmanager
def editing(wanted: str) -> Iterator[tuple[FeedsFile, int, str]]:
    """feeds.yaml, the place of the one feed that is meant, and what to call it."""
    with reading_feeds(options().path) as file:
        index = _index_of(file.config, wanted)
        sub = file.config.feeds[index]
        yield file, index, sub.name or without_credentials(sub.url)


def _index_of(config: Config, wanted: str) -> int:
    from aggregator.config import feed_key

    key = feed_key(wanted)
    for index, sub in enumerate(config.feeds):
        if sub.url == wanted or ("://" in wanted and feed_key(sub.url) == key):
            return index
    names = _names(config)
    folded = wanted.casefold()
    exact = [index for index, name in enumerate(names) if name.casefold() == folded]
    part = [
        index
        for index, (name, sub) in enumerate(zip(names, config.feeds, strict=True))
        if folded in name.casefold() or folded in sub.url.casefold()
    ]
    found = exact or part
    if len(found) == 1:
        return found[0]
    if not found:
        for sub in all_feeds(config):
            if sub.file and (folded in (sub.name or "").casefold() or folded in sub.url.casefold()):
                raise click.UsageError(f"{sub.name or sub.url} is defined in {sub.file}; change it there")
        from difflib import get_close_matches

        near = get_close_matches(wanted, names, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "`aggregator feeds` lists them"
        raise click.UsageError(f"no feed is called {wanted!r}; {hint}")
    several = "\n".join(
        f"  {names[index]}  {without_credentials(config.feeds[index].url)}" for index in found[:_LISTED]
    )
    if len(found) > _LISTED:
        several += f"\n  ... and {len(found) - _LISTED} more"
    raise click.UsageError(
        f"{counted(len(found), 'feed')} match {wanted!r}; give more of the name, or the URL:\n{several}"
    )


def all_feeds(config: Config) -> tuple[Subscription, ...]:
    """The feeds of feeds.yaml and of the lists that it includes, as far as these can be read."""
    if not config.include:
        return config.feeds
    from aggregator.pipeline.includes import with_included

    with suppress(AggregatorError):
        return with_included(config).feeds
    return config.feeds


def _names(config: Config) -> list[str]:
    """What each feed is called: in feeds.yaml, by itself, else its URL."""
    titles: dict[str, str] = {}
    try:
        with App(config) as app:
            titles = {source.url: source.name for source in app.sources()}
    except AggregatorError:  # a store that cannot be read does not keep anybody from editing feeds.yaml
        pass
    bare = [without_credentials(sub.url) for sub in config.feeds]
    return [sub.name or titles.get(url, url) for sub, url in zip(config.feeds, bare, strict=True)]


def repaired(text: str) -> str:
    from aggregator.config import InvalidValue, repaired_url

    try:
        return repaired_url(text)
    except InvalidValue as invalid:
        raise NotDone("; ".join(filter(None, (invalid.problem, invalid.fix)))) from None


def refuse_known(config: Config, url: str, path: Path) -> None:
    from aggregator.config import feed_key, is_ours

    if is_ours(url, config.base_url):
        raise NotDone(f"{url} is one of our own outputs, which would publish every story again")
    key = feed_key(url)
    for sub in all_feeds(config):
        if feed_key(sub.url) == key:
            place = f"{sub.file or path} already" + (f", on line {sub.line}" if sub.line else "")
            raise NotDone(f"{without_credentials(url)} is in {place}")


def say(words: str) -> None:
    if not options().quiet:
        click.echo(words)
