"""What every command shares: the three options understood before and after its name, and its configuration."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from aggregator.logs import configure
from aggregator.settings import Config

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_CONFIG = "feeds.yaml"


class Options:
    """The common options as they were given, before or after the command's name."""

    def __init__(self) -> None:
        self.config: str | None = None
        self.verbose = 0
        self.quiet = False

    @property
    def path(self) -> Path:
        return Path(self.config or os.environ.get("AGGREGATOR_CONFIG") or DEFAULT_CONFIG)


def common_options(command: F) -> F:
    """Adds -c, -v and -q to a command; after the command's name they win over those before it."""

    @click.option(
        "-c",
        "--config",
        metavar="FILE",
        help="The configuration. [default: $AGGREGATOR_CONFIG, else ./feeds.yaml]",
    )
    @click.option("-v", "--verbose", count=True, help="Say more; twice for all there is to say.")
    @click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
    @click.pass_context
    @functools.wraps(command)
    def wrapped(
        ctx: click.Context, /, *args: Any, config: str | None, verbose: int, quiet: bool, **kwargs: Any
    ) -> Any:
        options = ctx.ensure_object(Options)
        options.config = config or options.config
        options.verbose = max(verbose, options.verbose)
        options.quiet = quiet or options.quiet
        _set_logging(options)
        return command(*args, **kwargs)

    return wrapped  # type: ignore[return-value]  # click's decorators lose the type


def options() -> Options:
    """The common options of the command that runs."""
    return click.get_current_context().ensure_object(Options)


def configuration() -> Config:
    """The configuration that the common options name. Raises ConfigError."""
    from aggregator.config import load

    return load(options().path)


def _set_logging(given: Options) -> None:
    level = logging.DEBUG if given.verbose > 1 else logging.INFO if given.verbose else logging.WARNING
    configure(logging.ERROR if given.quiet else level)
