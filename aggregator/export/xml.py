"""The door to lxml: builds a document element by element, each on a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lxml import etree

_PREFIXES = {"http://search.yahoo.com/mrss/": {"media": "http://search.yahoo.com/mrss/"}}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class XmlWriter:
    """Adds elements of one namespace, or of the one in braces before the name (Clark's notation).

    Attributes that are None are left out, `lang` is xml:lang. lxml escapes what must be escaped, and raises
    ValueError for what XML forbids instead of writing it.
    """

    def __init__(self, parent: etree._Element, namespace: str) -> None:
        self._parent = parent
        self._namespace = f"{{{namespace}}}" if namespace else ""

    def leaf(self, name: str, text: str = "", /, **attributes: str | None) -> None:
        """An element with text or nothing in it."""
        self._add(name, attributes).text = text or None

    @contextmanager
    def element(self, name: str, /, **attributes: str | None) -> Iterator[None]:
        """An element with others in it."""
        outer, self._parent = self._parent, self._add(name, attributes)
        self._parent.text = "\n"
        yield
        self._parent = outer

    def _add(self, name: str, attributes: dict[str, str | None]) -> etree._Element:
        tag = name if name[0] == "{" else self._namespace + name
        # The prefix stands where it is used, so that the root is the same whatever an entry holds.
        nsmap = _PREFIXES.get(tag.partition("}")[0][1:]) if tag[0] == "{" else None
        added = etree.SubElement(self._parent, tag, _given(attributes) if attributes else None, nsmap=nsmap)
        added.tail = "\n"
        return added


def document(
    root: str,
    namespace: str,
    write: Callable[[XmlWriter], None],
    prefixes: Mapping[str, str] | None = None,
    **attributes: str | None,
) -> bytes:
    """The document in UTF-8, whose root holds what `write` writes; `prefixes`: of further namespaces."""
    nsmap: dict[Any, str] = {None: namespace} if namespace else {}
    nsmap.update(prefixes or {})
    tag = f"{{{namespace}}}{root}" if namespace else root
    top = etree.Element(tag, _given(attributes), nsmap=nsmap)
    top.text = "\n"
    write(XmlWriter(top, namespace))
    data = etree.tostring(top, xml_declaration=True, encoding="utf-8") + b"\n"
    # A replacement character says that a program went wrong, and validators believe that it was ours.
    return data.replace("\ufffd".encode(), b"?")


def parsed(data: bytes) -> etree._Element:
    """The root of a document of ours, read again: no entity is resolved and nothing is fetched."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _given(attributes: dict[str, str | None]) -> dict[str, str]:
    return {
        XML_LANG if name == "lang" else name: value for name, value in attributes.items() if value is not None
    }
