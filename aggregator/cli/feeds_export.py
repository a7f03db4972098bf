"""`aggregator feeds export`: the subscriptions for other programs."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration
from aggregator.cli.feeds_file import (
    NotDone,
    say,
)
from aggregator.errors import AggregatorError
from aggregator.links import without_credentials
from aggregator.models import Publication, Source

if TYPE_CHECKING:
    from aggregator.settings import Config


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["opml", "urls", "json"]),
    default="opml",
    show_default=True,
    help="OPML nests by first tag; urls is one a line.",
)
@click.option(
    "--to",
    "target",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file.",
)
@common_options
def export(form: str, target: Path | None) -> None:
    """Print the subscriptions of feeds.yaml, for another reader.

    User names and passwords in URLs are left out, and so are `auth` and `headers`.

    \b
    Examples:
      aggregator feeds export > subscriptions.opml
      aggregator feeds export --format json | jq '.feeds[].url'
    """
    config = configuration()
    written = _LISTS[form](_sources(config), config)
    if target is None:
        click.echo(written, nl=False)
        return
    if target.exists() and any(
        own.exists() and target.samefile(own) for own in (config.file, config.store_path)
    ):
        raise NotDone(f"{target} is what the list is made from; name another file")
    try:
        target.write_text(written, encoding="utf-8")
    except OSError as error:
        raise NotDone(f"cannot write {target}: {error.strerror or error}") from None
    say(f"Wrote {target}")


def _sources(config: Config) -> tuple[Source, ...]:
    """What feeds.yaml follows, with what the store knows of each."""
    known: dict[str, Source] = {}
    with suppress(AggregatorError), App(config) as app:
        known = {source.url: source for source in app.sources()}
    found = []
    for sub in config.feeds:
        url = without_credentials(sub.url)
        source = known.get(url) or Source(0, sub.name or url, url)
        found.append(replace(source, name=sub.name or source.name, tags=sub.tags))
    return tuple(found)


def _opml(sources: tuple[Source, ...], config: Config) -> str:
    from aggregator.export.opml import render_opml

    return render_opml(
        Publication("", config.title, config.base_url, datetime.min.replace(tzinfo=UTC), (), sources)
    ).decode()


def _urls(sources: tuple[Source, ...], config: Config) -> str:
    return "".join(f"{source.url}\n" for source in sources)


def _json(sources: tuple[Source, ...], config: Config) -> str:
    feeds = [{"url": s.url, "name": s.name, "tags": list(s.tags), "link": s.link} for s in sources]
    return json.dumps({"feeds": feeds}, ensure_ascii=False, indent=2) + "\n"


_LISTS = {"opml": _opml, "urls": _urls, "json": _json}
