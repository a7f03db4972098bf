"""Copies of the merged feed at the further paths of feeds.yaml, for servers that know nothing of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from aggregator.errors import ExportError
from aggregator.export.files import make_folder
from aggregator.export.manifest import Manifest, stamp_of
from aggregator.export.places import OURS

_BEGINNING = 1_000  # bytes, in which the feed's id stands


def alias_files(aliases: Iterable[str], ours: Collection[str]) -> Iterator[str]:
    """The aliases as files of the public folder; a path that ends in a slash is no file, and none of ours is replaced."""
    for alias in aliases:
        name = alias.lstrip("/")
        if name and not alias.endswith("/") and name not in ours and name.partition("/")[0] not in OURS:
            yield name


def make_alias_folders(folder: Path, names: Iterable[str]) -> None:
    """Raises ExportError."""
    for name in names:
        make_folder((folder / name).parent)


def remove_former_aliases(
    folder: Path, feed_id: str, wanted: Collection[str], manifest: Manifest | None = None
) -> None:
    """Removes copies of the feed that are no aliases any more, and nothing else; raises ExportError.

    They are told by that id, and by what the manifest says that was written: of any name, and with a former id.
    """
    mark = f"<id>{feed_id}</id>".encode()
    written = manifest.files if manifest is not None else ()
    former = [name for name in written if name not in wanted and name.partition("/")[0] not in OURS]
    try:
        for name in former:
            if manifest is not None and manifest.files[name] == stamp_of(folder / name):
                (folder / name).unlink()
        for path in _others(folder):
            if str(path.relative_to(folder)) not in wanted and _begins_with(path, mark):
                path.unlink()
    except OSError as error:
        raise ExportError(f"cannot tidy {folder}: {error.strerror or error}") from error


def _others(folder: Path) -> Iterator[Path]:
    """All files that lie in none of our own folders."""
    for place, folders, files in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in OURS]
        yield from (Path(place) / name for name in files if not name.endswith((".html", ".json", ".tmp")))


def _begins_with(path: Path, mark: bytes) -> bool:
    try:
        if path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as file:
            return mark in file.read(_BEGINNING)
    except OSError:  # what we may not read is none of ours, nor what is gone by now
        return False
