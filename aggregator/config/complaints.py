"""All that is wrong with one file, collected; and how a value is shown without giving secrets away."""

from __future__ import annotations

import re
from typing import NoReturn, Protocol

from aggregator.errors import Complaint, ConfigError
from aggregator.text import shorten

_LONGEST = 80  # characters of a value that a complaint repeats
_AT_IN_PATH_ONLY = re.compile(r"https?://[^/?#@:\s]+(:[0-9]+)?/(?!.*//).*", re.IGNORECASE)


class Wrong(Exception):
    """What is wrong with one value, and what would be right; whoever knows its place complains."""

    def __init__(self, wrong: str, right: str = "") -> None:
        self.wrong = wrong
        self.right = right
        super().__init__(wrong)


class Located(Protocol):
    """A part of the file that lives as long as the complaints are collected."""

    @property
    def line(self) -> int: ...


class Complaints:
    """Collects complaints about one file, to raise them all at once, in file order."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[Complaint] = []
        self._refused: set[int] = set()

    def add(self, line: int, key: str, wrong: str, right: str = "") -> None:
        self._found.append(Complaint(self._file, line, key, wrong, right))

    def refuse(self, node: Located, key: str, wrong: Wrong) -> None:
        """Complain of this very value, once: aliases and merges bring it again under other keys."""
        if not self.refused(node):
            self._refused.add(id(node))
            self.add(node.line, key, wrong.wrong, wrong.right)

    def refused(self, node: Located) -> bool:
        return id(node) in self._refused

    def stop(self, line: int, key: str, wrong: str, right: str = "") -> NoReturn:
        """Complain, and raise: the rest of the file cannot be read."""
        self.add(line, key, wrong, right)
        raise self._error()

    def raise_any(self) -> None:
        if self._found:
            raise self._error()

    def _error(self) -> ConfigError:
        return ConfigError(tuple(sorted(self._found, key=lambda complaint: complaint.line)))


def shown(value: str) -> str:
    """The value as a complaint may repeat it: one short printable line without user names and passwords."""
    if "@" in value and not _AT_IN_PATH_ONLY.fullmatch(value):
        # A wrong URL has no certain parts: what might belong to a password goes with it.
        start = value.find("//") + 2 if "//" in value else 0
        value = value[:start] + value[value.rindex("@") + 1 :]
    if not value.isprintable():
        value = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in " ".join(value.split()))
    return shorten(value, _LONGEST)


def inside(parent: str, name: str) -> str:
    """The dotted key of `name` under `parent`."""
    return f"{parent}.{shown(name)}" if parent else shown(name)
