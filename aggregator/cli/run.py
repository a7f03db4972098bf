"""`aggregator run`: the background service."""

from __future__ import annotations

import logging
from functools import partial

import click

from aggregator.app import load_config
from aggregator.cli.common import common_options, configuration, options
from aggregator.logs import FORMS, Form, configure
from aggregator.service.service import Service


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to serve at; 0 takes any free one.",
)
@click.option("--no-web", is_flag=True, help="Poll and publish only.")
@click.option(
    "--log-format",
    type=click.Choice(FORMS),
    default="text",
    show_default=True,
    help="How log lines are written.",
)
@common_options
def run(host: str, port: int, no_web: bool, log_format: Form) -> None:
    """Run as a service: poll what is due, publish, and serve the outputs over HTTP.

    Serves the digest at /, the merged feed at /feed.atom and /feed.json, /subscriptions.opml, /tags/, /archive/
    and /search; logs one line a poll. Stops cleanly on SIGTERM and Ctrl-C, reloads feeds.yaml on SIGHUP and when
    it changes. It listens on loopback only: put a web server before it, or give --host, to be heard from
    elsewhere; `--host unix:PATH` listens at a Unix socket.

    \b
    Examples:
      aggregator run
      aggregator run --port 9000
      aggregator run --no-web -c /etc/aggregator/feeds.yaml
    """
    given = options()
    level = logging.ERROR if given.quiet else logging.DEBUG if given.verbose > 1 else logging.INFO
    configure(level, log_format)
    config = configuration()
    Service(config, partial(load_config, config.file)).run(None if no_web else host, port)
