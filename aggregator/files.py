"""Looks at files and reads those that people name, and never waits or grows without end: a pipe or a device may stand in their place."""

from __future__ import annotations

import os
from pathlib import Path

LARGEST = 20_000_000  # bytes


def is_file(path: Path) -> bool:
    """Whether a file is there, as far as we may look; raises nothing, where pathlib may before Python 3.14."""
    return os.path.isfile(path)  # noqa: PTH113


def read_bounded(path: Path, most: int = LARGEST) -> bytes:
    """At most `most` bytes and one more. Raises OSError, and ValueError for a NUL in the path.

    Opening a pipe that nobody writes to waits for a writer, and would hold up a service that reloads; opened without
    waiting it is empty. Where somebody writes, as in `-c <(command)`, all that comes is waited for.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        os.set_blocking(file.fileno(), True)
        return file.read(most + 1)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
