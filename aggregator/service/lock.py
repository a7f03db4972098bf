"""Which service runs on a store: a locked file beside it that says who holds it and how it stands.

The kernel releases the lock when its process ends, however it ends. So a file that is not locked is old.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

from aggregator.errors import AggregatorError, StoreError

NAME = "service.json"
_TRIES, _PAUSE = 5, 0.1  # seconds


class AlreadyRunning(AggregatorError):
    """Another service runs on this store; the text says which."""


class ServiceLock:
    """The lock of one service. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        """`folder`: of the store. Raises AlreadyRunning, StoreError."""
        self.path = folder / NAME
        self._descriptor = self._take()

    def __enter__(self) -> ServiceLock:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)  # the file stays: removing it would race with the next service

    @property
    def is_in_place(self) -> bool:
        """Whether the file is still where it was: not, where the folder was removed under us."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except OSError:
            return False

    def renew(self) -> None:
        """Takes the lock anew in a folder that was removed. Raises AlreadyRunning, StoreError."""
        os.close(self._descriptor)
        self._descriptor = self._take()

    def write(self, state: dict[str, Any]) -> None:
        """Says how the service stands; a disk that is full is no reason to fail."""
        data = json.dumps(state, ensure_ascii=False, indent=1).encode()
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, data, 0)
            os.ftruncate(self._descriptor, len(data))

    def _take(self) -> int:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be written ({error.strerror}); check the folder's owner and permissions"
            ) from error
        for _ in range(_TRIES):
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            time.sleep(_PAUSE)  # `running` holds it for a moment as it looks
        os.close(descriptor)
        other = _read(self.path)
        raise AlreadyRunning(
            f"another service runs on {self.path.parent}: process {other.get('pid', 'unknown')},"
            f" since {other.get('started', 'unknown')}; stop it first, or name another `data:` folder"
        )


def running(folder: Path) -> dict[str, Any] | None:
    """What the service on this store says of itself; None where none runs. Writes nothing."""
    path = folder / NAME
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
