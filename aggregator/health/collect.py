"""Looks up what a report is made of: the store, the disk, the outputs. The only file here that does I/O."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from aggregator.errors import StoreError
from aggregator.health.feeds import health_of_feeds
from aggregator.health.report import Facts, StoreFacts
from aggregator.health.state import Problem
from aggregator.models import Feed, WorkersSeen
from aggregator.schedule import NEVER
from aggregator.settings import Config
from aggregator.store.address import shown
from aggregator.times import parse_utc


class Observed(Protocol):
    """The part of the program that is looked at."""

    config: Config

    def feeds(self) -> tuple[Feed, ...]: ...
    def feed_names(self, feeds: Iterable[Feed]) -> dict[int, str]: ...
    def counts(self) -> Mapping[str, int]: ...
    def workers_seen(self) -> WorkersSeen: ...
    def clock(self) -> datetime: ...


def collect(app: Observed, service: Mapping[str, Any] | None, problems: tuple[Problem, ...]) -> Facts:
    """The facts; a store that cannot be read is one of them."""
    now, config = app.clock(), app.config
    try:
        feeds, counts, problem = app.feeds(), app.counts(), ""
        seen = app.workers_seen()
    except StoreError as error:
        feeds, counts, problem = (), {}, str(error)
        seen = WorkersSeen()
    free, size = _disk(config.data)
    path = config.store_path
    store = StoreFacts(
        path=str(path) if config.store is None else shown(config.store),
        size=sum(_size(path.with_name(path.name + suffix)) for suffix in ("", "-wal", "-shm"))
        if config.store is None
        else counts.get("bytes", 0),
        entries=counts.get("entries", 0),
        stories=counts.get("stories", 0),
        waiting_for_search=counts.get("waiting_for_search", 0),
        disk_free=free,
        disk_size=size,
        problem=problem,
    )
    return Facts(
        store=store,
        feeds=health_of_feeds(
            feeds, app.feed_names(feeds), now, {sub.url for sub in config.feeds if sub.private == "true"}
        ),
        due_since=tuple(
            feed.next_poll for feed in feeds if feed.next_poll and feed.next_poll <= min(now, NEVER)
        ),
        last_poll=max((feed.last_attempt for feed in feeds if feed.last_attempt), default=None),
        last_publish=_last_publish(config.public_path, service, seen),
        service=service,
        seen=seen,
        problems=problems or tuple(_problems_of(service)),
    )


def _problems_of(service: Mapping[str, Any] | None) -> Iterable[Problem]:
    """What another process has written of its problems."""
    for each in (service or {}).get("problems", []):
        yield Problem(each["what"], parse_utc(each["since"]), each["message"])


def _last_publish(folder: Path, service: Mapping[str, Any] | None, seen: WorkersSeen) -> datetime | None:
    """When publishing last went well: as the service says, else when what is published last changed."""
    said = (service or {}).get("last_publish")
    if said:
        return parse_utc(said)
    if seen.published:  # for all machines: what stands on this one may be old
        return seen.published
    try:
        return datetime.fromtimestamp(int((folder / "feed.atom").stat().st_mtime), UTC)
    except OSError:
        return None


def _disk(folder: Path) -> tuple[int, int]:
    """Bytes that are free for us, and that there are, where the folder lies or will lie."""
    for place in (folder, *folder.parents):
        try:
            found = shutil.disk_usage(place)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        except OSError:
            break
        return found.free, found.total
    return 0, 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
