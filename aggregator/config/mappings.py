"""A mapping of feeds.yaml -> the values of the settings that stand in it, and complaints about the rest."""

from __future__ import annotations

from functools import cache
from typing import Any

from aggregator.config.complaints import Complaints, Wrong, inside
from aggregator.config.secrets import read_headers
from aggregator.config.table import FILTERS, RULE, SECTIONS
from aggregator.config.tree import Mapping, Node, Scalar, Sequence
from aggregator.config.values import LISTS, list_wanted, read, wrong_together
from aggregator.settings import FilterRule, Filters, Setting

Values = dict[str, Any]


def values_of(
    mapping: Mapping,
    at: str,
    settings: dict[str, Setting],
    complaints: Complaints,
    others: tuple[str, ...] = (),
) -> Values:
    """The values of those settings that stand in the mapping and are right; `others` are read elsewhere."""
    values: Values = {}
    for name, entry in mapping.entries.items():
        if name in settings:
            value = value_of(entry.value, settings[name], inside(at, name), complaints)
            if value is not None:
                values[name] = value
        elif name not in others:
            unknown = Wrong("is not a known key", _suggestion(name, (*settings, *others)))
            complaints.refuse(entry, inside(at, name), unknown)
    return values


def section_values(root: Mapping, name: str, complaints: Complaints) -> Values:
    """The values under `polling:` and its like; none where the file does not have it."""
    entry = root.entries.get(name)
    if entry is None or is_nothing(entry.value):  # nothing: all its lines may be commented out
        return {}
    if isinstance(entry.value, Mapping):
        return values_of(entry.value, name, SECTIONS[name], complaints)
    key, setting = next(iter(SECTIONS[name].items()))
    complaints.add(
        entry.line,
        name,
        "needs keys of its own",
        f"write them indented under it, as `{key}: {setting.default}`",
    )
    return {}


def value_of(node: Node, setting: Setting, at: str, complaints: Complaints) -> Any:
    """The value, or None after a complaint."""
    if setting.kind == "filters":
        return _filters(node, at, complaints)
    if setting.kind == "dedupe":
        return _dedupe(node, at, complaints)
    if setting.kind == "headers":
        return _headers(node, at, complaints)
    if setting.kind not in LISTS:
        return _single(node, setting, at, complaints)
    if setting.kind == "choices" and isinstance(node, Scalar):
        word = _single(node, setting, at, complaints)
        return None if word is None else (word,)
    if not isinstance(node, Sequence):
        complaints.refuse(node, at, list_wanted(node, setting))
        return None
    read_item = _rule if setting.kind == "rules" else _single
    items: list[Any] = [
        read_item(item, setting, f"{at}[{index}]", complaints) for index, item in enumerate(node.items)
    ]
    if None in items:
        return None
    distinct = tuple(dict.fromkeys(items))
    if setting.kind == "choices" and (wrong := wrong_together(distinct, setting)):
        complaints.refuse(node, at, wrong)
        return None
    return distinct


def is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.reading == "nothing"


def _single(node: Node, setting: Setting, at: str, complaints: Complaints) -> Any:
    if complaints.refused(node):
        return None
    try:
        return read(node, setting)
    except Wrong as wrong:
        complaints.refuse(node, at, wrong)
        return None


def _filters(node: Node, at: str, complaints: Complaints) -> Filters | None:
    if is_nothing(node):
        return Filters()
    if not isinstance(node, Mapping):
        wrong = Wrong(
            "needs keys of its own", "write `keep:` or `block:` under it, and a list of rules there"
        )
        complaints.refuse(node, at, wrong)
        return None
    return Filters(**values_of(node, at, FILTERS, complaints))


def _dedupe(node: Node, at: str, complaints: Complaints) -> Values | None:
    """Only what the feed has of its own; a mere word or list is what `by` would say."""
    if isinstance(node, Mapping):
        return values_of(node, at, SECTIONS["dedupe"], complaints)
    by = value_of(node, SECTIONS["dedupe"]["by"], at, complaints)
    return None if by is None else {"by": by}


def _headers(node: Node, at: str, complaints: Complaints) -> tuple[tuple[str, str], ...] | None:
    try:
        return read_headers(node)
    except Wrong as wrong:
        complaints.refuse(node, at, wrong)
        return None


def _rule(node: Node, setting: Setting, at: str, complaints: Complaints) -> FilterRule | None:
    """A mapping of what must hold together; a mere text may stand anywhere in the entry."""
    if not isinstance(node, Mapping):
        written = _single(node, RULE["any"], at, complaints)
        return None if written is None else FilterRule(any=written, line=node.line)
    values = values_of(node, at, RULE, complaints)
    if not node.entries:
        complaints.refuse(node, at, Wrong("asks for nothing", "write what to look for, as `title: advert`"))
    return FilterRule(**values, line=node.line) if len(values) == len(node.entries) else None


@cache
def _suggestion(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    if near := get_close_matches(name.lower(), known, n=1):
        return f"did you mean `{near[0]}`?"
    for section, settings in SECTIONS.items():
        if name in settings:
            return f"it belongs under `{section}`"
    return f"the keys here are {', '.join(known)}"
