"""`include:` of feeds.yaml: subscriptions that stand in other files, or at URLs whose last good copy is kept."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from aggregator.config import feed_key, is_ours, redact
from aggregator.config.included import parse_included
from aggregator.errors import AggregatorError, ConfigError, ConfigIssue
from aggregator.files import read_bounded
from aggregator.links import without_credentials, without_secrets
from aggregator.models import Fetched, FetchError, FetchRequest, FetchResult, NotModified
from aggregator.pipeline.findings import Finding
from aggregator.pipeline.list_copies import (
    ListCopy,
    confirmed,
    copy_path,
    failed,
    read_copy,
    remove_others,
    replaced,
    write_copy,
)
from aggregator.settings import Config, Include, Subscription
from aggregator.subscriptions import MOST_BYTES, Rejected, read_list
from aggregator.subscriptions.formats import decoded

Fetch = Callable[[FetchRequest, Callable[[str], AbstractAsyncContextManager[None]]], Awaitable[FetchResult]]

_YAML_NAME = re.compile(r"\.ya?ml(?:[?#]|$)", re.I)
_YAML_TEXT = re.compile(r"^feeds\s*:", re.M)


@dataclass(frozen=True, slots=True)
class ReadList:
    """What one included list holds."""

    feeds: tuple[Subscription, ...]
    rejected: tuple[tuple[int, Rejected], ...] = ()  # with their lines


def with_included(config: Config) -> Config:
    """The configuration whose feeds are its own and, behind them, those of its lists; each feed once.

    A list at a URL is the copy that was kept, and none before it was first fetched. Raises ConfigError for a file
    that cannot be used, with the lines of that file; LocalError where a copy cannot be read.
    """
    return replace(config, feeds=tuple(sub for sub, _ in _joined(config)))


def include_findings(config: Config) -> Iterator[Finding]:
    """What `check` says of the lists; `config`: as feeds.yaml has it, or joined."""
    for include in config.include:
        name = name_of(include)
        if include.is_remote:
            yield from _copy_findings(include, read_copy(config.data, include.from_))
        for line, each in _read(config, include).rejected:
            yield Finding("warning", "include", line, f"{each.text or '(no URL)'}: {each.reason}", "", name)
    own = replace(config, feeds=tuple(sub for sub in config.feeds if sub.file is None))
    for sub, problem in _joined(own, dropped=True):
        yield Finding("warning", "include", sub.line, problem, "", sub.file)


def watched_files(config: Config) -> tuple[Path, ...]:
    """The files by whose change the configuration changes."""
    return (
        config.file,
        *(
            copy_path(config.data, include.from_) if include.is_remote else Path(include.from_)
            for include in config.include
        ),
    )


async def refresh(
    config: Config,
    fetch: Fetch,
    turn: Callable[[str], AbstractAsyncContextManager[None]],
    now: datetime,
) -> tuple[tuple[str, ...], bool]:
    """Asks again for the lists that are due, one after the other; problems, and whether a list has changed.

    A list that cannot be read or that holds no feed is a problem, and its last good copy stays.
    """
    problems, changed = [], False
    remote = [include for include in config.include if include.is_remote]
    remove_others(config.data, [include.from_ for include in remote])
    for include in remote:
        copy = read_copy(config.data, include.from_)
        if not copy.is_due(now):
            continue
        answer = await fetch(FetchRequest(include.from_, copy.validators), turn)
        after = _after(config, include, copy, answer, now)
        write_copy(config.data, after)
        changed |= after.body != copy.body
        if after.problem:
            kept = "its last copy stays in use" if after.body else "it has no feeds yet"
            problems.append(f"included list {name_of(include)}: {after.problem}; {kept}")
    return tuple(problems), changed


def name_of(include: Include) -> str:
    """How messages call the list."""
    return without_secrets(include.from_) if include.is_remote else include.from_


# ---------------------------------------------------------------- reading


def _joined(config: Config, dropped: bool = False) -> Iterator[tuple[Subscription, str]]:
    """The feeds in order, or those that are dropped, with the reason."""
    lines = {feed_key(sub.url): (sub.file or config.file.name, sub.line) for sub in config.feeds}
    if not dropped:
        yield from ((sub, "") for sub in config.feeds)
    for include in config.include:
        for sub in _read(config, include).feeds:
            key, url = feed_key(sub.url), redact(sub.url)
            if is_ours(sub.url, config.base_url):
                problem = f"`{url}` is one of our own outputs, and is left out"
            elif key in lines:
                file, line = lines[key]
                problem = f"`{url}` is followed already, by {file}" + (f" on line {line}" if line else "")
            else:
                problem = ""
                lines[key] = (name_of(include), sub.line)
            if bool(problem) == dropped:
                yield sub, problem


def _read(config: Config, include: Include) -> ReadList:
    """The list; an empty one where there is no copy yet. Raises ConfigError, and LocalError."""
    if include.is_remote:
        content = read_copy(config.data, include.from_).content
        if content is None:
            return ReadList(())
    else:
        content = _content_of(Path(include.from_))
    return _parse(config, include, content)


def _content_of(path: Path) -> bytes:
    try:
        return read_bounded(path, MOST_BYTES)
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise ConfigError((ConfigIssue(str(path), 0, "", problem),)) from None


def _parse(config: Config, include: Include, content: bytes) -> ReadList:
    name = name_of(include)
    text = decoded(content)
    if _YAML_NAME.search(include.from_) or (_YAML_TEXT.search(text) and "<" not in text[:1]):
        found = parse_included(text, name, config.dedupe, include.is_remote)
        return ReadList(tuple(_placed(sub, include, name) for sub in found))
    try:
        listed = read_list(content)
    except AggregatorError as error:
        raise ConfigError((ConfigIssue(name, 0, "", str(error)),)) from None
    lines = text.splitlines()
    feeds = (
        Subscription(
            feed.url,
            feed.name,
            feed.tags,
            site=feed.site,
            avatar=feed.avatar,
            extra=feed.extra,
            line=_line(lines, feed.url),
        )
        for feed in listed.feeds
    )
    return ReadList(
        tuple(_placed(sub, include, name) for sub in feeds),
        tuple((_line(lines, each.text), each) for each in listed.rejected),
    )


def _placed(sub: Subscription, include: Include, name: str) -> Subscription:
    return replace(sub, tags=tuple(dict.fromkeys((*sub.tags, *include.tags))), file=name)


def _line(lines: list[str], text: str) -> int:
    """The line on which this stands; 0 where it is written otherwise, as with &amp;."""
    return next((number for number, line in enumerate(lines, 1) if text and text in line), 0)


# ---------------------------------------------------------------- refreshing


def _after(config: Config, include: Include, copy: ListCopy, answer: FetchResult, now: datetime) -> ListCopy:
    if isinstance(answer, FetchError):
        return failed(copy, answer.message, now, answer)
    if isinstance(answer, NotModified):
        return confirmed(copy, answer, include.every, now)
    if not isinstance(answer, Fetched) or answer.delta:
        return failed(copy, "the server sent no document", now)
    try:
        if not _parse(config, include, bytes(answer.body)).feeds:
            return failed(copy, "the list has no feeds", now)
    except ConfigError as error:
        issue = error.issues[0]
        place = f"line {issue.line}: " if issue.line else ""
        return failed(copy, place + ": ".join(filter(None, (issue.key, issue.problem))), now)
    return replaced(copy, answer, include.every, now)


def _copy_findings(include: Include, copy: ListCopy) -> Iterator[Finding]:
    name = name_of(include)
    if copy.problem:
        kept = f"the copy of {copy.fetched} is used" if copy.body else "it has no feeds yet"
        yield Finding("warning", "include", include.line, f"{name}: {copy.problem}; {kept}")
    elif copy.body is None:
        message = f"{name} was not fetched yet"
        yield Finding("warning", "include", include.line, message, "`aggregator poll` does it")
    if copy.moved_to:
        new = without_credentials(copy.moved_to)
        yield Finding(
            "warning", "include-moved", include.line, f"{name} has moved permanently", f"write {new}"
        )
