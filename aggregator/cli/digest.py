"""`aggregator digest`: what was published recently, to print, to mail, to put somewhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from click.core import ParameterSource

from aggregator.app import App
from aggregator.cli.common import NOT_POLLED, common_options, configuration, options
from aggregator.cli.feed_args import check_feed, check_tag, complete_feed, complete_tag
from aggregator.cli.latest import Since
from aggregator.cli.progress import progress
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.pipeline.digest import Choice

LAST = "last"


class SinceLast(Since):
    """As Since, or `last`: since this command was last asked so."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return LAST if value == LAST else super().convert(value, param, ctx)


class Zone(click.ParamType[str]):
    """An IANA time zone."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(f"{value!r} is not a known time zone; write it as Europe/Berlin", param, ctx)


@click.command()
@click.option(
    "--since",
    type=SinceLast(),
    default="1d",
    show_default=True,
    metavar="WHEN",
    help="Stories first published since then: 30m, 6h, 2d, 1w, a date, or last for those since this command last ran so.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "eml"]),
    default="text",
    show_default=True,
    help="eml is a whole e-mail message, with text and HTML.",
)
@click.option(
    "--to", metavar="ADDRESS", multiple=True, help="To whom the message is addressed; may be repeated."
)
@click.option(
    "--from",
    "sender",
    metavar="ADDRESS",
    help="Who sends it. [default: mail.from, else news@ the host of base_url]",
)
@click.option(
    "--send",
    "sending",
    is_flag=True,
    help="Send it as `mail` in feeds.yaml says; to --to, else to digest.to.",
)
@click.option(
    "--mark", metavar="NAME", help="Remember under this name what was sent or printed with --since last."
)
@click.option(
    "--timezone",
    "zone",
    type=Zone(),
    metavar="ZONE",
    help="Show times in this zone, as Europe/Berlin. [default: `timezone` in feeds.yaml]",
)
@click.option("-n", "--number", type=click.IntRange(1, 10_000), help="At most so many stories.")
@click.option("--feed", metavar="FEED", shell_complete=complete_feed, help="Only stories of this feed.")
@click.option("--tag", metavar="TAG", shell_complete=complete_tag, help="Only stories with this tag.")
@common_options
def digest(
    since: datetime | str,
    form: str,
    to: tuple[str, ...],
    sender: str | None,
    sending: bool,
    mark: str | None,
    zone: str | None,
    number: int | None,
    feed: str | None,
    tag: str | None,
) -> None:
    """Print or mail the recently published stories, the newest first.

    Where there is nothing new, it prints and sends nothing, with exit code 0. With `--since last` each story comes once;
    the first time, those of the last day come. The first poll publishes older stories, too: on its day they are left out
    unless `--since 1d` is written. --send does as `--since last`, for each address apart, and counts a story as sent
    once the mail server has accepted the message.

    \b
    Examples:
      aggregator digest
      aggregator digest --since 1w --format markdown
      aggregator digest --send --to me@example.org --to you@example.org
      aggregator digest --since last --format eml --to me@example.org | sendmail -t
    """
    from aggregator.export.pages import Pages
    from aggregator.pipeline.digest import Choice

    config = configuration()
    if zone:
        config = replace(config, timezone=zone)
    if sender:
        config = replace(config, mail=replace(config.mail, from_=sender))
    with App(config) as app:
        if not app.has_store:
            _nothing(NOT_POLLED)
            return
        check_feed(app, feed)
        check_tag(app, tag)
        explicit = click.get_current_context().get_parameter_source("since") != ParameterSource.DEFAULT
        if sending:
            _send(app, to or config.digest.to, since if explicit else LAST, mark, Choice(number, tag, feed))
            return
        name = mark or "digest"
        begin = _begin(since)
        age = begin if begin and not explicit and app.begins_after(begin) else None
        with app.digest(begin, name, Choice(number, tag, feed, since=age)) as made:
            if not made.total:
                _nothing("Nothing new was published.")
                return
            for piece in made.render(form, Pages(config.templates), config.mail.from_, to):
                sys.stdout.buffer.write(piece)
            sys.stdout.flush()  # only what was really written counts as read
            if since == LAST:
                app.set_read_cursor(name, made)


def _send(
    app: App,
    addresses: Sequence[str],
    since: datetime | str,
    mark: str | None,
    choice: Choice,
) -> None:
    """One message for each address; each has a mark of its own, or all have the one that is named."""
    if not addresses:
        raise click.UsageError(
            "--send needs an address: --to ADDRESS, or `digest: {to: [ADDRESS]}` in feeds.yaml"
        )
    from aggregator.export.mail import bare_address

    addresses = tuple({bare_address(address): address for address in addresses}.values())
    names = [mark or f"digest {bare_address(address)}" for address in addresses]
    with ExitStack() as stack:
        # All are looked up first: one message must not move the mark that the next goes by.
        digests = [stack.enter_context(app.digest(_begin(since), name, choice)) for name in names]
        for address, name, made in zip(addresses, names, digests, strict=True):
            if not made.total:
                _nothing(f"Nothing new for {address}.")
                continue
            with progress(f"Sending to {address}"):
                app.mail_digest(address, made, name if since == LAST else None)
            if not options().quiet:
                click.echo(f"Sent {counted(made.total, 'story', 'stories')} to {address}.")


def _begin(since: datetime | str) -> datetime | None:
    return since if isinstance(since, datetime) else None


def _nothing(words: str) -> None:
    if not options().quiet:
        click.echo(words, err=True)
