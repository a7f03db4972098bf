"""Edits feeds.yaml as a careful person would: the lines concerned change, every other byte stays.

Not a YAML round trip: emitters reformat what they did not change, and a planet's members read the diff. The
parser says where each part stands, the text is edited there, and the result is read again: where it does not say
exactly what was meant (an alias, a merge, an odd style), the file stays untouched and the edit is left to the user.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import yaml

from aggregator.config.tree import reading_of
from aggregator.errors import AggregatorError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# Text that is the same with and without quotes, in a block and in brackets.
_PLAIN = re.compile(r"[^\W_](?:[\w .+/&%()~=;@?$^!*|<>'’–—-]|:(?=[^\s,\]}])|#)*", re.UNICODE)
_PLAIN_URL = re.compile(r"https?://[^\s,\[\]{}\"'`#]+(?:#[^\s,\[\]{}\"'`]*)?")

_ITEM_INDENT = 2  # of the first feed of a list


class EditError(AggregatorError):
    """feeds.yaml cannot be edited so; it stays as it was."""


class FeedItem(NamedTuple):
    """What is written of one subscription."""

    url: str
    name: str | None = None
    tags: tuple[str, ...] = ()
    site: str | None = None
    avatar: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


class FeedsText:
    """The text of a feeds.yaml, edited in place; `text` is what to write."""

    def __init__(self, text: str) -> None:
        self.text = text

    def add(self, items: Sequence[FeedItem]) -> None:
        """Adds feeds at the end of the list, which is begun where there is none."""
        if not items:
            return
        marks, node = self._feeds()
        if isinstance(node, yaml.SequenceNode) and node.flow_style and node.value:
            self._add_to_flow(marks, node, list(map(_flow_item, items)))
            return
        if isinstance(node, yaml.SequenceNode) and node.value:
            indent = node.start_mark.column
            self._insert(marks.last_line_end(node.value[-1]), _block_items(items, indent))
            return
        key = marks.key("feeds")
        if key is None:
            self._insert(len(self.text), ["feeds:", *_block_items(items, _ITEM_INDENT)])
            return
        start = marks.end(key)
        end = marks.end(node) if node is not None and marks.end(node) > start else start
        rest = self.text[end:]
        self.text = self.text[:start] + ":" + (rest[1:] if rest.startswith(":") and end == start else rest)
        self._insert(_line_end(self.text, start), _block_items(items, _ITEM_INDENT))

    def _add_to_flow(self, marks: _Marks, node: Any, written: list[str]) -> None:
        """Behind the last feed; on lines of their own where the closing bracket is on one."""
        last, bracket = marks.end(node.value[-1]), marks.end(node) - 1
        comma = re.compile(r"\s*,").match(self.text, last)
        if comma is None:
            self.text = f"{self.text[:last]},{self.text[last:]}"
            bracket += 1
        end = comma.end() if comma else last + 1
        if not _BREAK.search(self.text, end, bracket):
            self.text = f"{self.text[:end]} {', '.join(written)}{self.text[bracket:]}"
            return
        pad = " " * node.value[-1].start_mark.column
        self._insert(_line_end(self.text, end), [f"{pad}{each}," for each in written])

    def remove(self, index: int) -> None:
        """Removes one feed, with its lines; comments before it stay."""
        marks, node = self._feeds()
        item = self._item(node, index)
        assert isinstance(node, yaml.SequenceNode)  # noqa: S101 - _item has said so
        if node.flow_style:
            start, end = marks.start(item), marks.end(item)
            after = re.compile(r"\s*,\s*").match(self.text, end)
            if after:
                end = after.end()
            else:
                start = len(self.text[:start].rstrip().removesuffix(","))
            self.text = self.text[:start] + self.text[end:]
            return
        start = self.text.rindex("-", 0, marks.start(item))
        line = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1
        if self.text[line:start].strip():
            raise EditError("the feed begins on the line of its list")
        end = _next_line(self.text, marks.last_line_end(item))
        if len(node.value) == 1:
            key = marks.key("feeds")
            assert key is not None  # noqa: S101 - there is a list under it
            after_key = marks.end(key) + 1
            self.text = self.text[:after_key] + " []" + self.text[after_key:line] + self.text[end:]
            return
        self.text = self.text[:line] + self.text[end:]

    def set(self, index: int, key: str, value: str | Sequence[str] | None) -> None:
        """Sets a key of one feed, a text or a list of texts; None removes it."""
        marks, node = self._feeds()
        item = self._item(node, index)
        if isinstance(item, yaml.ScalarNode):
            if value is None:
                return
            start, end = marks.start(item), marks.end(item)
            if key == "url":
                self.text = self.text[:start] + _scalar(str(value)) + self.text[end:]
            elif isinstance(node, yaml.SequenceNode) and node.flow_style:
                written = f"{{url: {self.text[start:end]}, {key}: {_value(value)}}}"
                self.text = self.text[:start] + written + self.text[end:]
            else:
                column = item.start_mark.column
                self.text = self.text[:start] + "url: " + self.text[start:]
                self._insert(_line_end(self.text, end), [f"{' ' * column}{key}: {_value(value)}"])
            return
        if not isinstance(item, yaml.MappingNode):
            raise EditError("the feed is written in a way that cannot be edited")
        found = next(((k, v) for k, v in item.value if k.value == key), None)
        if found is not None:
            self._replace(marks, item, found[0], found[1], value)
        elif value is None:
            return
        elif item.flow_style:
            at = len(self.text[: marks.end(item) - 1].rstrip())
            comma = "" if self.text[at - 1] in ",{" else ","
            self.text = f"{self.text[:at]}{comma} {key}: {_value(value)}{self.text[at:]}"
        else:
            # The order in which people write them: url, name, tags.
            preceding = ("name", "url") if key == "tags" else ("url",)
            present = {pair[0].value: pair[1] for pair in item.value}
            after = next((present[name] for name in preceding if name in present), item.value[0][1])
            column = item.start_mark.column
            self._insert(marks.last_line_end(after), [f"{' ' * column}{key}: {_value(value)}"])

    def _replace(
        self, marks: _Marks, item: Any, key: Any, value: Any, new: str | Sequence[str] | None
    ) -> None:
        start, end = marks.end(key), marks.last(value)
        if new is not None:
            self.text = f"{self.text[:start]}: {_value(new)}{self.text[end:]}"
        elif item.flow_style:
            before = self.text[: marks.start(key)].rstrip()
            after = self.text[end:].lstrip()
            if before.endswith(","):
                before = before[:-1]
            elif after.startswith(","):
                after = after[1:].lstrip()
            self.text = before + after
        else:
            begin = marks.start(key)
            line = max(self.text.rfind("\n", 0, begin), self.text.rfind("\r", 0, begin)) + 1
            if self.text[line:begin].strip():
                raise EditError(f"`{key.value}` begins on the line of the dash")
            self.text = self.text[:line] + self.text[_next_line(self.text, _line_end(self.text, end)) :]

    def _feeds(self) -> tuple[_Marks, Any]:
        """Where everything stands, and the value of `feeds`; None where there is none."""
        try:
            root = yaml.compose(self.text, Loader=_LOADER)
        except yaml.YAMLError as error:
            raise EditError(f"is not valid YAML: {error}") from None
        if isinstance(root, yaml.ScalarNode) and root.tag.endswith(":null"):
            root = None
        if root is not None and not isinstance(root, yaml.MappingNode):
            raise EditError("does not begin with a key")
        marks = _Marks(self.text, root)
        node = marks.value("feeds")
        if node is not None and not isinstance(node, yaml.SequenceNode):
            if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
                return marks, None
            raise EditError("`feeds` is not a list")
        return marks, node

    def _item(self, node: Any, index: int) -> Any:
        if not isinstance(node, yaml.SequenceNode) or index >= len(node.value):
            raise EditError("the feed is not in the list")
        return node.value[index]

    def _insert(self, at: int, lines: Iterable[str]) -> None:
        """Inserts whole lines after the line that ends at this offset."""
        found = _BREAK.search(self.text)
        end = found[0] if found else "\n"
        block = end.join(lines)
        before, after = self.text[:at], self.text[at:]
        if before and not _BREAK.search(before[-1]):
            block = end + block
        self.text = before + block + (after if _BREAK.match(after) else end + after)


class _Marks:
    """Offsets of nodes in the text."""

    def __init__(self, text: str, root: Any) -> None:
        self._text = text
        self._root = root
        bom = 1 if text.startswith("\ufeff") else 0
        self._lines = [bom, *(found.end() for found in _BREAK.finditer(text))]

    def offset(self, mark: Any) -> int:
        return int(self._lines[mark.line] + mark.column)

    def start(self, node: Any) -> int:
        return self.offset(node.start_mark)

    def end(self, node: Any) -> int:
        return self.offset(node.end_mark)

    def last(self, node: Any) -> int:
        """Behind the last visible character of a node; a block's own end lies behind its comments."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self.last(last[1] if isinstance(last, tuple) else last)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return len(self._text[: self.end(node)].rstrip())
        return self.end(node)

    def last_line_end(self, node: Any) -> int:
        return _line_end(self._text, self.last(node))

    def key(self, name: str) -> Any:
        pairs = self._root.value if self._root is not None else ()
        return next((key for key, _ in pairs if key.value == name), None)

    def value(self, name: str) -> Any:
        pairs = self._root.value if self._root is not None else ()
        return next((value for key, value in pairs if key.value == name), None)


def _line_end(text: str, at: int) -> int:
    found = _BREAK.search(text, at)
    return found.start() if found else len(text)


def _next_line(text: str, at: int) -> int:
    found = _BREAK.match(text, at)
    return found.end() if found else at


# ---------------------------------------------------------------- how values are written


def _block_items(items: Iterable[FeedItem], indent: int) -> list[str]:
    pad = " " * indent
    lines = []
    for item in items:
        first, *others = _pairs(item)
        lines.append(f"{pad}- {first}" if others else f"{pad}- {_scalar(item.url)}")
        lines += [f"{pad}  {pair}" for pair in others]
    return lines


def _flow_item(item: FeedItem) -> str:
    pairs = _pairs(item)
    return "{" + ", ".join(pairs) + "}" if len(pairs) > 1 else _scalar(item.url)


def _pairs(item: FeedItem) -> list[str]:
    """What is said of a subscription, the URL first."""
    extra = ", ".join(f"{_scalar(key)}: {_scalar(value)}" for key, value in item.extra)
    values = {
        "url": _scalar(item.url),
        "name": _scalar(item.name) if item.name is not None else "",
        "tags": _value(item.tags) if item.tags else "",
        "site": _scalar(item.site) if item.site else "",
        "avatar": _scalar(item.avatar) if item.avatar else "",
        "extra": f"{{{extra}}}" if extra else "",
    }
    return [f"{key}: {value}" for key, value in values.items() if value]


def _value(value: str | Sequence[str]) -> str:
    return _scalar(value) if isinstance(value, str) else f"[{', '.join(map(_scalar, value))}]"


def _scalar(text: str) -> str:
    """The text without quotes where YAML reads it as this very text, else with them."""
    plain = _PLAIN_URL.fullmatch(text) or (
        _PLAIN.fullmatch(text)
        and not text.endswith((" ", ":"))
        and " #" not in text
        and reading_of(text) == "text"
    )
    return text if plain else json.dumps(text, ensure_ascii=False)
