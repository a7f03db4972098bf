"""The door to lxml: writes a document element by element, each on a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from lxml import etree

# Written with its prefix, since for the name in braces xmlfile invents a prefix, which XML forbids.
_XML_LANG = "xml:lang"


class XmlWriter:
    """Writes elements of one namespace, or of the one in braces before the name (Clark's notation).

    Attributes that are None are left out, `lang` is xml:lang.

    lxml escapes what must be escaped, and raises ValueError for what XML forbids instead of writing it.
    """

    def __init__(self, out: Any, namespace: str) -> None:
        self._out = out
        self._namespace = f"{{{namespace}}}" if namespace else ""

    def leaf(self, name: str, text: str = "", /, **attributes: str | None) -> None:
        """An element with text or nothing in it."""
        with self._out.element(self.full(name), _given(attributes)):
            if text:
                self._out.write(text)
        self._out.write("\n")

    @contextmanager
    def element(self, name: str, /, **attributes: str | None) -> Iterator[None]:
        """An element with others in it."""
        with self._out.element(self.full(name), _given(attributes)):
            self._out.write("\n")
            yield
        self._out.write("\n")

    def full(self, name: str) -> str:
        return name if name.startswith("{") else self._namespace + name


def document(
    root: str,
    namespace: str,
    write: Callable[[XmlWriter], None],
    prefixes: Mapping[str, str] | None = None,
    **attributes: str | None,
) -> bytes:
    """The document in UTF-8, whose root holds what `write` writes; `prefixes`: of further namespaces."""
    buffer = BytesIO()
    with etree.xmlfile(buffer, encoding="utf-8") as out:
        out.write_declaration()
        writer = XmlWriter(out, namespace)
        nsmap: dict[str | None, str] = {None: namespace} if namespace else {}
        nsmap.update(prefixes or {})
        with out.element(writer.full(root), _given(attributes), nsmap=nsmap):
            out.write("\n")
            write(writer)
    return buffer.getvalue() + b"\n"


def parsed(data: bytes) -> etree._Element:
    """The root of a document of ours, read again: no entity is resolved and nothing is fetched."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _given(attributes: dict[str, str | None]) -> dict[str, str]:
    return {
        _XML_LANG if name == "lang" else name: value
        for name, value in attributes.items()
        if value is not None
    }
