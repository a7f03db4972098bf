"""Which services run in a data folder: locked files that say who holds them and how they stand.

A service that does everything holds service.json alone. Workers of one role share it, and each holds a file of its own,
service-poller.json, service-poller-2.json and so on. The kernel releases the lock when its process ends, however it ends. So a file that is not locked is old.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from aggregator.errors import AggregatorError, StoreError
from aggregator.models import Role
from aggregator.store.folder import make_folder

NAME = "service.json"
_MOST = 99  # workers of a role in one folder
_TRIES, _PAUSE = 5, 0.1  # seconds


class AlreadyRunning(AggregatorError):
    """Another service runs on this store; the text says which."""


class ServiceLock:
    """The lock of one service. Use as a context manager."""

    def __init__(self, folder: Path, role: Role = "all") -> None:
        """`folder`: for data. Raises AlreadyRunning, StoreError."""
        self.path = folder / NAME
        self._role = role
        # Descriptors, -1 where none is open: another file may have the number of one that was closed.
        self._shared = -1  # of service.json, where its lock is shared
        self._descriptor = -1  # of the file that says how the service stands
        self._take()

    def __enter__(self) -> ServiceLock:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()  # the files stay: removing one would race with the next service

    @property
    def is_in_place(self) -> bool:
        """Whether the file is still where it was: not, where the folder was removed under us."""
        try:
            held = self._descriptor if self._shared < 0 else self._shared
            return os.path.samestat(os.fstat(held), self.path.stat())
        except OSError:
            return False

    def renew(self) -> None:
        """Takes the lock anew in a folder that was removed. Raises AlreadyRunning, StoreError."""
        self._close()
        self._take()

    def write(self, state: dict[str, Any]) -> None:
        """Says how the service stands; a disk that is full is no reason to fail."""
        data = json.dumps(state, ensure_ascii=False, indent=1).encode()
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, data, 0)
            os.ftruncate(self._descriptor, len(data))

    def _close(self) -> None:
        held = self._descriptor, self._shared
        self._descriptor = self._shared = -1
        for descriptor in held:
            if descriptor >= 0:
                os.close(descriptor)

    def _take(self) -> None:
        """Holds all that is wanted, or nothing."""
        try:
            if self._role == "all":
                self._descriptor = self._hold(self.path, fcntl.LOCK_EX)
            else:
                self._shared = self._hold(self.path, fcntl.LOCK_SH)
                self._descriptor = self._hold_first(_of_role(self.path.parent, self._role))
        except AggregatorError:
            self._close()
            raise

    def _hold(self, path: Path, kind: int) -> int:
        found = _lock(path, kind)
        if found is None:
            raise self._already_running()
        return found

    def _hold_first(self, paths: Iterable[Path]) -> int:
        """The first of these files that nobody holds."""
        for path in paths:
            found = _lock(path, fcntl.LOCK_EX)
            if found is not None:
                return found
        raise self._already_running()

    def _already_running(self) -> AlreadyRunning:
        other = running(self.path.parent) or _read(self.path)
        role = other.get("role", "all")
        words = "another service runs" if role == "all" else f"a {role} runs"
        return AlreadyRunning(
            f"{words} on {self.path.parent}: process {other.get('pid', 'unknown')}, since"
            f" {other.get('started', 'unknown')}; stop it first, or name another `data:` folder"
        )


def _of_role(folder: Path, role: str) -> Iterator[Path]:
    yield folder / f"service-{role}.json"
    for number in range(2, _MOST + 1):
        yield folder / f"service-{role}-{number}.json"


def _lock(path: Path, kind: int) -> int | None:
    """A descriptor of the file with this lock; None where somebody else holds it. Raises StoreError."""
    try:
        make_folder(path.parent, 0o750)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}); check the folder's owner and permissions"
        ) from error
    for _ in range(_TRIES):
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return descriptor
        time.sleep(_PAUSE)  # `running` holds it for a moment as it looks
    os.close(descriptor)
    return None


def is_publisher(folder: Path, worker: str) -> bool:
    """Whether the worker of this name is a publisher that runs in this folder."""
    for path in _of_role(folder, "publisher"):
        if not path.exists():
            return False
        found = _holder(path)
        if found is not None and found.get("worker") == worker:
            return True
    return False


def running(folder: Path) -> dict[str, Any] | None:
    """What the service in this folder says of itself, of several workers the first; None where none runs.

    Writes nothing.
    """
    found = _holder(folder / NAME)
    if found is not None:
        return found
    for role in ("publisher", "poller", "web"):
        for path in _of_role(folder, role):
            if not path.exists():
                break
            found = _holder(path)
            if found is not None:
                return found
    return None


def _holder(path: Path) -> dict[str, Any] | None:
    """What stands in the file, if a process holds it alone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(path)
    finally:
        os.close(descriptor)
    return None


def _read(path: Path) -> dict[str, Any]:
    """Written in place, so that a reader may meet it half written: then once more."""
    for _ in range(3):
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return found
    return {}
