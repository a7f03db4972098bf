"""How a setting of feeds.yaml is written down: its kind, default and meaning, in the metadata of a field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from aggregator.quantities import parse_duration, parse_size
from aggregator.records import dataclass

Kind = Literal[
    "text",
    "url",
    "iri",  # an absolute URI of any scheme, which is only compared
    "path",
    "duration",  # 30s, 15m, 2h, 7d
    "size",  # 500KB, 10MB
    "count",  # whole number, `low` or more
    "choice",  # one of `choices`
    "choices",  # a list of them
    "texts",  # a list of texts
    "networks",  # a list of IP networks in CIDR form
    "pattern",  # a word, a phrase or a /regular expression/
    "rules",  # a list of FilterRule
    "filters",  # a mapping as `filters` is at the top
    "auth",  # basic NAME:PASSWORD or bearer TOKEN
    "headers",  # a mapping of names to values
    "timezone",  # an IANA name
    "proxy",  # an http URL whose parts may be secrets
    "smtp",  # smtp://HOST:PORT or smtps://HOST:PORT
    "store",  # the address of a database; its parts may be secrets
    "secret",  # a text that no message repeats
    "clock",  # a time of day, as "07:00"
    "dedupe",  # a mapping as `dedupe` is at the top, or what its `by` says
    "source",  # an http(s) URL, or the path of a file
    "includes",  # a list of Include
    "extra",  # a mapping of keys of one's own to texts
]


@dataclass(frozen=True, slots=True)
class Setting:
    """How one key is read, checked and explained."""

    kind: Kind
    default: str  # as a person would write it in feeds.yaml; "none": none, which can be written, too
    help: str
    choices: tuple[str, ...] = ()
    low: float = 0  # least value, in seconds, bytes or as a count


_DEFAULT = object()


def setting(
    kind: Kind, default: str, help: str, *, value: Any = _DEFAULT, secret: bool = False, **more: Any
) -> Any:
    """A dataclass field with its Setting. `default` is written once, as in feeds.yaml, and parsed here.

    `value`: the default of a kind that cannot be written as one word. `secret`: never in the record's repr.
    """
    if value is _DEFAULT:
        value = _default_value(kind, default)
    return field(default=value, repr=not secret, metadata={"setting": Setting(kind, default, help, **more)})


def _default_value(kind: Kind, default: str) -> Any:
    if default == "[]" or kind == "headers":
        return ()
    if default in ("", "none"):
        return None
    return _PARSERS.get(kind, str)(default)


_PARSERS: dict[Kind, Callable[[str], Any]] = {
    "path": Path,
    "duration": parse_duration,
    "size": parse_size,
    "count": int,
    "choices": lambda text: tuple(text.strip("[]").split(", ")),
}
