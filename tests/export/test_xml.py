"""What we write as XML is to the byte what lxml makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import hypothesis
import pytest
from hypothesis import strategies as st
from lxml import etree

from aggregator.export.xml import XML_LANG, XmlWriter, document

ATOM, MEDIA = "http://www.w3.org/2005/Atom", "http://search.yahoo.com/mrss/"
TEXTS = st.text(st.characters() | st.sampled_from('<>&"\t\r\n \x1b\ufffd\uffff\ud800'), max_size=12)
ATTRIBUTES = st.dictionaries(st.sampled_from(["lang", "href", "title"]), st.none() | TEXTS, max_size=3)
LEAVES = st.lists(
    st.tuples(st.sampled_from(["id", "title", f"{{{MEDIA}}}thumbnail"]), TEXTS, ATTRIBUTES), max_size=4
)


def named(attributes: Mapping[str, str | None]) -> dict[str, str]:
    return {
        XML_LANG if name == "lang" else name: value for name, value in attributes.items() if value is not None
    }


@hypothesis.given(LEAVES, ATTRIBUTES, st.sampled_from([None, {"media": MEDIA, "fh": "urn:fh"}]))
def test_as_lxml_writes_it(
    leaves: list[tuple[str, str, dict[str, str | None]]],
    attributes: dict[str, str | None],
    prefixes: dict[str, str] | None,
) -> None:
    def write(xml: XmlWriter) -> None:
        with xml.element("entry", **attributes):
            for name, text, given in leaves:
                xml.leaf(name, text, **given)

    def by_lxml() -> bytes:
        root = etree.Element(
            f"{{{ATOM}}}feed",
            named(attributes),
            nsmap=cast("dict[str, str]", {None: ATOM, **(prefixes or {})}),
        )
        entry = etree.SubElement(root, f"{{{ATOM}}}entry", named(attributes))
        root.text = entry.text = entry.tail = "\n"
        for name, text, given in leaves:
            tag = name if name[0] == "{" else f"{{{ATOM}}}{name}"
            local = {"media": MEDIA} if name[0] == "{" else None
            leaf = etree.SubElement(entry, tag, named(given), nsmap=local)
            leaf.text, leaf.tail = text or None, "\n"
        data = etree.tostring(root, xml_declaration=True, encoding="utf-8") + b"\n"
        return data.replace("\ufffd".encode(), b"?")

    try:
        wanted = by_lxml()
    except ValueError:
        with pytest.raises(ValueError, match="XML forbids"):
            document("feed", ATOM, write, prefixes, **attributes)
    else:
        assert document("feed", ATOM, write, prefixes, **attributes) == wanted
