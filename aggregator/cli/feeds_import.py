"""`aggregator feeds import`: the subscriptions of other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, options
from aggregator.cli.feeds_add import choose
from aggregator.cli.feeds_file import (
    NotDone,
    adding_feeds,
    all_feeds,
    reading_feeds,
    repaired,
)
from aggregator.cli.progress import progress
from aggregator.links import without_credentials
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.settings import Config
    from aggregator.subscriptions import ImportPlan, SubscriptionList

_SHOWN = 20  # rejected lines of a list


@click.command("import")
@click.argument("sources", metavar="FILE|URL...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would be added.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Tag all of them; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@common_options
def import_(sources: tuple[str, ...], dry_run: bool, tags: tuple[str, ...], as_json: bool) -> None:
    """Add the subscriptions of another program's list to feeds.yaml.

    Reads OPML, well-formed or not (folders become tags), a list of URLs, newsboat's urls, sfeedrc, the ini files of
    Planet Venus and Pluto, the JSON of miniflux and FreshRSS, another feeds.yaml; `-` is the standard input.

    \b
    Examples:
      aggregator feeds import subscriptions.opml
      aggregator feeds import ~/.newsboat/urls --dry-run
      aggregator feeds import https://example.org/blogroll.opml --tag blogs
    """
    failed = False
    for source in sources:
        plan, kind = _import_one(options().path_to_edit, source, tags, dry_run)
        failed |= bool(plan.rejected)
        if as_json:
            click.echo(json.dumps(_plan_as_json(plan, source, dry_run), ensure_ascii=False, indent=2))
        else:
            _report(plan, source, kind, dry_run)


def add_sources(path: Path, sources: Sequence[str]) -> None:
    """What `init --with` does: imports lists, follows feeds and pages."""
    for source in sources:
        if "://" in source and not _is_list_url(source):
            from aggregator.config.edit import FeedItem

            with reading_feeds(path) as file:
                config = file.config
            chosen = choose(config, path, source, None, everything=False)
            with reading_feeds(path) as file:
                file.add([FeedItem(url) for url in chosen])
            continue
        plan, kind = _import_one(path, source, (), dry_run=False)
        _report(plan, source, kind, dry_run=False)


def _is_list_url(source: str) -> bool:
    return source.partition("?")[0].lower().endswith((".opml", ".yaml", ".yml", ".ini", ".txt", ".json"))


def _import_one(path: Path, source: str, tags: Sequence[str], dry_run: bool) -> tuple[ImportPlan, str]:
    from aggregator.config.edit import FeedItem
    from aggregator.subscriptions import plan_import

    with adding_feeds(path) as file:
        config = file.config
    found = _read_source(config, source)
    with adding_feeds(path) as file:
        plan = plan_import(found, replace(file.config, feeds=all_feeds(file.config)), tags)
        if not dry_run:
            file.add(
                [
                    FeedItem(feed.url, feed.name, feed.tags, feed.site, feed.avatar, feed.extra)
                    for feed in plan.added
                ]
            )
    return plan, found.format


def _read_source(config: Config, source: str) -> SubscriptionList:
    """The list at a path, a URL or on the standard input. Raises NotDone."""
    from aggregator.subscriptions import MOST_BYTES, ListError, read_list

    try:
        if source == "-":
            body = sys.stdin.buffer.read(MOST_BYTES + 1)
        elif "://" in source:
            with App(config) as app, progress(f"Fetching {without_credentials(source)}"):
                body = app.fetch_document(repaired(source))
        else:
            with Path(source).expanduser().open("rb") as file:
                body = file.read(MOST_BYTES + 1)
        return _as_feeds_yaml(body, source) or read_list(body)
    except ListError as error:
        raise NotDone(f"{source} {error}") from None
    except OSError as error:
        raise NotDone(f"cannot read {source}: {error.strerror or error}") from None


def _as_feeds_yaml(body: bytes, source: str) -> SubscriptionList | None:
    """The feeds of another feeds.yaml; None where it is something else."""
    from aggregator.config.load import parse
    from aggregator.subscriptions import ListedFeed, SubscriptionList

    if not source.endswith((".yaml", ".yml")):
        return None
    config = parse(body.decode("utf-8", "replace"), Path(source))
    return SubscriptionList(
        "feeds.yaml", tuple(ListedFeed(sub.url, sub.name, sub.tags) for sub in config.feeds)
    )


def _report(plan: ImportPlan, source: str, kind: str, dry_run: bool) -> None:
    if options().quiet:
        return
    if options().verbose or dry_run:
        for feed in plan.added:
            labels = f"  [{', '.join(feed.tags)}]" if feed.tags else ""
            click.echo(f"+ {without_credentials(feed.url)}  {feed.name or ''}{labels}".rstrip())
    for each in plan.rejected[:_SHOWN]:
        click.echo(f"Not added: {each.text or '(no URL)'}: {each.reason}", err=True)
    if len(plan.rejected) > _SHOWN:
        click.echo(f"... and {len(plan.rejected) - _SHOWN} more", err=True)
    if plan.ignored:
        settings = ", ".join(f"{name} ({counted(count, 'feed')})" for name, count in plan.ignored)
        click.echo(f"Not taken over, since there is nothing like it here: {settings}", err=True)
    would = "would be added" if dry_run else "added"
    name = "standard input" if source == "-" else source
    click.echo(
        f"{name} ({kind}): {counted(len(plan.added), 'feed')} {would},"
        f" {len(plan.present)} present already, {len(plan.rejected)} not added."
    )


def _plan_as_json(plan: ImportPlan, source: str, dry_run: bool) -> dict[str, Any]:
    return {
        "source": source,
        "dry_run": dry_run,
        "added": [
            {
                "url": without_credentials(f.url),
                "name": f.name,
                "tags": list(f.tags),
                "site": f.site,
                "avatar": f.avatar,
                "extra": dict(f.extra),
            }
            for f in plan.added
        ],
        "present": [without_credentials(feed.url) for feed in plan.present],
        "rejected": [{"text": each.text, "reason": each.reason} for each in plan.rejected],
        "ignored": dict(plan.ignored),
    }
