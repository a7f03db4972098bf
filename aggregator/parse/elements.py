"""What one XML element says: its text, its markup, a link, a person, an enclosure."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from lxml import etree

from aggregator.models import Enclosure, Person, Text
from aggregator.parse.namespaces import RDF, XML
from aggregator.parse.people import person_from_text
from aggregator.parse.texts import as_meant, looks_like_html, without_cdata
from aggregator.parse.tree import Tree
from aggregator.parse.values import (
    LINE,
    LINK,
    TITLE,
    Problems,
    base_beyond,
    join,
    medium_by_name,
    whole_number,
)

Element = etree._Element

HTML_TYPES = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
_TEXT_TYPES = frozenset({"text", "plain", "xml", *HTML_TYPES})
_BASE, _LANGUAGE = f"{XML}base", f"{XML}lang"
_NO_TEXT = ("image/", "audio/", "video/", "application/pdf", "application/zip")


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for an element and for all in it: xml:base ("" for none) and xml:lang."""

    base: str = ""
    language: str | None = None
    beyond: str | None = None  # the base, absolute, where it is not the document's address


class ElementReader:
    """Reads elements of one document; what is cut or left out is told in `problems`."""

    def __init__(self, url: str, tree: Tree, *, guess_html: bool, problems: Problems) -> None:
        """`guess_html`: the format leaves it to the reader whether a title is HTML, as RSS does."""
        self.url = url  # of the document
        self.language: str | None = None  # of the feed; told of a text only where it differs
        self.problems = problems
        self._guess_html, self._scoped, self._odd = guess_html, tree.scoped, tree.odd

    def scope(self, element: Element, outer: Scope) -> Scope:
        """What holds inside of the element."""
        if not self._scoped:
            return outer
        base, language = element.get(_BASE), element.get(_LANGUAGE)
        if base is None and language is None:
            return outer
        inner = _safe_base(outer.base, base) if base else outer.base
        return Scope(
            inner,
            outer.language if language is None else language.strip().replace("_", "-")[:LINE] or None,
            base_beyond(self.url, inner) if inner else None,
        )

    # ---------------------------------------------------------------- text

    def text(self, element: Element, limit: int = LINE) -> str:
        """The element's own text, else that of the elements in it; may be empty."""
        value = str(element.text or "")
        if len(element):
            value += "".join([child.tail or "" for child in element])
            if not value.strip():
                value = all_text(element)
        return self._clean(value, element, limit)

    def attribute(self, element: Element, *names: str, limit: int = LINE) -> str | None:
        """The first of these attributes that the element has, whatever their case."""
        for name in names:
            value: str | None = element.get(name)
            if value is None:
                wanted = name.lower()
                value = next((str(value) for key, value in element.items() if key.lower() == wanted), None)
            if value and (cleaned := self._clean(value, element, limit)):
                return cleaned
        return None

    def rich(self, element: Element, outer: Scope, limit: int = TITLE, default: str = "text") -> Text | None:
        """The element's text or markup, as its type says; None where it is empty, or no text at all."""
        said = element.get("type")
        kind = said.partition(";")[0].strip().lower() if said else default
        if kind.startswith(_NO_TEXT):
            return None
        mode = None if self._guess_html else element.get("mode")  # Atom 0.3
        if len(element) and mode != "base64":
            if self._scoped:
                base = self.scope(element, outer).base
                _put_bases_into_links(element, base, base)
            value, is_html = self._clean(inner_markup(element), element, limit), True
        else:
            value = str(element.text or "")
            if mode == "base64" or not _is_text(kind):
                value = _from_base64(value)
            value = self._clean(value, element, limit)
            is_html = kind in HTML_TYPES or (
                self._guess_html and kind in ("text", "plain", "text/plain") and looks_like_html(value)
            )
        if not value:
            return None
        scope = self.scope(element, outer) if self._scoped else outer
        return Text(value, is_html, scope.beyond, scope.language if scope.language != self.language else None)

    def _clean(self, value: str, element: Element, limit: int) -> str:
        if self._odd and not value.isascii():
            value = as_meant(value)
        value = value.strip()
        if "![" in value:
            value = without_cdata(value)
        if len(value) > limit:
            value = self.problems.cut(local_name(element), value, limit)
        return value

    # ---------------------------------------------------------------- links, people, media

    def link(self, element: Element, outer: Scope, value: str | None = None) -> str | None:
        """The address that stands in the element, or `value`, as xml:base makes it."""
        if value is None:
            value = self.text(element, limit=LINK + 1)
        if len(value) > LINK:
            return self.problems.link(local_name(element), value)
        if value and (base := self.scope(element, outer).base):
            value = join(base, value)
        return value or None

    def person(self, element: Element, outer: Scope) -> Person | None:
        """Atom's person, or a name and address in one text, as RSS has them."""
        parts: dict[str, str] = {}
        url = None
        for child in element:
            part = local_name(child)
            if part in ("uri", "url", "homepage"):
                url = self.link(child, outer) or url
            elif said := self.text(child):
                parts.setdefault(part, said)
        name, email = parts.get("name"), parts.get("email")
        if called := name or email or url:
            return Person(called, url, email)
        return person_from_text(self.text(element))

    def enclosure(self, element: Element, outer: Scope, length: str) -> Enclosure | None:
        """The file that the element points to, in an attribute or as text; `length`: which attribute has its size."""
        url = self.link(element, outer, self.attribute(element, "url", "href", "uri", limit=LINK + 1))
        if url is None:
            return None
        return Enclosure(url, self.attribute(element, "type"), whole_number(self.attribute(element, length)))


def all_text(element: Element) -> str:
    return "".join(map(str, element.itertext()))


def local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def medium(element: Element) -> str:
    """Media RSS's own word for the kind of a file, else the first half of its type, else by its name."""
    said = element.get("medium") or (element.get("type") or "").partition("/")[0]
    return said.strip().lower() or medium_by_name(element.get("url") or "")


def relation(element: Element) -> str:
    """A link's relation by its short name (RFC 4287, 4.2.7.2)."""
    said = element.get("rel")
    name = said.strip().lower() if said else "alternate"
    return name.removeprefix("http://www.iana.org/assignments/relation/")


def is_page(link: Element) -> bool:
    """Whether a link leads to HTML, as one that does not tell its type does."""
    said = link.get("type")
    return not said or said.strip().lower() in HTML_TYPES


def resource(element: Element) -> str | None:
    return element.get(f"{RDF}resource") or element.get("resource")


# ---------------------------------------------------------------- texts

_EMPTY_ELEMENT = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([A-Za-z][\w.-]*)([^<>]*?)/>"
)
_PREFIX = re.compile(r"(</?)[^\s<>/:]+:")
_XHTML = ' xmlns="http://www.w3.org/1999/xhtml"'


def inner_markup(element: Element) -> str:
    """The markup inside of an element as HTML; of XHTML in one div, as Atom wants it, what is in that div."""
    if len(element) == 1 and local_name(element[0]) == "div":
        child = element[0]
        if not (element.text or "").strip() and not (child.tail or "").strip():
            element = child
    written = etree.tostring(element, encoding="unicode", with_tail=False)
    inner = written[written.find(">") + 1 : written.rfind("</")]  # no ">" stands in a value unescaped
    inner = inner.replace(_XHTML, "")
    inner = _PREFIX.sub(r"\1", inner)
    # An element without content closes itself in XML, and would stay open in HTML.
    return _EMPTY_ELEMENT.sub(r"<\1\2></\1>", inner) if "/>" in inner else inner


def _is_text(kind: str) -> bool:
    return kind in _TEXT_TYPES or kind.startswith("text/") or kind.endswith(("+xml", "/xml"))


def _from_base64(value: str) -> str:
    try:
        return binascii.a2b_base64(value).decode()
    except (ValueError, UnicodeError):
        return value


# ---------------------------------------------------------------- xml:base


_LINKS = ("href", "src", "poster")


def _put_bases_into_links(element: Element, base: str, outer: str) -> None:
    """Makes the links in inline markup that xml:base moves elsewhere relative to `outer`, as all others are."""
    for child in element:
        said = child.get(_BASE)
        inner = _safe_base(base, said) if said else base
        if inner != outer:
            for name in _LINKS:
                if link := child.get(name):
                    child.set(name, join(inner, link))
        _put_bases_into_links(child, inner, outer)


def _safe_base(outer: str, base: str) -> str:
    """The base inside of an element that says xml:base; one that leads nowhere changes nothing."""
    found = join(outer, base.strip()) if len(base) <= LINK and join(base.strip(), "a") else ""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", found)
    return (
        outer
        if not found or (scheme and scheme[1].lower() not in ("http", "https", "ftp", "feed"))
        else found
    )
