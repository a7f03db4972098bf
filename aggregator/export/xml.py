"""The door to lxml: writes a document element by element, each on a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from lxml import etree

# Written with its prefix, since for the name in braces xmlfile invents a prefix, which XML forbids.
_XML_LANG = "xml:lang"


class XmlWriter:
    """Writes elements of one namespace; attributes that are None are left out, `lang` is xml:lang.

    lxml escapes what must be escaped, and raises ValueError for what XML forbids instead of writing it.
    """

    def __init__(self, out: Any, namespace: str) -> None:
        self._out = out
        self._namespace = f"{{{namespace}}}" if namespace else ""

    def leaf(self, name: str, text: str = "", /, **attributes: str | None) -> None:
        """An element with text or nothing in it."""
        with self._out.element(self._namespace + name, _given(attributes)):
            if text:
                self._out.write(text)
        self._out.write("\n")

    @contextmanager
    def element(self, name: str, /, **attributes: str | None) -> Iterator[None]:
        """An element with others in it."""
        with self._out.element(self._namespace + name, _given(attributes)):
            self._out.write("\n")
            yield
        self._out.write("\n")


def document(
    root: str, namespace: str, write: Callable[[XmlWriter], None], **attributes: str | None
) -> bytes:
    """The document in UTF-8, whose root holds what `write` writes."""
    buffer = BytesIO()
    with etree.xmlfile(buffer, encoding="utf-8") as out:
        out.write_declaration()
        writer = XmlWriter(out, namespace)
        nsmap = {None: namespace} if namespace else None
        with out.element(writer._namespace + root, _given(attributes), nsmap=nsmap):
            out.write("\n")
            write(writer)
    return buffer.getvalue() + b"\n"


def _given(attributes: dict[str, str | None]) -> dict[str, str]:
    return {
        _XML_LANG if name == "lang" else name: value
        for name, value in attributes.items()
        if value is not None
    }
