"""How PostgreSQL says what `store.sql` says: a table of rows, applied once to each statement.

The shared statements are common SQL, and SQLite takes them as they are. What is left is here, and in the functions
that the schema defines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_PARAMETERS = re.compile(r"\?(\d+)|\?|:([a-z_]\w*)|(%)")
_LIST = r"\(SELECT value FROM json_each\(%\((\w+)\)s\)\)"
_ROWS = (
    (rf"\bNOT IN\s*{_LIST}", r"<> ALL(%(\1)s)"),  # lists are given as JSON; here they become arrays
    (rf"\bIN\s*{_LIST}", r"= ANY(%(\1)s)"),
    (r"\bgroup_concat\(([\w.]+)\)", r"string_agg(CAST(\1 AS TEXT), ',')"),
    (r"\blength\(CAST\(([\w.]+) AS BLOB\)\)", r"octet_length(\1)"),
    (r"\bjson_extract\(([\w.]+), '\$\[0\]\.(\w+)'\)", r"(CAST(\1 AS json) -> 0 ->> '\2')"),
    (r"\bCROSS JOIN\b", "JOIN"),  # to SQLite it says in which order
    (r"(?<=[ (])\+(?=[a-z_])", ""),  # to SQLite it says which index not to take
)
_ROWS_COMPILED = tuple((re.compile(pattern), replacement) for pattern, replacement in _ROWS)
_LISTS = re.compile(rf"(?:NOT )?\bIN\s*{_LIST}")
_WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Statement:
    """A shared statement as PostgreSQL takes it."""

    text: str
    lists: tuple[str, ...]  # names of the parameters that are lists
    writes: bool

    def parameters(self, given: Sequence[Any] | Mapping[str, Any]) -> Mapping[str, Any]:
        """The values by name; those given by place are p1, p2, ..."""
        values = given if isinstance(given, Mapping) else {f"p{n}": v for n, v in enumerate(given, 1)}
        return {**values, **{name: json.loads(values[name]) for name in self.lists}} if self.lists else values


@lru_cache(2000)
def translate(statement: str) -> Statement:
    """The statement with named parameters and PostgreSQL's words."""
    place = 0

    def name(found: re.Match[str]) -> str:
        nonlocal place
        number, word, percent = found.groups()
        if percent:
            return "%%"
        if word:
            return f"%({word})s"
        place = int(number) if number else place + 1
        return f"%(p{place})s"

    text = _PARAMETERS.sub(name, statement)
    lists = tuple(dict.fromkeys(_LISTS.findall(text)))
    for pattern, replacement in _ROWS_COMPILED:
        text = pattern.sub(replacement, text)
    return Statement(text, lists, text.lstrip().startswith(_WRITES))
