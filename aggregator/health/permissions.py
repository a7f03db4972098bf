"""Who can read the store, feeds.yaml and the files of secrets that it names; each with advice. Does I/O: the disk."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from aggregator.health.finding import Finding
from aggregator.links import absolute, secrets_in, without_credentials
from aggregator.settings import Config, Subscription
from aggregator.store.folder import folder_problem

_FILE = "file:"
_IN_ADDRESS = re.compile(r"^\w+://([^@]*)@")  # name and password
_SECRET_HEADER = re.compile(r"auth|cookie|key|token|secret|password", re.I)
# What systemd and container engines hand in is theirs to protect: Docker, Podman and Kubernetes make it readable to
# all (0444, 0644) inside a container where nobody else is, or systemd to one group (0440) in a folder that it closes.
_HANDED_IN = ("/run/secrets", "/var/run/secrets", "/run/credentials")


def examine_permissions(config: Config, repair: bool) -> Iterator[Finding]:
    """All findings. `repair`: closes to others what they should not read."""
    if problem := folder_problem(config.data):
        yield Finding("permissions", "critical", problem)
        return
    path = config.store_path
    stores = () if config.store is not None else (path, path.with_name(f"{path.name}-wal"))
    for path in stores:
        yield from _others(path, "", repair)
    for path in _secret_files(config):
        yield from _others(path, ", which holds a secret", repair)
    if config.store is None:
        yield from _owner(config.store_path)
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


def _others(path: Path, holds: str, repair: bool) -> Iterator[Finding]:
    """Whether others than owner and group can read or replace what stands there; a group is chosen by the operator."""
    try:
        found = path.stat()
        wrong = found.st_mode & (stat.S_IROTH | stat.S_IWOTH)
        if not wrong or not stat.S_ISREG(found.st_mode) or _is_out_of_reach(path):
            return
    except (OSError, ValueError):  # which is told where it is needed, by `check` and by whoever reads it
        return
    can = "read" if wrong & stat.S_IROTH else "write to"
    advice = f"chmod 600 {path}, or 640 where the service reads it as one of its group."
    if repair:
        try:
            path.chmod(stat.S_IMODE(found.st_mode) & ~0o007)
            advice = "Done: closed to others."
        except OSError as error:
            advice = f"Not done ({error.strerror}). As its owner: {advice}"
    yield Finding("permissions", "warning", f"everybody on this machine can {can} {path}{holds}", advice)


def _is_out_of_reach(path: Path) -> bool:
    """Whether no other user of this machine comes to the file, or nobody can change it here."""
    real = path.resolve()
    handed_in = [*_HANDED_IN, os.environ.get("CREDENTIALS_DIRECTORY")]
    if any(real.is_relative_to(folder) or path.is_relative_to(folder) for folder in handed_in if folder):
        return True
    if os.statvfs(real).f_flag & os.ST_RDONLY:  # as volumes of Kubernetes are
        return True
    return not all(parent.stat().st_mode & stat.S_IXOTH for parent in real.parents)


def _owner(path: Path) -> Iterator[Finding]:
    try:
        owner = path.stat().st_uid
    except OSError:
        return
    if os.geteuid() not in (0, owner) and not os.access(path, os.W_OK):
        yield Finding(
            "permissions",
            "warning",
            f"{path} belongs to another user",
            "Run commands that write as that user.",
        )


def _secret_files(config: Config) -> list[Path]:
    """Those that hold a secret: feeds.yaml and lists in which one is written out, and what they name by file:PATH."""
    folder, found = config.file.parent, set()
    for file, written in _secrets(config):
        if written.startswith(_FILE):
            try:
                found.add(folder / Path(written.removeprefix(_FILE).strip()).expanduser())
            except RuntimeError:  # the home of a user that does not exist
                continue
        elif written and "${" not in written:
            found.add(file)
    return sorted(found)


def _secrets(config: Config) -> Iterator[tuple[Path, str]]:
    """Every secret as it is written, and the file in which it is; `${NAME}` and file:PATH are not looked up."""
    own = config.file
    yield from ((own, part) for part in _of_auth(config.web.auth))
    yield own, config.mail.password or ""
    yield own, _only_named(config.mail.user)
    for address in (config.store, config.polling.proxy):
        yield own, _only_named(address)
        if user := _IN_ADDRESS.match(address or ""):
            yield own, user[1].partition(":")[2]
    for sub in config.feeds:
        file = config.file.parent / sub.file if sub.file else own
        yield from ((file, part) for part in _of_feed(sub))


def _of_feed(sub: Subscription) -> Iterator[str]:
    yield from _of_auth(sub.auth)
    for name, value in sub.headers:
        yield value if _SECRET_HEADER.search(name) else _only_named(value)
    if sub.private == "true" or secrets_in(sub.url) or without_credentials(sub.url) != absolute(sub.url):
        yield sub.url


def _of_auth(written: str | None) -> Iterator[str]:
    """Of `basic NAME:PASSWORD`, `basic file:PATH` or `bearer TOKEN`."""
    scheme, _, rest = (written or "").partition(" ")
    rest = rest.strip()
    if scheme.lower() == "basic" and not rest.startswith(_FILE):
        rest = rest.partition(":")[2]
    yield rest


def _only_named(written: str | None) -> str:
    """What is a secret only where it is in a file, as a user's name."""
    return written if written and written.startswith(_FILE) else ""
