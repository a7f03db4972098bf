"""The settings by their place in feeds.yaml; a mapping of the file -> the values of its settings, and issues."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from aggregator.config.issues import InvalidValue, Issues, inside
from aggregator.config.secrets import read_headers
from aggregator.config.tree import Mapping, Node, Scalar, Sequence
from aggregator.config.values import LISTS, choice_conflict, list_wanted, read
from aggregator.settings import Config, FilterRule, Filters, Include, Setting, Subscription
from aggregator.text import printable, squeeze

Values = dict[str, Any]
_EXTRA_KEY = re.compile(r"[A-Za-z]\w*", re.ASCII)
EXTENSION = "x-"  # keys at the top for whatever people like, as anchors


def settings_of(record: type[Any]) -> dict[str, Setting]:
    """The record's settings by key, in the order in which they are declared."""
    return {
        field.name.rstrip("_"): field.metadata["setting"]
        for field in fields(record)
        if "setting" in field.metadata
    }


TOP = settings_of(Config)
FEED = settings_of(Subscription)
FILTERS = settings_of(Filters)
RULE = settings_of(FilterRule)
INCLUDE = settings_of(Include)

SECTION_RECORDS: dict[str, Any] = {
    field.name: field.default_factory for field in fields(Config) if is_dataclass(field.default_factory)
}
SECTIONS = {name: settings_of(record) for name, record in SECTION_RECORDS.items()}


def values_of(
    mapping: Mapping,
    at: str,
    settings: dict[str, Setting],
    issues: Issues,
    others: tuple[str, ...] = (),
) -> Values:
    """The valid settings of the mapping; `others` are keys that are read elsewhere."""
    values: Values = {}
    for name, entry in mapping.entries.items():
        if name in settings:
            value = value_of(entry.value, settings[name], inside(at, name), issues)
            if value is not None:
                values[name] = value
        elif name not in others and not (settings is TOP and name.startswith(EXTENSION)):
            unknown = InvalidValue("is not a known key", _suggestion(name, (*settings, *others)))
            issues.refuse(entry, inside(at, name), unknown)
    return values


def section_values(root: Mapping, name: str, issues: Issues) -> Values:
    """The values under `polling:` and its like; none where the file does not have it."""
    entry = root.entries.get(name)
    if entry is None or is_nothing(entry.value):  # nothing: all its lines may be commented out
        return {}
    if isinstance(entry.value, Mapping):
        return values_of(entry.value, name, SECTIONS[name], issues)
    key, setting = next(iter(SECTIONS[name].items()))
    issues.add(
        entry.line,
        name,
        "must be a mapping",
        f"indent its keys under it, for example `{key}: {setting.default}`",
    )
    return {}


def value_of(node: Node, setting: Setting, at: str, issues: Issues) -> Any:
    """The value, or None after a issue."""
    if setting.kind == "filters":
        return _filters(node, at, issues)
    if setting.kind == "dedupe":
        return _dedupe(node, at, issues)
    if setting.kind == "extra":
        return _extra(node, at, issues)
    if setting.kind == "headers":
        return _headers(node, at, issues)
    if setting.kind not in LISTS:
        return _single(node, setting, at, issues)
    if setting.kind == "choices" and isinstance(node, Scalar):
        word = _single(node, setting, at, issues)
        return None if word is None else (word,)
    if not isinstance(node, Sequence):
        issues.refuse(node, at, list_wanted(node, setting))
        return None
    read_item = _ITEMS.get(setting.kind, _single)
    items: list[Any] = [
        read_item(item, setting, f"{at}[{index}]", issues) for index, item in enumerate(node.items)
    ]
    if None in items:
        return None
    distinct = tuple(dict.fromkeys(items))
    if setting.kind == "choices" and (conflict := choice_conflict(distinct, setting)):
        issues.refuse(node, at, conflict)
        return None
    return distinct


def is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.reading == "nothing"


def _single(node: Node, setting: Setting, at: str, issues: Issues) -> Any:
    if issues.refused(node):
        return None
    try:
        return read(node, setting)
    except InvalidValue as invalid:
        issues.refuse(node, at, invalid)
        return None


def _filters(node: Node, at: str, issues: Issues) -> Filters | None:
    if is_nothing(node):
        return Filters()
    if not isinstance(node, Mapping):
        invalid = InvalidValue(
            "must be a mapping", "write `keep:` or `block:` under it, and a list of rules there"
        )
        issues.refuse(node, at, invalid)
        return None
    return Filters(**values_of(node, at, FILTERS, issues))


def _dedupe(node: Node, at: str, issues: Issues) -> Values | None:
    """Only what the feed has of its own; a mere word or list is what `by` would say."""
    if isinstance(node, Mapping):
        return values_of(node, at, SECTIONS["dedupe"], issues)
    by = value_of(node, SECTIONS["dedupe"]["by"], at, issues)
    return None if by is None else {"by": by}


def _extra(node: Node, at: str, issues: Issues) -> tuple[tuple[str, str], ...] | None:
    """Keys as templates can name them, each with a text; numbers and dates as they are written."""
    if not isinstance(node, Mapping):
        invalid = InvalidValue("must be a mapping", "indent keys and texts under it, as `irc: ann`")
        issues.refuse(node, at, invalid)
        return None
    found = []
    for name, entry in node.entries.items():
        text = squeeze(entry.value.text) if isinstance(entry.value, Scalar) else ""
        if not _EXTRA_KEY.fullmatch(name):
            invalid = InvalidValue("is not a key for templates", "use letters, digits and _ only")
            issues.refuse(entry, inside(at, name), invalid)
        elif not text or printable(text) != text:
            issues.refuse(entry, inside(at, name), InvalidValue("must be a text", "write it on one line"))
        else:
            found.append((name, text))
    return tuple(found) if len(found) == len(node.entries) else None


def _headers(node: Node, at: str, issues: Issues) -> tuple[tuple[str, str], ...] | None:
    try:
        return read_headers(node)
    except InvalidValue as invalid:
        issues.refuse(node, at, invalid)
        return None


def _rule(node: Node, setting: Setting, at: str, issues: Issues) -> FilterRule | None:
    """A mapping of what must hold together; a mere text may stand anywhere in the entry."""
    if not isinstance(node, Mapping):
        written = _single(node, RULE["any"], at, issues)
        return None if written is None else FilterRule(any=written, line=node.line)
    values = values_of(node, at, RULE, issues)
    if not node.entries:
        issues.refuse(node, at, InvalidValue("is empty", "write what to match, for example `title: advert`"))
    return FilterRule(**values, line=node.line) if len(values) == len(node.entries) else None


def _include(node: Node, setting: Setting, at: str, issues: Issues) -> Include | None:
    """A mapping with `from`, or the path or URL alone."""
    if not isinstance(node, Mapping):
        source = _single(node, INCLUDE["from"], at, issues)
        return None if source is None else Include(source, line=node.line)
    values = values_of(node, at, INCLUDE, issues)
    if "from" not in node.entries:
        issues.add(node.line, f"{at}.from", "is missing", "write `from: members.opml`, or a URL")
    source = values.pop("from", None)
    return None if source is None else Include(source, **values, line=node.line)


_ITEMS: dict[str, Callable[[Node, Setting, str, Issues], Any]] = {"rules": _rule, "includes": _include}

# What people write of a feed, used to other programs, and what it is called here.
_OTHER_NAMES = {
    **dict.fromkeys(("title", "text", "label"), "name"),
    **dict.fromkeys(("category", "categories", "folder", "group", "labels"), "tags"),
    **dict.fromkeys(("interval", "refresh", "frequency", "schedule", "ttl", "poll"), "every"),
    **dict.fromkeys(("link", "href", "feed", "feed_url", "xmlurl", "address", "uri"), "url"),
    **dict.fromkeys(("face", "picture", "photo", "image", "icon"), "avatar"),
    **dict.fromkeys(("description", "bio", "note"), "about"),
    **dict.fromkeys(("homepage", "html_url", "htmlurl", "website"), "site"),
    **dict.fromkeys(("user", "username", "password", "token", "login", "bearer"), "auth"),
    **dict.fromkeys(("block", "keep", "exclude", "ignore"), "filters"),
    "weight": "priority",
    "cookie": "headers",
}


@cache
def _suggestion(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    if known == tuple(FEED) and name.lower() in _OTHER_NAMES:
        return f"write `{_OTHER_NAMES[name.lower()]}` instead"
    if near := get_close_matches(name.lower(), known, n=1):
        return f"did you mean `{near[0]}`?"
    for section, settings in SECTIONS.items():
        if name in settings:
            return f"it belongs under `{section}`"
    return f"the keys here are {', '.join(known)}"
