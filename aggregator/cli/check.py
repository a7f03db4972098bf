"""`aggregator check`: whether feeds.yaml is right, and with --online the feeds in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.errors import StoreError
from aggregator.links import without_credentials
from aggregator.models import Feed
from aggregator.settings import Config


@click.command()
@common_options
def check() -> None:
    """Check the configuration, and nothing else: exit code 0 where it is right, 2 where it is not.

    Says which feeds have moved for good, with what to write instead, and which secrets are not to be had here.

    \b
    Examples:
      aggregator check
      aggregator check -c /etc/aggregator/feeds.yaml
    """
    config = configuration()
    if not options().quiet:
        for remark in (*_moved(config), *_missing_secrets(config)):
            click.echo(remark)
        count = len(config.feeds)
        click.echo(f"{options().path}: {count} {'feed' if count == 1 else 'feeds'}, all in order.")


def _moved(config: Config) -> Iterator[str]:
    """The edits that permanent redirects ask for, where there is a store that knows of any."""
    lines = {subscription.url: subscription.line for subscription in config.feeds}
    moved: tuple[Feed, ...] = ()
    with contextlib.suppress(StoreError), App(config) as app:  # it is no matter of the configuration
        moved = app.moved_feeds()
    for feed in moved:
        if feed.url in lines:
            place = f"{options().path}:{lines[feed.url]}"
            yield f"{place}: {without_credentials(feed.url)} has moved for good; write {feed.effective_url}"


def _missing_secrets(config: Config) -> Iterator[str]:
    """What feeds are signed in with that this process cannot look up; another one may."""
    private = [sub for sub in config.feeds if sub.auth or sub.headers]
    if not private and not config.polling.proxy:
        return
    from aggregator.fetch import FetchProblem, Secrets

    secrets = Secrets(config.file.parent)
    for sub in private:
        try:
            secrets.headers(sub.headers)
            if sub.auth:
                secrets.authorization(sub.auth)
        except FetchProblem as problem:
            yield f"{options().path}:{sub.line}: {problem}"
    try:
        secrets.text(config.polling.proxy or "", "polling.proxy")
    except FetchProblem as problem:
        yield f"{options().path}: {problem}"
