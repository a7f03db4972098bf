"""`aggregator feeds add`, `remove`, `rename`, `tag`, `move`, `import` and `export`: what feeds.yaml follows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration, options
from aggregator.cli.text import dim, fit, width
from aggregator.errors import AggregatorError
from aggregator.links import without_credentials
from aggregator.models import Publication, Source
from aggregator.settings import Subscription
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.config.feedsfile import FeedsFile
    from aggregator.pipeline.find_feeds import FoundFeed, FoundFeeds
    from aggregator.settings import Config
    from aggregator.subscriptions import ImportPlan, SubscriptionList

_SHOWN = 20  # rejected lines of a list


class NotDone(click.ClickException):
    """Something that was asked for was not done; what, was said. Exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


# ---------------------------------------------------------------- add


@click.command("add")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--name", help="Show this name instead of the feed's own title.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Tag its stories; may be repeated.")
@click.option(
    "--pick", metavar="N", type=click.IntRange(1), help="Of several feeds of a page, take this one."
)
@click.option("--all", "everything", is_flag=True, help="Of several feeds of a page, take all.")
@click.option("--no-check", is_flag=True, help="Add the URL as it is, without asking its server.")
@common_options
def add(
    urls: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    pick: int | None,
    everything: bool,
    no_check: bool,
) -> None:
    """Follow feeds: add them to feeds.yaml.

    URL is a feed or any page: its feeds are found. Pages of YouTube, Reddit, Mastodon, Bluesky, GitHub, GitLab,
    podcast directories, Substack, Medium, Tumblr, WordPress, Hacker News and Lobsters work. Of several feeds you
    choose one. Comments, order and quotes of feeds.yaml stay; the old text is kept in feeds.yaml.bak.

    \b
    Examples:
      aggregator feeds add https://example.org/
      aggregator feeds add https://example.org/feed.xml --name Example --tag tech
      aggregator feeds add https://github.com/simonw/sqlite-utils --pick 1
    """
    from aggregator.config.edit import FeedItem

    path = options().path_to_edit
    failed = 0
    for text in urls:
        with adding_feeds(path) as file:
            config = file.config
        try:
            chosen = [text] if no_check else _choose(config, path, text, pick, everything)
            with adding_feeds(path) as file:
                for url in chosen:
                    _refuse_known(file.config, url, path)
                    file.add([FeedItem(url, name, tags)])
        except NotDone as not_done:
            not_done.show()
            failed += 1
            continue
        if not options().quiet:
            for url in chosen:
                click.echo(f"Added {without_credentials(url)} to {path}")
    if failed:
        sys.exit(1)


def _choose(config: Config, path: Path, text: str, pick: int | None, everything: bool) -> list[str]:
    """The URLs of the feeds that are meant. Raises NotDone, with what to do."""
    url = _url(text)
    _refuse_known(config, url, path)
    found = _find(config, url)
    if not found.feeds:
        raise NotDone(f"{without_credentials(url)}: {found.problem}. To add it all the same, use --no-check")
    if not options().quiet:
        _show_found(found.feeds)
    if len(found.feeds) == 1 or everything:
        return [feed.url for feed in found.feeds]
    if pick is None and sys.stdin.isatty() and sys.stdout.isatty():
        pick = click.prompt("Which one", type=click.IntRange(1, len(found.feeds)), default=1)
    if pick is None:
        raise NotDone(f"{url} has {len(found.feeds)} feeds: choose with --pick N, or take them with --all")
    if pick > len(found.feeds):
        raise NotDone(f"there are only {len(found.feeds)} feeds: --pick {pick} names none")
    return [found.feeds[pick - 1].url]


def _url(text: str) -> str:
    from aggregator.config import InvalidValue, repaired_url

    try:
        return repaired_url(text)
    except InvalidValue as invalid:
        raise NotDone("; ".join(filter(None, (invalid.problem, invalid.fix)))) from None


def _refuse_known(config: Config, url: str, path: Path) -> None:
    from aggregator.config import feed_key, is_ours

    if is_ours(url, config.base_url):
        raise NotDone(f"{url} is one of our own outputs, which would publish every story again")
    key = feed_key(url)
    for sub in _all_feeds(config):
        if feed_key(sub.url) == key:
            place = f"{sub.file or path} already" + (f", on line {sub.line}" if sub.line else "")
            raise NotDone(f"{without_credentials(url)} is in {place}")


def _find(config: Config, url: str) -> FoundFeeds:
    with App(config) as app:
        return app.find_feeds(url)


def _show_found(feeds: Sequence[FoundFeed]) -> None:
    columns = width()
    for number, feed in enumerate(feeds, 1):
        head = f"{number}  " if len(feeds) > 1 else ""
        pad = " " * len(head)
        title = feed.title or without_credentials(feed.url)
        click.echo(click.style(fit(head + title, columns).rstrip(), bold=True))
        click.echo(
            dim(
                f"{pad}{without_credentials(feed.url)} ({feed.format}, {counted(feed.entries, 'entry', 'entries')})"
            )
        )
        for entry in feed.newest:
            line = f"{pad}  {entry.published.astimezone():%Y-%m-%d}  {entry.title}"
            click.echo(fit(line, columns).rstrip())


# ---------------------------------------------------------------- change


@click.command("remove")
@click.argument("wanted", metavar="FEED...", nargs=-1, required=True)
@common_options
def remove(wanted: tuple[str, ...]) -> None:
    """Stop following feeds: remove them from feeds.yaml.

    FEED is a URL, or part of a name that only one feed has. What was stored of it stays in the store until it is
    older than `keep.days`.

    \b
    Examples:
      aggregator feeds remove Slashdot
      aggregator feeds remove https://example.org/feed.xml
    """
    for each in wanted:
        with editing(each) as (file, index, label):
            file.remove(index)
        _said(f"Removed {label}")


@click.command("rename")
@click.argument("wanted", metavar="FEED")
@click.argument("name")
@common_options
def rename(wanted: str, name: str) -> None:
    """Show a feed under another name; "" shows the feed's own title again.

    \b
    Examples:
      aggregator feeds rename slashdot.org "Slashdot"
      aggregator feeds rename Slashdot ""
    """
    with editing(wanted) as (file, index, label):
        file.set_name(index, name.strip() or None)
    _said(f"Renamed {label} to {name!r}" if name.strip() else f"Removed the name of {label}")


@click.command("tag")
@click.argument("wanted", metavar="FEED")
@click.argument("tags", metavar="TAG...", nargs=-1, required=True)
@click.option("--remove", "removing", is_flag=True, help="Remove these tags instead of adding them.")
@common_options
def tag(wanted: str, tags: tuple[str, ...], removing: bool) -> None:
    """Tag a feed's stories.

    \b
    Examples:
      aggregator feeds tag Slashdot tech news
      aggregator feeds tag Slashdot news --remove
    """
    with editing(wanted) as (file, index, label):
        known = file.config.feeds[index].tags
        if removing:
            missing = [each for each in tags if each not in known]
            if missing:
                raise click.UsageError(
                    f"{label} has no tag {missing[0]!r}; its tags: {', '.join(known) or 'none'}"
                )
            after = tuple(each for each in known if each not in tags)
        else:
            after = tuple(dict.fromkeys((*known, *tags)))
        file.set_tags(index, after)
    _said(f"Tags of {label}: {', '.join(after) or 'none'}")


@click.command("move")
@click.argument("wanted", metavar="FEED")
@click.argument("url", required=False)
@common_options
def move(wanted: str, url: str | None) -> None:
    """Follow a feed at its new URL: by default where its permanent redirects lead, as `check` proposes.

    \b
    Examples:
      aggregator feeds move Slashdot
      aggregator feeds move Slashdot https://example.org/new.xml
    """
    with editing(wanted) as (file, index, label):
        target = _url(url) if url else _moved_to(file.config, file.config.feeds[index])
        if not target:
            raise NotDone(f"{label} has not moved; to change its URL all the same, give the new one")
        _refuse_known(file.config, target, file.path)
        file.set_url(index, target)
    _said(f"{label} is followed at {without_credentials(target)}")


def _moved_to(config: Config, sub: Subscription) -> str | None:
    with App(config) as app:
        return next((feed.effective_url for feed in app.moved_feeds() if feed.url == sub.url), None)


# ---------------------------------------------------------------- import


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
            chosen = _choose(config, path, source, None, everything=False)
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
        plan = plan_import(found, replace(file.config, feeds=_all_feeds(file.config)), tags)
        if not dry_run:
            file.add([FeedItem(feed.url, feed.name, feed.tags) for feed in plan.added])
    return plan, found.format


def _read_source(config: Config, source: str) -> SubscriptionList:
    """The list at a path, a URL or on the standard input. Raises NotDone."""
    from aggregator.subscriptions import MOST_BYTES, ListError, read_list

    try:
        if source == "-":
            body = sys.stdin.buffer.read(MOST_BYTES + 1)
        elif "://" in source:
            with App(config) as app:
                body = app.fetch_document(_url(source))
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
    would = "would be added" if dry_run else "added"
    click.echo(
        f"{source} ({kind}): {counted(len(plan.added), 'feed')} {would},"
        f" {len(plan.present)} present already, {len(plan.rejected)} not added."
    )


def _plan_as_json(plan: ImportPlan, source: str, dry_run: bool) -> dict[str, Any]:
    return {
        "source": source,
        "dry_run": dry_run,
        "added": [
            {"url": without_credentials(f.url), "name": f.name, "tags": list(f.tags)} for f in plan.added
        ],
        "present": [without_credentials(feed.url) for feed in plan.present],
        "rejected": [{"text": each.text, "reason": each.reason} for each in plan.rejected],
    }


# ---------------------------------------------------------------- export


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
    try:
        target.write_text(written, encoding="utf-8")
    except OSError as error:
        raise NotDone(f"cannot write {target}: {error.strerror or error}") from None
    _said(f"Wrote {target}")


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


# ---------------------------------------------------------------- shared


@contextmanager
def reading_feeds(path: Path) -> Iterator[FeedsFile]:
    """feeds.yaml to read and to change, locked; see config.feedsfile."""
    from aggregator.config.feedsfile import edit_feeds

    with edit_feeds(path) as file:
        yield file


@contextmanager
def adding_feeds(path: Path) -> Iterator[FeedsFile]:
    """As reading_feeds; a file that is missing is created once there is something to add, and that is said."""
    from aggregator.config import sample
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
        for sub in _all_feeds(config):
            if sub.file and (folded in (sub.name or "").casefold() or folded in sub.url.casefold()):
                raise click.UsageError(f"{sub.name or sub.url} stands in {sub.file}, and is changed there")
        from difflib import get_close_matches

        near = get_close_matches(wanted, names, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "`aggregator feeds` lists them"
        raise click.UsageError(f"no feed is called {wanted!r}; {hint}")
    several = "\n".join(
        f"  {names[index]}  {without_credentials(config.feeds[index].url)}" for index in found[:10]
    )
    raise click.UsageError(
        f"{counted(len(found), 'feed')} match {wanted!r}; give more of the name, or the URL:\n{several}"
    )


def _all_feeds(config: Config) -> tuple[Subscription, ...]:
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


def _said(words: str) -> None:
    if not options().quiet:
        click.echo(words)
