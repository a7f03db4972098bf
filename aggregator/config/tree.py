"""YAML text -> a tree of values that know their lines; nothing is constructed, and nothing can explode.

Built from the parser's events and not with `yaml.compose`, which neither bounds depth and aliases nor
says that a key stands twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, NoReturn

import yaml

from aggregator.config.issues import Issues, inside, redact
from aggregator.records import dataclass

Reading = Literal["text", "truth", "number", "date", "nothing"]

_DEEPEST = 16  # levels; feeds.yaml needs seven
_TOO_DEEP = f"nests more than {_DEEPEST} levels deep"
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

# What YAML 1.1 cannot carry (5.1 Character Set); PyYAML's own, for it takes 4 ms to compile.
_FORBIDDEN = yaml.reader.Reader.NON_PRINTABLE

_CLOSERS = {"flow sequence": "[", "flow mapping": "{"}

# Part of the parser's message (libyaml's or the pure parser's), our problem, our fix.
_MEANINGS = (
    (
        "mapping values are not allowed",
        "unexpected ':'",
        "put quotes around text that contains ': '",
    ),
    (
        "node content",
        "missing value, or text that begins with a special character",
        "put quotes around text that begins with a special character",
    ),
)


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


def compose(text: str, issues: Issues, loader: Any = _LOADER) -> Node | None:
    """The only document in the text, or None where there is none. Complains of keys that stand twice.

    Raises ConfigError where the text is not YAML, or not of the kind that a settings file needs.
    """
    refuse_control_characters(text, issues)
    try:
        return _Composer(yaml.parse(text, Loader=loader), issues).document()
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The pure parser lets errors of chr() and int() pass.
        explain(error, text, issues)


class _Composer:
    def __init__(self, events: Iterator[Any], issues: Issues) -> None:
        self._events = events
        self._issues = issues
        self._anchors: dict[str, tuple[Node, int] | None] = {}  # with its size; None: still open
        self._count = 0  # of values so far, those that aliases stand for included
        self._repeated = 0

    def document(self) -> Node | None:
        node: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    self._issues.stop(
                        _line(event), "", "a second YAML document starts here", "remove the `---`"
                    )
                node = self._node(next(self._events), "", 0)
        return node

    def _node(self, event: Any, key: str, depth: int) -> Node:
        if depth <= _DEEPEST and _is_plain(event):
            self._count += 1
            text = event.value
            return Scalar(_line(event), text, reading_of(text) if event.implicit[0] else "text")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, key)
        if depth > _DEEPEST:
            self._issues.stop(_line(event), "", _TOO_DEEP)
        before, anchor = self._count, event.anchor
        self._count += 1
        if anchor:
            self._anchors[anchor] = None
        if event.tag not in _HARMLESS_TAGS:
            tag = redact(event.tag.replace(_TAG, "!!"))
            self._issues.add(_line(event), key, f"has the tag `{tag}`", "remove the tag")
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
        line, name = _line(event), redact(event.anchor)
        if event.anchor not in self._anchors:
            self._issues.stop(line, key, f"unknown alias `*{name}`", f"define it above with `&{name}`")
        known = self._anchors[event.anchor]
        if known is None:
            self._issues.stop(line, key, f"alias `*{name}` contains itself", "write it out")
        node, size = known
        self._count += size
        self._repeated += size
        if self._repeated > _MOST_REPEATED:
            self._issues.stop(
                line, key, f"aliases expand to more than {_MOST_REPEATED:,} values", "use fewer"
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
            line, name = _line(event), self._name(event, key, depth)
            if not name:
                self._node(next(self._events), key, depth)
                self._issues.add(line, key, "a key must be a word", "write it before a colon and a space")
                continue
            below = inside(key, name)
            value = self._node(next(self._events), below, depth)
            if name == "<<":
                merged.extend(self._mappings(value, below))
            elif name in entries:
                first = entries[name].line
                self._issues.add(line, below, f"duplicate key, first on line {first}", "remove one of them")
            else:
                entries[name] = MappingEntry(line, value)
        for mapping in merged:  # a key of one's own wins, then that of an earlier merge (yaml.org/type/merge)
            for word, entry in mapping.entries.items():
                entries.setdefault(word, entry)
        return entries

    def _name(self, event: Any, key: str, depth: int) -> str:
        """The key of an entry; "" for what is no word."""
        if depth <= _DEEPEST and _is_plain(event):
            self._count += 1
            text: str = event.value
            return text
        node = self._node(event, key, depth)
        return node.text if isinstance(node, Scalar) else ""

    def _mappings(self, node: Node, key: str) -> list[Mapping]:
        nodes = node.items if isinstance(node, Sequence) else (node,)
        mappings = [one for one in nodes if isinstance(one, Mapping)]
        if len(mappings) < len(nodes):
            self._issues.add(node.line, key, "only a mapping can be merged", "write `<<: *name`")
        return mappings


def _is_plain(event: Any) -> bool:
    """Whether it is a value without anchor and tag, as nearly all are."""
    return type(event) is yaml.ScalarEvent and not (event.anchor or event.tag)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _reading(event: yaml.ScalarEvent) -> Reading:
    plain = event.implicit[0] and event.tag is None  # without quotes
    return reading_of(event.value) if plain else "text"


def reading_of(text: str) -> Reading:
    """What YAML 1.1 takes this text for where it stands without quotes."""
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _READINGS.get(tag, "text")
    return "text"


# ---------------------------------------------------------------- syntax errors


def refuse_control_characters(text: str, issues: Issues) -> None:
    found = _FORBIDDEN.search(text)
    start = found.start() if found else text.find("\ufeff")  # a byte order mark in the middle
    if start >= 0:
        line = text.count("\n", 0, start) + 1
        issues.stop(line, "", f"contains the control character U+{ord(text[start]):04X}", "remove it")


def explain(error: Exception, text: str, issues: Issues) -> NoReturn:
    """Stop with the parser's error in plain words, at the line where the cure belongs."""
    problem = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None) or ""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        issues.stop(0, "", f"is not valid YAML: {problem}")
    line = mark.line + 1
    opening = getattr(error, "context_mark", None)
    opened = opening.line + 1 if opening else line
    if "nesting depth" in problem:  # PyYAML has a limit of its own since 6.0.4
        issues.stop(line, "", _TOO_DEEP)
    for part, problem_words, fix in _MEANINGS:
        if part in problem:
            issues.stop(line, "", problem_words, fix)
    if "cannot start any token" in problem:
        _explain_start(text, line, mark.column, issues)
    if "unexpected end of stream" in problem and "scalar" in context:
        issues.stop(opened, "", "unclosed quotation mark", "close it")
    for name, bracket in _CLOSERS.items():
        if name in context:
            issues.stop(
                opened,
                "",
                f"unclosed `{bracket}`, or an error inside it",
                "separate items with commas, and put quotes around items that contain special characters",
            )
    issues.stop(
        line,
        "",
        f"invalid YAML: {problem}",
        "check indentation and quotes, and put a space after each colon and dash",
    )


def _explain_start(text: str, line: int, column: int, issues: Issues) -> NoReturn:
    lines = text.splitlines()
    character = lines[line - 1][column : column + 1] if line <= len(lines) else ""
    if character == "\t":
        issues.stop(line, "", "tab in the indentation", "use spaces")
    issues.stop(line, "", f"text cannot begin with `{character}`", "put it in quotes")
