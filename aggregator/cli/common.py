"""What every command shares: the options understood before and after its name, and its configuration."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from aggregator.logs import configure
from aggregator.settings import Config

NOT_POLLED = "Nothing here yet: `aggregator poll` fetches the feeds."

F = TypeVar("F", bound=Callable[..., Any])


class Options:
    """The common options as they were given, before or after the command's name."""

    def __init__(self) -> None:
        self.config: str | None = None
        self.verbose = 0
        self.quiet = False
        self.utc = False

    @property
    def path(self) -> Path:
        from aggregator.config.places import find_file

        return find_file(self.config)

    @property
    def path_to_create(self) -> Path:
        """Where a new configuration goes: as named, else into this directory."""
        from aggregator.config.places import new_file

        return new_file(self.config)

    @property
    def path_to_edit(self) -> Path:
        """The configuration that is there and one's own, else where a new one goes."""
        from aggregator.config.places import is_sample

        path = self.path
        return path if path.exists() and (self.config or not is_sample(path)) else self.path_to_create


def common_options(command: F) -> F:
    """Adds -c, -v, -q and --utc to a command; after the command's name they win over those before it."""

    @click.option(
        "-c",
        "--config",
        metavar="FILE",
        help="The configuration. [default: $AGGREGATOR_CONFIG, ./feeds.yaml, ~/.config/aggregator/feeds.yaml, /etc/aggregator/feeds.yaml]",
    )
    @click.option("-v", "--verbose", count=True, help="Verbose (-vv: debug).")
    @click.option("-q", "--quiet", is_flag=True, help="Only errors.")
    @click.option("--utc", is_flag=True, help="Show times in UTC instead of the local zone.")
    @click.pass_context
    @functools.wraps(command)
    def wrapped(
        ctx: click.Context,
        /,
        *args: Any,
        config: str | None,
        verbose: int,
        quiet: bool,
        utc: bool,
        **kwargs: Any,
    ) -> Any:
        options = ctx.ensure_object(Options)
        options.config = config or options.config
        options.verbose = max(verbose, options.verbose)
        options.quiet = quiet or options.quiet
        options.utc = utc or options.utc
        _set_logging(options)
        return command(*args, **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators lose the type


def options() -> Options:
    """The common options of the command that runs."""
    return click.get_current_context().ensure_object(Options)


def configuration() -> Config:
    """The configuration that the common options name. Raises ConfigError."""
    from aggregator.app import load_config

    return load_config(options().path)


def refreshed_configuration() -> Config:
    """As `configuration`, after the lists at URLs that it includes were fetched again where they are due."""
    from aggregator.app import App
    from aggregator.cli.progress import progress

    config = configuration()
    if not config.include:
        return config
    with progress("Fetching the included lists"):
        changed = App(config).refresh_includes()
    return configuration() if changed else config


def _set_logging(given: Options) -> None:
    level = logging.DEBUG if given.verbose > 1 else logging.INFO if given.verbose else logging.WARNING
    configure(logging.ERROR if given.quiet else level)
