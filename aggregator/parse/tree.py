"""XML to a tree, by lxml: nothing is fetched, nothing unfolded, and what is not well-formed is no tree."""

from __future__ import annotations

import re
from typing import NamedTuple

from lxml import etree

# It gets documents from their root element on: no DOCTYPE reaches it.
_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)
# Bytes of UTF-8 that may mean other characters: C1 controls, UTF-8 that was read as Latin-1, and references to
# either. Expressions that each begin with a letter of their own are found several times as fast as one.
_ODD_BYTES = (re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"\xc3[\x82-\xb4]\xc2"))
_ODD_REFERENCE = re.compile(rb"&#(?:1[2-9]\d|2[0-4]\d|[xX][89a-fA-F][0-9a-fA-F]);")


class Tree(NamedTuple):
    """A well-formed document, and what is worth knowing of it before each element is asked."""

    root: etree._Element
    scoped: bool = True  # it uses xml:base or xml:lang
    odd: bool = True  # it holds characters that may mean others: see `as_meant`


def parse_xml(markup: str) -> Tree | None:
    """The tree of a document that begins with its root element; None where it is not well-formed."""
    data = markup.encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError:
        return None
    return Tree(root, b"xml:" in data, _is_odd(data))


def _is_odd(data: bytes) -> bool:
    bytes_are = b"\xc2" in data and any(each.search(data) for each in _ODD_BYTES)
    return bytes_are or _ODD_REFERENCE.search(data) is not None
