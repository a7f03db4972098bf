"""What can be wrong around the program, one check a row, each with advice. Does I/O: the store, the disk, the network."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from aggregator.errors import StoreDamaged, StoreError, StoreOutdated
from aggregator.health.finding import Finding
from aggregator.health.permissions import examine_permissions
from aggregator.health.report import LEAST_FREE
from aggregator.health.state import clock_problem
from aggregator.models import FeedLine
from aggregator.settings import Config
from aggregator.store.address import shown
from aggregator.text import counted

_FEW_DESCRIPTORS = 256


class Examined(Protocol):
    """The part of the program that is examined."""

    config: Config

    def clock(self) -> datetime: ...
    def feed_lines(self) -> tuple[FeedLine, ...]: ...
    def store_schema(self) -> tuple[int, int]: ...
    def store_problems(self) -> Sequence[str]: ...
    def repair_store(self) -> Sequence[str]: ...
    def fetch_document(self, url: str) -> bytes: ...


def examine(app: Examined, repair: bool = False, online: bool = False) -> tuple[Finding, ...]:
    """All findings, in the order of the checks. `repair`: repairs what can be repaired."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _store(app, repair),
        lambda: examine_permissions(app.config, repair),
        lambda: _disk(app.config),
        lambda: _clock(app),
        _descriptors,
        _temporary_files,
        _sandbox,
    ]
    if online:
        checks.append(lambda: _network(app))
    return tuple(finding for check in checks for finding in check())


def _store(app: Examined, repair: bool) -> Iterator[Finding]:
    if app.config.store is not None:
        yield from _database(app, app.config.store)
        return
    path = app.config.store_path
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        yield Finding("store", "ok", f"there is none yet at {path}; the first poll makes it")
        return
    if not os.access(path, os.R_OK):
        yield Finding("store", "critical", f"{path} cannot be read by this user",
                      "Run this as its owner, or as one of its group: `sudo -u aggregator aggregator doctor`.")  # fmt: skip
        return
    try:
        found, known = app.store_schema()
    except StoreDamaged:
        found = known = 0
    except StoreError as error:
        yield Finding("store", "critical", str(error))
        return
    if found > known:
        yield Finding("schema", "critical", f"{path} was written by a newer aggregator (schema {found}, known are 1 to {known})",
                      "Upgrade the program, or name another `data:` folder.")  # fmt: skip
        return
    wrong = app.store_problems()
    if wrong and repair:
        try:
            done = app.repair_store()
        except StoreError as error:
            yield Finding("store", "critical", str(error), "`aggregator restore FILE` brings a copy back. Without one, move"
                          " the file away: the next poll begins a new store.")  # fmt: skip
            return
        yield Finding("store", "warning", f"it was damaged ({wrong[0]})", f"Done: {'; '.join(done)}.")
        wrong = app.store_problems()
    if wrong:
        yield Finding(
            "store",
            "critical",
            f"{path} is damaged: {wrong[0]}" + (f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""),
            "Stop the service, then `aggregator doctor --repair`, or `aggregator restore FILE`. A damaged file comes of"
            " a disk that fails or of copying a store in use: use `aggregator backup`.",
        )
        return
    yield from _read(app, f"{path} is whole")


def _database(app: Examined, store: str) -> Iterator[Finding]:
    try:
        lacking = app.store_problems()
    except StoreError as error:
        yield Finding("store", "critical", str(error))
        return
    yield from _read(app, f"{shown(store)} answers")
    for problem in lacking:
        what, _, advice = problem.partition(": ")
        yield Finding("permissions", "warning", what, advice)
    yield Finding(
        "integrity", "ok", "of tables and indexes: for PostgreSQL's own programs (pg_amcheck, pg_dump)"
    )


def _read(app: Examined, words: str) -> Iterator[Finding]:
    """Whether the rows of a store can be read that is there."""
    try:
        count = len(app.feed_lines())
    except StoreOutdated as error:
        yield Finding("schema", "warning", str(error))
    except StoreError as error:
        yield Finding("store", "critical", str(error))
    else:
        yield Finding("store", "ok", f"{words}, {counted(count, 'feed')}")
        yield Finding("schema", "ok", "this program's")


def _disk(config: Config) -> Iterator[Finding]:
    folder = config.data if config.data.exists() else config.data.parent
    try:
        found = os.statvfs(folder)
        free = found.f_bavail * found.f_frsize
    except OSError as error:
        yield Finding("disk", "warning", f"{folder}: {error.strerror}")
        return
    in_file = config.store is None and config.store_path.exists()
    size = config.store_path.stat().st_size if in_file else 0
    advice = "Make room, or keep less: `keep.days` and `keep.entries`."
    if free < max(LEAST_FREE, size):
        yield Finding(
            "disk", "warning", f"{free // 1_000_000} MB free, the store has {size // 1_000_000} MB", advice
        )
    else:
        yield Finding("disk", "ok", f"{free // 1_000_000:,} MB free")
    if found.f_files and found.f_favail < 1_000:
        yield Finding(
            "disk", "warning", f"{found.f_favail} files more can be made", "Remove files: no inodes are left."
        )


def _clock(app: Examined) -> Iterator[Finding]:
    now = app.clock()
    try:
        newest = max((feed.last_attempt for feed in app.feed_lines() if feed.last_attempt), default=None)
    except StoreError:
        newest = None
    advice = "Set the clock, and keep it right by NTP: `timedatectl set-ntp true`."
    if wrong := clock_problem(now):
        yield Finding("clock", "critical", wrong)
    elif newest and newest > now + timedelta(minutes=10):
        yield Finding("clock", "warning", f"it is behind the last poll ({newest:%Y-%m-%d %H:%M} UTC)", advice)
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC, zone {time.tzname[0]}")


def _descriptors() -> Iterator[Finding]:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FEW_DESCRIPTORS:
        yield Finding(
            "descriptors", "warning", f"{soft} at a time", "Raise LimitNOFILE, or `ulimit -n 1024`."
        )
    else:
        yield Finding("descriptors", "ok", f"{soft:,} at a time")


def _temporary_files() -> Iterator[Finding]:
    """Where large documents wait to be read, if not in the data folder, and what a search sorts."""
    try:
        with tempfile.TemporaryFile():
            pass
    except OSError as error:
        yield Finding("temporary files", "warning", f"none can be made: {error.strerror}",
                      "Make room in /tmp, or name another folder in TMPDIR.")  # fmt: skip


def _sandbox() -> Iterator[Finding]:
    from aggregator.workers.sandbox import landlock_version

    version = landlock_version()
    if version:
        yield Finding("sandbox", "ok", f"Landlock {version}: processes that read documents are locked in")
    else:
        yield Finding(
            "sandbox", "warning", "this kernel has no Landlock: processes that read documents can read files",
            "A Linux from 5.13 on has it; else run the program as a user of its own.",
        )  # fmt: skip


def _network(app: Examined) -> Iterator[Finding]:
    from aggregator.health.online import examine_network  # which brings an HTTP client along

    yield from examine_network(app.config, app.clock(), app.fetch_document)
