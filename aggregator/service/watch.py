"""Notices that feeds.yaml, or a file that it includes, has changed on disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_State = tuple[int, int, int]


class FileWatch:
    """Some files as they stood when they were last looked at; one that was never looked at has changed.

    Look before the files are read: what changes while they are read is noticed the next time.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._seen: dict[Path, _State | str | None] = {}
        self.follow(files)

    def follow(self, files: Iterable[Path]) -> None:
        """Watches these from now on; those that were watched before, as they stood then."""
        self._seen = {file: self._seen.get(file, "never seen") for file in files}

    def has_changed(self) -> bool:
        """Whether any of them is other than at the last call."""
        before, self._seen = self._seen, {file: _state(file) for file in self._seen}
        return self._seen != before


def _state(file: Path) -> _State | None:
    """An editor replaces a file or writes into it, so both the inode and the time count."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
