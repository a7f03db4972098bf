"""The atomic write: a reader of the file sees the old bytes or the new ones, never a part of either."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import ExportError

# Files that are written together, and bytes: enough that the disk is rarely waited for, few enough for the memory.
_TOGETHER, _LARGE = 40, 2_000_000
_NAMED = 4  # failures in a message
_MOST_LOTS = 4  # of these that wait for the disk, while others are rendered


def in_words(failures: Iterable[object]) -> str:
    """The first few, and how many more there are: on a full disk thousands of files fail, each in the same words."""
    said = list(dict.fromkeys(map(str, failures)))
    more = [f"and {len(said) - _NAMED} more"] if len(said) > _NAMED else []
    return "; ".join(said[:_NAMED] + more)


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
    changed, failures = write_together([(path, data)])
    for error in failures.values():
        raise error
    return bool(changed)


def write_together(
    files: Iterable[tuple[Path, bytes]], dates: Mapping[Path, int] | None = None
) -> tuple[list[Path], dict[Path, ExportError]]:
    """Those that had to be written, and what failed. All are in the same folder; the disk is waited for once.

    `dates`: when files are said to have changed, in seconds since 1970, where that is not now.
    One that cannot be written, such as a folder in its place, does not hold up the others.
    """
    changed: list[Path] = []
    failures: dict[Path, ExportError] = {}
    files = tuple(files)
    waiting: dict[Path, Path] = {}  # temporary files by what they become
    try:
        with _locked(files[0][0].parent):
            try:
                for path, data in files:
                    with _failing(path, failures):
                        temporary = path.with_name(f".{path.name}.tmp")
                        temporary.unlink(missing_ok=True)  # left by a crash: who writes holds the lock
                        there = _look_at(path)
                        if not _holds(path, there, data):
                            waiting[path] = temporary
                            _write(temporary, data)
                            _date_after(there, temporary)
                        if dates and path in dates:
                            os.utime(waiting.get(path, path), (dates[path], dates[path]))
                # The first of these waits for the disk; by then the data of most others is there as well.
                for path in [path for path in waiting if path not in failures]:
                    with _failing(path, failures):
                        _sync(waiting[path])
                        waiting[path].replace(path)
                        # A rename that a power failure takes back leaves the old file, which the next publishing notices.
                        del waiting[path]
                        changed.append(path)
            finally:
                for temporary in waiting.values():
                    temporary.unlink(missing_ok=True)
    except OSError as error:
        for path, _ in files:
            failures.setdefault(path, _cannot_write(path, error))
    return changed, failures


class Writer:
    """Writes files of a folder in the background, several together, in their order. Use it as a context manager.

    So who renders the next ones does not wait for the disk. Complete after the block: `changed` has the names of
    those that had to be written, `failures` what failed.
    """

    def __init__(self, folder: Path) -> None:
        self.changed: list[str] = []
        self.failures: dict[str, ExportError] = {}
        self._folder = folder
        self._waiting: list[tuple[Path, bytes]] = []
        self._dates: dict[Path, int] = {}  # of these, where they are given
        self._size = 0
        self._under_way: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._flush()
            self._wait(for_all_but=0)
        finally:
            self._thread.shutdown()

    def add(self, name: str, data: bytes, modified: int | None = None) -> None:
        """Has the file written; `name`: as in the folder, with "/" for those in it; `modified`: since 1970."""
        path = self._folder / name
        if self._waiting and path.parent != self._waiting[0][0].parent:
            self._flush()
        self._waiting.append((path, data))
        if modified is not None:
            self._dates[path] = modified
        self._size += len(data)
        if len(self._waiting) >= _TOGETHER or self._size >= _LARGE:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._wait(for_all_but=_MOST_LOTS - 1)
            self._under_way.append(self._thread.submit(self._write, self._waiting, self._dates))
            self._waiting, self._dates, self._size = [], {}, 0

    def _wait(self, for_all_but: int) -> None:
        while len(self._under_way) > for_all_but:
            self._under_way.popleft().result()

    def _write(self, files: list[tuple[Path, bytes]], dates: dict[Path, int]) -> None:
        changed, failures = write_together(files, dates)
        self.changed += (self._name(path) for path in changed)
        self.failures |= {self._name(path): error for path, error in failures.items()}

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def names_in(folder: Path) -> list[str]:
    """What lies there; paths of the standard library take longer to make than to compare."""
    with os.scandir(folder) as found:
        return [entry.name for entry in found]


def remove_stale(folder: Path, ours: re.Pattern[str], wanted: Container[str]) -> None:
    """Removes files that we wrote once and that are not wanted any more; raises ExportError.

    A folder of such a name is none of ours.
    """
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if (
                    entry.name not in wanted
                    and ours.fullmatch(entry.name)
                    and not entry.is_dir(follow_symlinks=False)
                ):
                    (folder / entry.name).unlink()
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


def _look_at(path: Path) -> os.stat_result | None:
    """How the file looks, None where there is none; raises ExportError where it is no plain file."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found.st_mode):
        # Through it we would write who knows where; over it, we would destroy what somebody set up.
        raise ExportError(f"{path} is a symbolic link: remove it, or let its folder be the link")
    if not stat.S_ISREG(found.st_mode):
        raise ExportError(f"{path} is in the way: it is a folder or a device, not a file")
    return found


def _holds(path: Path, there: os.stat_result | None, data: bytes) -> bool:
    return there is not None and there.st_size == len(data) and path.read_bytes() == data


def _date_after(there: os.stat_result | None, new: Path) -> None:
    """Dates the new file a second later than the one that it replaces, at least.

    Who asks for what was modified since that one would else be told that nothing was: HTTP knows whole seconds, and
    a clock may be set back (RFC 9110, 8.8.2.2).
    """
    if there is not None and int(new.stat().st_mtime) <= int(there.st_mtime):
        after = int(there.st_mtime) + 1
        os.utime(new, (after, after))


@contextmanager
def _failing(path: Path, failures: dict[Path, ExportError]) -> Iterator[None]:
    try:
        yield
    except ExportError as error:
        failures[path] = error
    except OSError as error:
        failures[path] = _cannot_write(path, error)


def _cannot_write(path: Path, error: OSError) -> ExportError:
    failure = ExportError(f"cannot write {path}: {error.strerror or error}")
    failure.__cause__ = error
    return failure


def _write(path: Path, data: bytes) -> None:
    """A new file with these bytes."""
    # 0644 is less the umask, which the kernel takes off: who sets 077 wants the files for himself.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _sync(path: Path) -> None:
    """Returns when the file is on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
