"""The XML parser that feedparser is told to prefer: Python's own, with shorter ways for what is frequent.

Python's driver hands on every line and every `&lt;` of an escaped article by itself; whole, it is a quarter
less work. And it splits and maps the name of each element anew, which a feed has a dozen of: here that is
done once a document. This module follows the shape that `xml.sax.make_parser` asks of a driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.expatreader import ExpatParser

_PIECE = 1 << 16  # bytes of text handed on at once


class _Short(ExpatParser):
    _parser: Any  # pyexpat's, made anew by reset()
    _cont_handler: Any  # feedparser's

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_size = _PIECE
        self._parser.buffer_text = True
        self._tags: dict[str, str | None] = {}

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        tag = self._tag(name)
        if tag is None or self._cont_handler.decls or any(" " in attribute for attribute in attrs):
            super().start_element_ns(name, attrs)
        else:
            self._cont_handler.unknown_starttag(tag, [(key.lower(), value) for key, value in attrs.items()])

    def end_element_ns(self, name: str) -> None:
        tag = self._tag(name)
        if tag is None:
            super().end_element_ns(name)
        else:
            self._cont_handler.unknown_endtag(tag)

    def _tag(self, name: str) -> str | None:
        """What feedparser calls the element; None where that depends on more than its own table of namespaces.

        `name`: "local", "namespace local" or "namespace local prefix".
        """
        if name not in self._tags:
            *namespace, local = name.split(" ")[:2]
            prefix = self._cont_handler._matchnamespaces.get("".join(namespace).lower())
            self._tags[name] = None if prefix is None else f"{prefix}:{local}".lower().removeprefix(":")
        return self._tags[name]


def create_parser() -> ExpatParser:
    """A new parser (the name is `xml.sax`'s)."""
    return _Short()
