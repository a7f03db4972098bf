"""The errors of one file, collected; and how a value is shown without giving secrets away."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn, Protocol

from aggregator.errors import ConfigError, ConfigIssue
from aggregator.text import shorten

_LONGEST = 80  # characters of a value that a message repeats
_AT_IN_PATH_ONLY = re.compile(r"https?://[^/?#@:\s]+(:[0-9]+)?/(?!.*//).*", re.IGNORECASE)


class InvalidValue(Exception):
    """One value cannot be used: the problem and the fix; the caller knows where it stands."""

    def __init__(self, problem: str, fix: str = "") -> None:
        self.problem = problem
        self.fix = fix
        super().__init__(problem)


class Located(Protocol):
    """A node of the file; it lives as long as the issues are collected."""

    @property
    def line(self) -> int: ...


class Issues:
    """Collects the errors of one file, to raise them all at once, in file order."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[ConfigIssue] = []
        self._refused: set[int] = set()

    def add(self, line: int, key: str, problem: str, fix: str = "") -> None:
        self._found.append(ConfigIssue(self._file, line, key, problem, fix))

    def refuse(self, node: Located, key: str, invalid: InvalidValue) -> None:
        """Report this value once, although aliases and merges bring it again under other keys."""
        if not self.refused(node):
            self._refused.add(id(node))
            self.add(node.line, key, invalid.problem, invalid.fix)

    def refused(self, node: Located) -> bool:
        return id(node) in self._refused

    def stop(self, line: int, key: str, problem: str, fix: str = "") -> NoReturn:
        """Report and raise: the rest of the file cannot be read."""
        self.add(line, key, problem, fix)
        raise self._error()

    def raise_any(self) -> None:
        if self._found:
            raise self._error()

    def _error(self) -> ConfigError:
        return ConfigError(tuple(sorted(self._found, key=lambda issue: issue.line)))


def redact(value: str) -> str:
    """The value as a message may repeat it: one short printable line without user names and passwords."""
    if "@" in value and not _AT_IN_PATH_ONLY.fullmatch(value):
        # An invalid URL has no reliable parts: everything that could belong to a password is removed.
        start = value.find("//") + 2 if "//" in value else 0
        value = value[:start] + value[value.rindex("@") + 1 :]
    if not value.isprintable():
        value = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in " ".join(value.split()))
    return shorten(value, _LONGEST)


def inside(parent: str, name: str) -> str:
    """The dotted key of `name` under `parent`."""
    return f"{parent}.{_redacted_name(name)}" if parent else _redacted_name(name)


_redacted_name = lru_cache(256)(redact)  # the same few keys stand in each feed
