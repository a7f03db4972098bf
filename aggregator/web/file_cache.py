"""Files of the public folder as they are sent: plain and packed, each with its tag; a few are kept in memory."""

from __future__ import annotations

import gzip
import os
import stat
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

# Files, and bytes: the merged feed and its pages are asked for all the time, an archive of 4 MB hardly ever.
MOST_KEPT, MOST_BYTES = 64, 32_000_000


@dataclass(frozen=True, slots=True)
class Body:
    """One form of a file: as it is, or packed."""

    data: bytes
    etag: str  # strong, hence another for each form (RFC 9110, 8.8.3.3)
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it stood on disk, ready to be sent."""

    state: tuple[int, int, int]
    modified: int  # whole seconds, all that an HTTP date can say
    plain: Body
    packed: Body | None  # None where packing gains nothing

    @property
    def size(self) -> int:
        return len(self.plain.data) + (len(self.packed.data) if self.packed else 0)


class FileCache:
    """The files last asked for. Belongs to the event loop's thread; only the reading may happen elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folder = str(folder)
        self._kept: OrderedDict[tuple[str, str], Document] = OrderedDict()

    def fresh(self, name: str, form: str = "") -> Document | None:
        """The file as it stands on disk now, if it was read before. Raises OSError where there is none.

        `form`: of several that are made of one file.
        """
        document = self._kept.get((name, form))
        # Not by pathlib: joining paths takes longer than asking for the file.
        if document is None or document.state != _state(os.stat(f"{self._folder}/{name}")):  # noqa: PTH116
            return None
        self._kept.move_to_end((name, form))
        return document

    def keep(self, name: str, document: Document, form: str = "") -> None:
        self._kept[name, form] = document
        self._kept.move_to_end((name, form))
        size = sum(each.size for each in self._kept.values())
        while len(self._kept) > MOST_KEPT or size > MOST_BYTES:
            size -= self._kept.popitem(last=False)[1].size


def read(path: Path, change: Callable[[bytes], bytes] | None = None) -> Document:
    """The file, in another form where `change` makes one. Raises OSError where there is none, or none to read."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        state = _state(found)
        data = file.read()
    if change is not None:
        data = change(data)
    tag = sha256(data).hexdigest()[:32]
    packed = gzip.compress(data, mtime=0)
    return Document(
        state=state,
        modified=int(found.st_mtime),
        plain=Body(data, f'"{tag}"'),
        packed=Body(packed, f'"{tag}-gzip"', "gzip") if len(packed) < len(data) else None,
    )


def _state(found: os.stat_result) -> tuple[int, int, int]:
    if not stat.S_ISREG(found.st_mode):
        raise OSError("not a file")
    return found.st_mtime_ns, found.st_size, found.st_ino
