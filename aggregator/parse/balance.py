"""Closes tags where they were meant to be closed, for documents of which the lenient reader loses entries or fields.

What HTML would never close is closed at once; an end tag that nothing opened is the misspelt one of the element
that is open; a new item, and the next field of one, end those before them.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>"
    r"|<(?P<end>/?)(?P<name>[A-Za-z_][\w.:-]*)(?P<attributes>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w.:-]*)(?:\s*=\s*(\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>]+))?")
_ENTRIES = frozenset({"item", "entry"})
_HOLDERS = _ENTRIES | {"channel", "rss", "rdf", "feed"}
# Fields that hold text alone, and all whose beginning says that one of them has ended.
_PLAIN = frozenset({"title", "link", "guid", "id", "pubdate", "published", "updated", "category", "comments"})
_FIELDS = _PLAIN | {
    "description",
    "summary",
    "content",
    "author",
    "enclosure",
    "source",
    "encoded",
    "creator",
    "date",
}
_VOID = frozenset({"br", "img", "hr", "wbr", "input", "meta", "col", "area", "embed", "param"})
_DEEPEST = 200


def balanced(markup: str) -> str | None:
    """The document with each of its elements closed; None for one that nests too deeply."""
    written: list[str] = []
    stack = _Stack(written)
    position = 0
    for token in _TOKEN.finditer(markup):
        written.append(markup[position : token.start()])
        position = token.end()
        name = token["name"]
        if name is None:
            written.append(token[0])
        elif token["end"]:
            stack.end(name)
        else:
            attributes = token["attributes"]
            stack.start(name, _attributes(attributes), alone=attributes.rstrip().endswith("/"))
        if len(stack) > _DEEPEST:
            return None
    written.append(markup[position:])
    stack.close(0)
    return "".join(written)


class _Stack:
    """The elements that are open, as their start tags are written."""

    def __init__(self, written: list[str]) -> None:
        self._written = written
        self._names: list[str] = []
        self._parents: set[int] = set()  # depths at which elements have others in them

    def __len__(self) -> int:
        return len(self._names)

    def start(self, name: str, attributes: str, *, alone: bool) -> None:
        local = _local(name)
        kinds = [_local(each) for each in self._names]
        if local in _ENTRIES and (inside := [n for n, kind in enumerate(kinds) if kind in _ENTRIES]):
            self.close(inside[0])
        elif local in _FIELDS and len(kinds) > 1 and kinds[-1] in _PLAIN and kinds[-2] in _HOLDERS:
            self.close(len(kinds) - 1)
        self._parents.add(len(self._names))
        alone = alone or name.lower() in _VOID
        self._written.append(f"<{name}{attributes}{'/' if alone else ''}>")
        if not alone:
            self._names.append(name)
            self._parents.discard(len(self._names))

    def end(self, name: str) -> None:
        if name.lower() in _VOID or not self._names:
            return
        folded = [each.lower() for each in self._names]
        outermost = next((n for n in range(len(folded), 0, -1) if _local(folded[n - 1]) in _HOLDERS), 0)
        reach = 0 if _local(name) in _HOLDERS else outermost  # the end of a field ends no item
        found = [n for n in range(reach, len(folded)) if folded[n] == name.lower()]
        if found:
            self.close(found[-1])
        elif _local(folded[-1]) not in _HOLDERS and len(folded) not in self._parents:
            self.close(len(folded) - 1)  # misspelt

    def close(self, depth: int) -> None:
        """Closes all elements but so many."""
        while len(self._names) > depth:
            self._written.append(f"</{self._names.pop()}>")


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _attributes(written: str) -> str:
    """The attributes, each in quotes and once."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(written):
        quoted = value if value[:1] in ("'", '"') else f'"{value}"'
        found.setdefault(name, quoted)
    return "".join(f" {name}={value}" for name, value in found.items())
