"""The lists that people extend: one plain text file each, a row a line, `#` begins a comment."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def rows(name: str) -> tuple[str, ...]:
    """The rows of `lists/<name>.txt`, trimmed, without comments and blank lines."""
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    bare = (line.split("#", 1)[0].strip() for line in lines)
    return tuple(line for line in bare if line)


@cache
def names(name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """A list of lower-case names as (whole names, prefixes); a row that ends with `*` is a prefix."""
    all_rows = [row.lower() for row in rows(name)]
    return (
        frozenset(row for row in all_rows if not row.endswith("*")),
        tuple(row[:-1] for row in all_rows if row.endswith("*")),
    )
