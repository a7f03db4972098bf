"""The atomic write: a reader of the file sees the old bytes or the new ones, never a part of either."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import ExportError


def make_folder(folder: Path) -> None:
    """See that the folder is there; raises ExportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ExportError(f"{folder} is in the way: a folder is wanted there, and it is none") from error
    except OSError as error:
        raise ExportError(f"cannot make the folder {folder}: {error.strerror or error}") from error


def write_changed(path: Path, data: bytes) -> bool:
    """Whether the file had to be written: where it holds these bytes already it is not touched.

    Readable by all as far as the umask lets it. Raises ExportError.
    """
    try:
        with _locked(path.parent):
            temporary = path.with_name(f".{path.name}.tmp")
            temporary.unlink(missing_ok=True)  # left by a crash: who writes holds the lock
            if _holds(path, data):
                return False
            try:
                _write(temporary, data)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            # A rename that a power failure takes back leaves the old file, which the next publishing notices.
            return True
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from error


def begins(path: Path, head: bytes, size: int | None = None) -> bool:
    """Whether the file begins like this, and is of this size where one is given."""
    try:
        with path.open("rb") as file:
            return file.read(len(head)) == head and size in (None, os.fstat(file.fileno()).st_size)
    except OSError:
        return False


def remove_stale(folder: Path, ours: re.Pattern[str], wanted: Container[str]) -> None:
    """Removes files that we wrote once and that are not wanted any more; raises ExportError."""
    try:
        for path in folder.iterdir():
            if ours.fullmatch(path.name) and path.name not in wanted:
                path.unlink()
    except OSError as error:
        raise ExportError(f"cannot tidy {folder}: {error.strerror or error}") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds a lock on the folder that one writer at a time has."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file is there with these bytes; raises ExportError where it is no plain file."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(found.st_mode):
        # Through it we would write who knows where; over it, we would destroy what somebody set up.
        raise ExportError(f"{path} is a symbolic link: remove it, or let its folder be the link")
    if not stat.S_ISREG(found.st_mode):
        raise ExportError(f"{path} is in the way: it is a folder or a device, not a file")
    return found.st_size == len(data) and path.read_bytes() == data


def _write(path: Path, data: bytes) -> None:
    """A new file with these bytes, on disk when this returns."""
    # 0644 is less the umask, which the kernel takes off: who sets 077 wants the files for himself.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
