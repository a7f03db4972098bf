"""What was last written to the public folder, and from what, so that a later process writes only what has changed.

A manifest that is lost or damaged costs one publication in full. It is written after the files that it names, and
what they were made from is compared as a whole: so whatever is missing in it, or was changed behind its back, is made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

Stamp = tuple[int, int]  # of a file: bytes, and when it was last changed in ns
Parts = dict[str, tuple[str, tuple[str, ...]]]  # by place: of its own state; its files


@dataclass(slots=True)
class Manifest:
    """The files that were written; `parts` and `files` are kept up to date as others are."""

    renderers: str = ""  # a fingerprint of what made all parts: the program, templates
    settings: str = ""  # a fingerprint of feeds.yaml when all of it was made; "": not all of it was made
    source: str = ""  # the version of the store's content then
    parts: Parts = field(default_factory=dict)
    files: dict[str, Stamp] = field(default_factory=dict)
    named: dict[str, tuple[int, ...]] = field(default_factory=dict)  # by place: further feeds that it names
    # The files that are not there as they were written; None: they have not been looked at yet.
    not_in_place: frozenset[str] | None = field(default=None, repr=False, compare=False)

    def changed_in(self, folder: Path) -> frozenset[str]:
        """The files that are not there as they were written; each is looked at once, until `record`."""
        if self.not_in_place is None:
            self.not_in_place = frozenset(_not_as(self.files, f"{folder}/"))
        return self.not_in_place

    def has(self, folder: Path, place: str, state: str) -> bool:
        """Whether the part of that place was in that state, and its files are there as they were written."""
        before, files = self.parts.get(place, (None, ()))
        return (
            before == state
            and self.changed_in(folder).isdisjoint(files)
            and all(map(self.files.__contains__, files))
        )

    def record(self, folder: Path, names: Iterable[str], changed: Collection[str]) -> None:
        """Takes down how these files look now, which are all that there are. `changed`: were written just now."""
        before = replace(self, not_in_place=self.changed_in(folder))
        self.files, self.not_in_place = {}, None
        self.record_more(folder, names, changed, before)

    def record_more(
        self, folder: Path, names: Iterable[str], changed: Collection[str], before: Manifest
    ) -> None:
        """Takes down how these files look now, too. `before`: what was taken down and looked at before."""
        # Of what was in place that stamp, and not a later one: who changed the file since is noticed.
        looked_at = before.changed_in(folder).union(changed)
        for name in names:
            self.files.pop(name, None)
            stamp = before.files.get(name) if name not in looked_at else None
            stamp = stamp or stamp_of(f"{folder}/{name}")
            if stamp is not None:
                self.files[name] = stamp


def load(path: Path, renderers: str) -> Manifest:
    """The manifest in that file; an empty one if there is none of these renderers."""
    try:
        found = json.loads(path.read_bytes())
        manifest = Manifest(
            str(found["renderers"]),
            str(found["settings"]),
            str(found["source"]),
            {str(place): (str(state), tuple(names)) for place, (state, names) in found["parts"].items()},
            {str(name): (int(size), int(changed)) for name, (size, changed) in found["files"].items()},
            {str(place): tuple(map(int, feeds)) for place, feeds in found["named"].items()},
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Manifest(renderers)
    return manifest if manifest.renderers == renderers else Manifest(renderers)


def save(manifest: Manifest, path: Path) -> None:
    """Writes the manifest, whole or not at all."""
    text = json.dumps(
        {
            "renderers": manifest.renderers,
            "settings": manifest.settings,
            "source": manifest.source,
            "parts": manifest.parts,
            "files": manifest.files,
            "named": manifest.named,
        }
    )
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    for left in path.parent.glob(f".{path.name}.*"):  # by a process that was killed
        with contextlib.suppress(OSError):
            left.unlink()
    with contextlib.suppress(OSError):  # a full disk: then the next one publishes in full
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    with contextlib.suppress(OSError):
        partial.unlink(missing_ok=True)


def stamp_of(path: Path | str) -> Stamp | None:
    """How the file looks; None if there is no plain file. The time is that of any change, which nobody can set."""
    return _stamp(path, follows_links=False)


def file_stamp(path: Path) -> object:
    """What tells the file from any other that is put in its place; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns


def _not_as(files: Mapping[str, Stamp], folder: str) -> Iterator[str]:
    """Those of the files that do not look so; there may be tens of thousands."""
    look, is_file = os.stat, stat.S_ISREG
    for name, (size, changed) in files.items():
        try:
            found = look(folder + name, follow_symlinks=False)
        except OSError:
            yield name
            continue
        if found.st_ctime_ns != changed or found.st_size != size or not is_file(found.st_mode):
            yield name


def source_stamp(path: Path | str) -> Stamp | None:
    """The same of a file that outputs are made from, which may be a link to one that stands elsewhere."""
    return _stamp(path, follows_links=True)


def _stamp(path: Path | str, follows_links: bool) -> Stamp | None:
    try:
        # Paths of the standard library take longer to make than to look at.
        found = os.stat(path, follow_symlinks=follows_links)  # noqa: PTH116
    except OSError:
        return None
    return (found.st_size, found.st_ctime_ns) if stat.S_ISREG(found.st_mode) else None


def digest_of(state: object) -> str:
    """A fingerprint of records by what they say of themselves, which whatever process asks is the same."""
    return blake2b(repr(state).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def tree_stamp(folder: Path) -> str:
    """How the files of a folder and of all folders in it look."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        paths = (f"{place}/{name}" for name in sorted(names))
        found += [f"{path} {source_stamp(path)}" for path in paths]
    return digest_of(found)
