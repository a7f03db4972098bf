"""What was published, for web servers on other machines: kept in the store by who publishes, written to files by the others.

So all of them serve the same bytes, with the same ETags and dates.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NoReturn

from aggregator.errors import ExportError
from aggregator.export.files import Writer, make_folder
from aggregator.export.places import FEED
from aggregator.models import Lease, PublishedFile
from aggregator.store.interfaces import WorkerStore

_PORTION = 100  # files that are kept in one transaction

Stamp = tuple[int, int]


class OutputKeeper:
    """Keeps the files of a public folder in a store, those that have changed since the last time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lease: Lease | None = None  # under which these were kept, up to this version of the store's:
        self._version = 0
        self._kept: dict[str, bytes | None] = {}  # digests by name; None: it is gone
        self._dates: dict[str, int] = {}  # of the same
        self._stamps: dict[str, Stamp] = {}

    def keep(self, store: WorkerStore, lease: Lease, is_whole: bool = True) -> bool:
        """False where another worker publishes by now: then nothing of these files is kept.

        `is_whole`: whether a file that is not there is gone. Raises ExportError where the folder cannot be read.
        """
        # Another version than ours: the store has lost what came last, as a standby has that took over.
        if lease != self._lease or store.outputs_version() != self._version:
            self._kept, self._dates = {}, {}
            self._note(store.published_files(0))
            self._stamps = {}
            self._lease = lease
        stamps: dict[str, Stamp] = {}
        changes = self._changes(stamps, is_whole)
        while portion := list(islice(changes, _PORTION)):
            if not store.save_outputs(portion, lease):
                self._lease = None
                return False
            self._note(portion)
        self._stamps = stamps  # not before all is kept
        self._version = store.outputs_version()
        return True

    def _note(self, files: Iterable[PublishedFile]) -> None:
        for each in files:
            self._kept[each.name], self._dates[each.name] = _digest(each.body), each.modified

    def _changes(self, stamps: dict[str, Stamp], is_whole: bool) -> Iterator[PublishedFile]:
        """The merged feed is the last of the files: with it, all is there. `stamps`: takes down how the files look."""
        found: set[str] = set()
        unknown: list[str] = []  # no files: what was kept of these names, or of what lay in them, stays
        for name, path in sorted(_files(self._folder), key=lambda each: (each[0] == FEED, each)):
            with _reading(path):
                stamp = _look_at(path)
                if stamp is None:
                    unknown.append(name)
                    continue
                found.add(name)
                stamps[name] = stamp.st_mtime_ns, stamp.st_size
                if self._stamps.get(name) == stamps[name]:
                    continue
                body = path.read_bytes()
                if self._kept.get(name) == _digest(body):
                    continue
                # Later than what other machines have served, which a publisher with another clock may have dated.
                date = max(int(stamp.st_mtime), self._dates.get(name, 0) + 1)
                if date > stamp.st_mtime:
                    os.utime(path, (date, date))
            yield PublishedFile(name, body, date)
        if not is_whole:
            return
        for name in [name for name, digest in self._kept.items() if digest is not None and name not in found]:
            if not any(f"{name}/".startswith(f"{each}/") for each in unknown):
                yield PublishedFile(name, None, 0)


class OutputMirror:
    """Writes what another worker has published to a public folder here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._version = 0  # up to which it is written
        self._had_feed = False

    def update(self, store: WorkerStore) -> int:
        """Writes what is new; how many files. Raises ExportError where one cannot be written: then all is tried again.

        Where there is no merged feed yet it comes last: with it, all is there.
        """
        is_first = not (self._folder / FEED).exists()
        if not self._folder.exists() or (is_first and self._had_feed):  # it was removed or emptied
            self._version = 0
        count, version = 0, self._version
        last: PublishedFile | None = None
        failures: list[ExportError] = []
        with Writer(self._folder) as writer:
            for each in store.published_files(self._version):
                version = each.version
                count += 1
                if is_first and each.name == FEED:
                    last = each
                    continue
                try:
                    self._write(each, writer)
                except ExportError as error:
                    failures.append(error)
            if last is not None:
                self._write(last, writer)
        for failure in (*failures, *writer.failures.values()):
            raise failure
        self._version, self._had_feed = version, (self._folder / FEED).exists()
        return count

    def _write(self, each: PublishedFile, writer: Writer) -> None:
        place = PurePosixPath(each.name)
        if place.is_absolute() or ".." in place.parts:
            raise ExportError(f"the store has an output that does not belong to a public folder: {each.name}")
        path = self._folder / place
        if each.body is not None:
            make_folder(path.parent)
            writer.add(each.name, each.body, each.modified)
            return
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ExportError(f"cannot write {path}: {error.strerror or error}") from error


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What is published there, by name; not the temporary files of who writes. Raises ExportError."""
    for place, _, names in os.walk(folder, onerror=_cannot_read):
        for name in names:
            if not name.startswith("."):
                path = Path(place, name)
                yield path.relative_to(folder).as_posix(), path


def _look_at(path: Path) -> os.stat_result | None:
    """None where there is no file to serve: a link that leads nowhere, a socket, or what has just been removed."""
    try:
        found = path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise
    return found if stat.S_ISREG(found.st_mode) else None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        error.filename = path
        _cannot_read(error)


def _cannot_read(error: OSError) -> NoReturn:
    """A folder that cannot be listed is not empty: else all its files would be gone on other machines."""
    raise ExportError(f"cannot read {error.filename}: {error.strerror or error}") from error


def _digest(body: bytes | None) -> bytes | None:
    return None if body is None else blake2b(body, digest_size=16).digest()
