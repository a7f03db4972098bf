"""`aggregator check`: whether feeds.yaml is right, and with --online the feeds in it."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from aggregator import __version__
from aggregator.app import App
from aggregator.cli.common import common_options, options
from aggregator.cli.progress import progress_bar
from aggregator.errors import ConfigError, StoreError
from aggregator.links import without_credentials
from aggregator.models import Feed
from aggregator.pipeline.findings import Finding
from aggregator.settings import Config
from aggregator.text import counted

_ERRORS, _WARNINGS = 2, 1  # exit codes


@click.command()
@click.option(
    "--online", is_flag=True, help="Ask each feed once, as a poll would, and say what is wrong with it."
)
@click.option("--strict", is_flag=True, help="Exit with 1 where there are warnings.")
@click.option(
    "--against",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Only report on feeds that this feeds.yaml does not have, as the one of the main branch.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="sarif and github are for code review: annotations at the lines of feeds.yaml.",
)
@common_options
def check(online: bool, strict: bool, against: Path | None, form: str) -> int:
    """Check feeds.yaml: exit code 0 where it is right, 2 where it has errors.

    Warns of feeds that have moved permanently, of secrets that this process cannot read, and of templates that name
    no page. With --online it requests every feed once, politely and in parallel: moved, gone, not a feed (with the feeds
    that the page names), without valid dates, malformed, slow, large, full of HTML that is dropped, the same as
    another one, our own. The store is not changed. -q prints errors only, with --strict warnings too.

    \b
    Examples:
      aggregator check
      aggregator check --online --strict
      aggregator check --online --format github --against before.yaml
    """
    found: tuple[Finding, ...]
    feeds = 0
    try:
        config = _load()
    except ConfigError as error:
        if form == "text":
            raise
        found = tuple(
            Finding(
                "error",
                "configuration",
                issue.line,
                ": ".join(filter(None, (issue.key, issue.problem))),
                issue.fix,
                None if issue.file == str(options().path) else issue.file or None,
            )
            for issue in error.issues
        )
    else:
        feeds = len(config.feeds)
        found = (*_included(config), *_moved(config), *_missing_secrets(config), *_wrong_templates(config))
        if online:
            found += _online(config)
        if against is not None:
            found = tuple(_of_new_feeds(found, config, against))
    found = tuple(sorted(set(found), key=lambda finding: (finding.file or "", finding.line, finding.rule)))
    errors = sum(finding.level == "error" for finding in found)
    warnings = len(found) - errors
    quiet = form == "text" and options().quiet
    _FORMATS[form]([each for each in found if not quiet or strict or each.level == "error"], options().path)
    if form == "text" and not quiet:
        summary = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}" if found else "no errors"
        click.echo(f"{options().path}: {counted(feeds, 'feed')}, {summary}.")
    return _ERRORS if errors else _WARNINGS if strict and warnings else 0


def _load() -> Config:
    from aggregator.app import load_config

    return load_config(options().path)


# ---------------------------------------------------------------- what is looked at


def _included(config: Config) -> Iterator[Finding]:
    """Lists that could not be refreshed, and what of them is not followed."""
    if config.include:
        from aggregator.pipeline.includes import include_findings

        yield from include_findings(config)


def _moved(config: Config) -> Iterator[Finding]:
    """The edits that permanent redirects ask for, where there is a store that knows of any."""
    subs = {sub.url: sub for sub in config.feeds}
    moved: tuple[Feed, ...] = ()
    with contextlib.suppress(StoreError), App(config) as app:  # it is no matter of the configuration
        moved = app.moved_feeds()
    for feed in moved:
        if feed.url in subs:
            url = without_credentials(feed.url)
            yield Finding(
                "warning",
                "feed-moved",
                subs[feed.url].line,
                f"{url} has moved permanently",
                f"write {feed.effective_url}",
                subs[feed.url].file,
            )


def _missing_secrets(config: Config) -> Iterator[Finding]:
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
            yield Finding("warning", "secret", sub.line, str(problem), file=sub.file)
    try:
        secrets.text(config.polling.proxy or "", "polling.proxy")
    except FetchProblem as problem:
        yield Finding("warning", "secret", 0, str(problem))


def _of_new_feeds(found: Sequence[Finding], config: Config, before: Path) -> Iterator[Finding]:
    """What is found of feeds that another feeds.yaml does not have, and of no feed."""
    from aggregator.config import feed_key
    from aggregator.config.load import load

    known = {feed_key(sub.url) for sub in load(before).feeds}
    old = {(sub.file, sub.line) for sub in config.feeds if feed_key(sub.url) in known}
    yield from (finding for finding in found if (finding.file, finding.line) not in old)


def _wrong_templates(config: Config) -> Iterator[Finding]:
    """Files in `templates:` that cannot be compiled, or replace nothing, since no template has their name."""
    if config.templates is None:
        return
    import aggregator.export
    from aggregator.export.pages import Pages

    templates = Path(aggregator.export.__file__).parent / "templates"
    known = {path.name for path in templates.iterdir() if path.is_file()}
    own = {path.name for path in config.templates.iterdir() if path.suffix in (".html", ".css")}
    pages = (name for name in sorted(own & known) if name.endswith(".html"))
    for file, line, message in Pages(config.templates).broken(pages):
        yield Finding("error", "template", line, message, file=str(config.templates / file))
    for name in sorted(own - known):
        text = (config.templates / name).read_text(encoding="utf-8", errors="replace")
        used = any(
            name in (config.templates / other).read_text(encoding="utf-8", errors="replace")
            for other in own & known
        )
        if not used and text is not None:
            yield Finding(
                "warning",
                "template",
                0,
                f"templates: {name} names no page",
                f"the pages: {', '.join(sorted(known))}",
            )


def _online(config: Config) -> tuple[Finding, ...]:
    done = itertools.count(1)
    with App(config) as app, progress_bar() as report:
        return app.check_feeds(lambda: report("checking", next(done), len(config.feeds)))


# ---------------------------------------------------------------- how it is printed


def _file(finding: Finding, path: Path) -> str:
    """As seen from this directory, where annotations of a pull request are placed."""
    if finding.file is None or "://" in finding.file:
        return finding.file or path.as_posix()
    file = Path(finding.file)
    return file.relative_to(Path.cwd()).as_posix() if file.is_relative_to(Path.cwd()) else str(file)


def _text(found: Sequence[Finding], path: Path) -> None:
    for finding in found:
        file = _file(finding, path)
        place = f"{file}:{finding.line}" if finding.line else file
        fix = f"; {finding.fix}" if finding.fix else ""
        click.echo(f"{place}: {finding.level}: {finding.message}{fix}")


def _json(found: Sequence[Finding], path: Path) -> None:
    rows = [
        {
            "file": _file(finding, path),
            "line": finding.line or None,
            "level": finding.level,
            "rule": finding.rule,
            "message": finding.message,
            "fix": finding.fix or None,
        }
        for finding in found
    ]
    click.echo(json.dumps(rows, ensure_ascii=False, indent=2))


def _github(found: Sequence[Finding], path: Path) -> None:
    """Workflow commands of GitHub Actions, which show as annotations of the changed lines."""
    for finding in found:
        fix = f"; {finding.fix}" if finding.fix else ""
        text = f"{finding.message}{fix}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        line = f",line={finding.line}" if finding.line else ""
        click.echo(f"::{finding.level} file={_file(finding, path)}{line},title={finding.rule}::{text}")


def _sarif(found: Sequence[Finding], path: Path) -> None:
    """SARIF 2.1.0, as code scanning services read it."""
    results: list[dict[str, Any]] = [
        {
            "ruleId": finding.rule,
            "level": finding.level,
            "message": {"text": f"{finding.message}{'; ' + finding.fix if finding.fix else ''}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _file(finding, path)},
                        "region": {"startLine": max(1, finding.line)},
                    }
                }
            ],
        }
        for finding in found
    ]
    rules = [{"id": rule} for rule in sorted({finding.rule for finding in found})]
    driver = {"name": "aggregator", "version": __version__, "rules": rules}
    click.echo(
        json.dumps(
            {
                "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
                "version": "2.1.0",
                "runs": [{"tool": {"driver": driver}, "results": results}],
            },
            ensure_ascii=False,
            indent=2,
        )
    )


_FORMATS: dict[str, Callable[[Sequence[Finding], Path], None]] = {
    "text": _text,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
