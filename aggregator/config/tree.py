"""YAML text -> a tree of values that know their lines; nothing is constructed, and nothing can explode.

Built from the parser's events and not with `yaml.compose`, which neither bounds depth and aliases nor
says that a key stands twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import yaml

from aggregator.config.complaints import Complaints, inside, shown
from aggregator.config.syntax import explain, refuse_control_characters

Reading = Literal["text", "truth", "number", "date", "nothing"]

_DEEPEST = 16  # levels; feeds.yaml needs seven
_MOST_REPEATED = 1_000_000  # values that aliases stand for
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAG = "tag:yaml.org,2002:"
_READINGS: dict[str, Reading] = {
    _TAG + "bool": "truth",
    _TAG + "int": "number",
    _TAG + "float": "number",
    _TAG + "timestamp": "date",
    _TAG + "null": "nothing",
}
_HARMLESS_TAGS = frozenset({None, "!", _TAG + "str", _TAG + "seq", _TAG + "map"})


@dataclass(frozen=True, slots=True)
class Scalar:
    line: int
    text: str  # as written, without quotes
    reading: Reading  # what YAML 1.1 takes it for


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    line: int
    entries: dict[str, MappingEntry]  # in file order, those of merge keys last


Node = Scalar | Sequence | Mapping


class MappingEntry(NamedTuple):
    line: int  # of the key
    value: Node


def compose(text: str, complaints: Complaints, loader: Any = _LOADER) -> Node | None:
    """The only document in the text, or None where there is none. Complains of keys that stand twice.

    Raises ConfigError where the text is not YAML, or not of the kind that a settings file needs.
    """
    refuse_control_characters(text, complaints)
    try:
        return _Composer(yaml.parse(text, Loader=loader), complaints).document()
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The pure parser lets errors of chr() and int() pass.
        explain(error, text, complaints)


class _Composer:
    def __init__(self, events: Iterator[Any], complaints: Complaints) -> None:
        self._events = events
        self._complaints = complaints
        self._anchors: dict[str, tuple[Node, int] | None] = {}  # with its size; None: still open
        self._count = 0  # of values so far, those that aliases stand for included
        self._repeated = 0

    def document(self) -> Node | None:
        node: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    self._complaints.stop(
                        _line(event), "", "a second document begins here", "remove the `---`"
                    )
                node = self._node(next(self._events), "", 0)
        return node

    def _node(self, event: Any, key: str, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, key)
        if depth > _DEEPEST:
            self._complaints.stop(_line(event), "", f"nests more than {_DEEPEST} levels deep")
        before, anchor = self._count, event.anchor
        self._count += 1
        if anchor:
            self._anchors[anchor] = None
        if event.tag not in _HARMLESS_TAGS:
            tag = shown(event.tag.replace(_TAG, "!!"))
            self._complaints.add(_line(event), key, f"has the tag `{tag}`", "remove the tag")
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(_line(event), event.value, _reading(event))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(_line(event), self._items(key, depth + 1))
        else:
            node = Mapping(_line(event), self._entries(key, depth + 1))
        if anchor:
            self._anchors[anchor] = (node, self._count - before)
        return node

    def _alias(self, event: Any, key: str) -> Node:
        line, name = _line(event), shown(event.anchor)
        if event.anchor not in self._anchors:
            self._complaints.stop(
                line, key, f"`*{name}` repeats nothing", f"mark a value above with `&{name}`"
            )
        known = self._anchors[event.anchor]
        if known is None:
            self._complaints.stop(line, key, f"`*{name}` stands inside what it repeats", "write it out")
        node, size = known
        self._count += size
        self._repeated += size
        if self._repeated > _MOST_REPEATED:
            self._complaints.stop(
                line, key, f"aliases repeat more than {_MOST_REPEATED:,} values", "write fewer"
            )
        return node

    def _items(self, key: str, depth: int) -> tuple[Node, ...]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, f"{key}[{len(items)}]", depth))
        return tuple(items)

    def _entries(self, key: str, depth: int) -> dict[str, MappingEntry]:
        entries: dict[str, MappingEntry] = {}
        merged: list[Mapping] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line, name = _line(event), self._node(event, key, depth)
            if not isinstance(name, Scalar) or not name.text:
                self._node(next(self._events), key, depth)
                self._complaints.add(line, key, "a key must be a word", "write it before a colon and a space")
                continue
            below = inside(key, name.text)
            value = self._node(next(self._events), below, depth)
            if name.text == "<<":
                merged.extend(self._mappings(value, below))
            elif name.text in entries:
                first = entries[name.text].line
                self._complaints.add(
                    line, below, f"stands twice, first on line {first}", "keep one of the two"
                )
            else:
                entries[name.text] = MappingEntry(line, value)
        for mapping in merged:  # a key of one's own wins, then that of an earlier merge (yaml.org/type/merge)
            for word, entry in mapping.entries.items():
                entries.setdefault(word, entry)
        return entries

    def _mappings(self, node: Node, key: str) -> list[Mapping]:
        nodes = node.items if isinstance(node, Sequence) else (node,)
        mappings = [one for one in nodes if isinstance(one, Mapping)]
        if len(mappings) < len(nodes):
            self._complaints.add(node.line, key, "only a mapping can be merged", "write `<<: *name`")
        return mappings


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _reading(event: yaml.ScalarEvent) -> Reading:
    if event.implicit[0] and event.tag is None:  # plain, without quotes
        for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(event.value[:1], ()):
            if pattern.match(event.value):
                return _READINGS.get(tag, "text")
    return "text"
