"""What was last written to the public folder, and from what, so that a later process writes only what has changed.

A manifest that is lost or damaged costs one publication in full. It is written after the files that it names, and
what they were made from is compared as a whole: so whatever is missing in it, or was changed behind its back, is made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
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
    # Files that were found as they were written a moment ago, which are not looked at again to take them down.
    seen: dict[str, Stamp] = field(default_factory=dict, repr=False, compare=False)

    def is_in_place(self, folder: Path, names: Iterable[str]) -> bool:
        """Whether these files are there as they were written."""
        return all(
            (stamp := self.files.get(name)) is not None and stamp == stamp_of(f"{folder}/{name}")
            for name in names
        )

    def has(self, folder: Path, place: str, state: str) -> bool:
        """Whether the part of that place was in that state, and its files are there as they were written."""
        before, files = self.parts.get(place, (None, ()))
        if before != state or not self.is_in_place(folder, files):
            return False
        self.seen.update((name, self.files[name]) for name in files)
        return True

    def record(self, folder: Path, names: Iterable[str]) -> None:
        """Takes down how these files look now, which are all that there are."""
        self.files = {}
        self.record_more(folder, names)

    def record_more(self, folder: Path, names: Iterable[str]) -> None:
        """Takes down how these files look now; the others are as they were."""
        for name in names:
            self.files.pop(name, None)
            # Of what was found in place that stamp, and not a later one: who changed the file since is noticed.
            stamp = self.seen.get(name) or stamp_of(f"{folder}/{name}")
            if stamp is not None:
                self.files[name] = stamp
        self.seen.clear()


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
