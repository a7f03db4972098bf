"""What can be wrong around the program, one check a row, each with advice. Does I/O: the store, the disk, the network."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from aggregator.errors import StoreError
from aggregator.health.report import LEAST_FREE
from aggregator.health.state import clock_problem
from aggregator.models import Feed
from aggregator.records import dataclass
from aggregator.settings import Config
from aggregator.store.address import shown

_FEW_DESCRIPTORS = 256


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice`: what to do, where something is to be done."""

    what: str
    level: Literal["ok", "warning", "critical"]
    message: str
    advice: str = ""


class Examined(Protocol):
    """The part of the program that is examined."""

    config: Config

    def clock(self) -> datetime: ...
    def feeds(self) -> tuple[Feed, ...]: ...
    def store_problems(self) -> Sequence[str]: ...
    def repair_store(self) -> Sequence[str]: ...


def examine(app: Examined, repair: bool = False, online: bool = False) -> tuple[Finding, ...]:
    """All findings, in the order of the checks. `repair`: repairs what can be repaired."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _store(app, repair),
        lambda: _permissions(app.config, repair),
        lambda: _disk(app.config),
        lambda: _clock(app),
        _descriptors,
        _sandbox,
    ]
    if online:
        checks.append(lambda: _network(app.config))
    return tuple(finding for check in checks for finding in check())


def _database(app: Examined, store: str) -> Iterator[Finding]:
    try:
        count = len(app.feeds())
    except StoreError as error:
        yield Finding("store", "critical", str(error), "`store` in feeds.yaml says where it is.")
        return
    yield Finding("store", "ok", f"{shown(store)} answers, {count} feeds")


def _store(app: Examined, repair: bool) -> Iterator[Finding]:
    if app.config.store is not None:
        yield from _database(app, app.config.store)
        return
    path = app.config.store_path
    if not path.exists():
        yield Finding("store", "ok", f"there is none yet at {path}; the first poll makes it")
        return
    wrong = app.store_problems()
    if wrong and repair:
        done = app.repair_store()
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
    try:
        count = len(app.feeds())
    except StoreError as error:
        yield Finding("store", "critical", str(error), "`aggregator poll` brings an older store up to date.")
        return
    yield Finding("store", "ok", f"{path} is whole, {count} feeds")


def _permissions(config: Config, repair: bool) -> Iterator[Finding]:
    for path in (
        config.store_path,
        config.store_path.with_name(f"{config.store_path.name}-wal"),
        config.file,
    ):
        try:
            found = path.stat()
        except OSError:
            continue
        private = path != config.file or bool(config.web.auth or any(sub.auth for sub in config.feeds))
        if private and found.st_mode & stat.S_IROTH:
            if repair:
                path.chmod(stat.S_IMODE(found.st_mode) & ~0o007)
            yield Finding(
                "permissions",
                "warning",
                f"everybody on this machine can read {path}",
                "Done: closed to others." if repair else f"chmod o-rwx {path}",
            )
        if (
            path == config.store_path
            and os.geteuid() not in (0, found.st_uid)
            and not os.access(path, os.W_OK)
        ):
            yield Finding(
                "permissions",
                "warning",
                f"{path} belongs to another user",
                "Run commands that write as that user.",
            )
    folder = config.data if config.data.exists() else config.data.parent
    if os.access(folder, os.W_OK):
        yield Finding("permissions", "ok", f"{folder} can be written")
    else:
        yield Finding(
            "permissions",
            "warning",
            f"{folder} cannot be written",
            "Reading commands work; polling does not.",
        )


def _disk(config: Config) -> Iterator[Finding]:
    folder = config.data if config.data.exists() else config.data.parent
    try:
        found = os.statvfs(folder)
        free = found.f_bavail * found.f_frsize
    except OSError as error:
        yield Finding("disk", "warning", f"{folder}: {error.strerror}")
        return
    size = config.store_path.stat().st_size if config.store_path.exists() else 0
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
        newest = max((feed.last_attempt for feed in app.feeds() if feed.last_attempt), default=None)
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
    with tempfile.TemporaryFile():  # large documents wait in such a file
        pass


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


def _network(config: Config) -> Iterator[Finding]:
    """Asks the first https feed's host: its name, a connection, its certificate."""
    proxies = urllib.request.getproxies()
    if proxies and not config.polling.proxy:
        yield Finding(
            "proxy", "warning", f"the environment names a proxy ({', '.join(sorted(proxies))}), which is not used",
            "Set `polling.proxy` in feeds.yaml if feeds are to be asked through it.",
        )  # fmt: skip
    if config.polling.proxy:
        yield Finding("proxy", "ok", "polling.proxy is set: names are looked up there")
        return
    for host in dict.fromkeys(urlsplit(sub.url).hostname or "" for sub in config.feeds[:3]):
        try:
            began = time.monotonic()
            socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
            yield Finding("dns", "ok", f"{host} was found in {time.monotonic() - began:.2f} s")
        except OSError as error:
            yield Finding(
                "dns", "warning", f"{host} is not found: {error.strerror}", "Look at /etc/resolv.conf."
            )
    yield from _certificates()


def _certificates() -> Iterator[Finding]:
    import ssl

    paths = ssl.get_default_verify_paths()
    file = os.environ.get("SSL_CERT_FILE")
    if file and not Path(file).is_file():
        yield Finding(
            "tls", "critical", f"SSL_CERT_FILE names {file}, which is not there", "Mend or unset it."
        )
    else:
        yield Finding("tls", "ok", f"certificates: {file or paths.cafile or 'those that come with httpx'}")
