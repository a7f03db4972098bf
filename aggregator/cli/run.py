"""`aggregator run`: the background service."""

from __future__ import annotations

import logging
from functools import partial

import click

from aggregator.app import load_config
from aggregator.cli.common import common_options, configuration, options
from aggregator.logs import FORMS, Form, configure
from aggregator.models import ROLES, Role
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
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="all",
    show_default=True,
    help="What this process does, of several that work on one store.",
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
def run(host: str, port: int, role: Role, no_web: bool, log_format: Form) -> None:
    """Run as a service: poll what is due, publish, and serve the outputs over HTTP.

    Serves the digest at /, the merged feed at /feed.atom and /feed.json, /subscriptions.opml, /tags/, /archive/
    and /search; logs one line a poll. Stops cleanly on SIGTERM and Ctrl-C, reloads feeds.yaml on SIGHUP and when
    it changes. It listens on loopback only: put a web server before it, or give --host, to be reached from
    elsewhere; `--host unix:PATH` listens at a Unix socket.

    Several processes share the work with --role: any number of pollers, publishers of which one publishes while the
    others stand by, and web servers. On several machines the store is in PostgreSQL.

    \b
    Examples:
      aggregator run
      aggregator run --port 9000
      aggregator run --role poller
      aggregator run --no-web -c /etc/aggregator/feeds.yaml
    """
    given = options()
    level = logging.ERROR if given.quiet else logging.DEBUG if given.verbose > 1 else logging.INFO
    configure(level, log_format)
    config = configuration()
    serves = role in ("all", "web") and not no_web
    Service(config, partial(load_config, config.file), role=role).run(host if serves else None, port)
