"""A mapping of feeds.yaml -> the values of the settings that stand in it, and complaints about the rest."""

from __future__ import annotations

from functools import cache
from typing import Any

from aggregator.config.complaints import Complaints, Wrong, inside
from aggregator.config.table import SECTIONS
from aggregator.config.tree import Mapping, Node, Scalar, Sequence
from aggregator.config.values import LISTS, combined, list_wanted, read
from aggregator.settings import Setting

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
    for name, (line, node) in mapping.entries.items():
        if name in settings:
            value = value_of(node, settings[name], inside(at, name), complaints)
            if value is not None:
                values[name] = value
        elif name not in others:
            complaints.add(
                line, inside(at, name), "is not a known key", _suggestion(name, (*settings, *others))
            )
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
    try:
        if setting.kind not in LISTS:
            return read(node, setting)
        if setting.kind == "choices" and isinstance(node, Scalar):
            return (read(node, setting),)
        if not isinstance(node, Sequence):
            raise list_wanted(node, setting)
        items = _items(node, setting, at, complaints)
        if items is not None and setting.kind == "choices":
            return combined(items, setting)
        return items
    except Wrong as wrong:
        complaints.add(node.line, at, wrong.wrong, wrong.right)
        return None


def is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.reading == "nothing"


def _items(node: Sequence, setting: Setting, at: str, complaints: Complaints) -> tuple[Any, ...] | None:
    """The items without repetition, or None after complaints."""
    items: dict[Any, None] = {}
    right = True
    for index, item in enumerate(node.items):
        try:
            items[read(item, setting)] = None
        except Wrong as wrong:
            complaints.add(item.line, f"{at}[{index}]", wrong.wrong, wrong.right)
            right = False
    return tuple(items) if right else None


@cache
def _suggestion(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    if near := get_close_matches(name.lower(), known, n=1):
        return f"did you mean `{near[0]}`?"
    for section, settings in SECTIONS.items():
        if name in settings:
            return f"it belongs under `{section}`"
    return f"the keys here are {', '.join(known)}"
