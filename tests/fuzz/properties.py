"""What must hold of everything that comes out, whatever went in: functions that raise Broken, and otherwise say nothing."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from aggregator.models import Entry, ReadError, ReadFeed
from aggregator.normalise import tables
from support import valid


class Broken(AssertionError):
    """A property that does not hold; `kind` names it."""

    def __init__(self, kind: str, words: object = "") -> None:
        self.kind = kind
        super().__init__(f"{kind}: {str(words)[:2000]}")


_WEB = ("http://", "https://")
_ADDRESSES = frozenset(
    {"href", "src", "poster", "action", "data", "formaction", "srcset", "cite", "xlink:href"}
)
_SCHEME = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.-]*):", re.I)
_BREAK = re.compile("[\t\r\n]")  # browsers do not see them in an address
_HARMLESS = ("http", "https", "mailto")
_ACTIVE = frozenset("script iframe frame object embed applet base noscript template".split())
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_MASKED = ("on which the reader fails", "while cleaning it", "entries left out that the reader fails on")


def a_reading(found: object, now: datetime) -> None:
    """A result is of the right types and keeps its promises; a failure is words that its owner understands."""
    if isinstance(found, ReadError):
        if not found.message or len(found.message) > 600 or not found.message.isprintable():
            raise Broken("words", repr(found.message))
        told: Iterable[str] = (found.message,)
    elif isinstance(found, ReadFeed):
        told = (*found.skipped, found.info.problem or "")
        for entry in found.entries:
            _entry(entry, now)
        for name in ("title", "link", "id", "language", "rights", "icon", "hub", "self_link", "format"):
            _plain(f"info.{name}", getattr(found.info, name))
        for url in (found.info.link, found.info.icon, found.info.hub, found.info.self_link):
            _web("info", url)
    else:
        raise Broken("type", type(found))
    for words in told:
        if any(masked in words for masked in _MASKED):
            raise Broken("masked", words)  # an exception that only a catch-all caught


def _entry(entry: Entry, now: datetime) -> None:
    for name, least, most in (
        ("guid", 1, 1000),
        ("title", 1, 1000),
        ("summary", 0, 500),
        ("content", 0, 1_000_000),
    ):
        value = getattr(entry, name)
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise Broken("length", f"{name} {value!r}")
    for name in (
        "guid",
        "title",
        "summary",
        "link",
        "image",
        "language",
        "source",
        "link_key",
        "title_key",
        "global_id",
    ):
        _plain(name, getattr(entry, name))
    for tag in entry.tags:
        _plain("tag", tag)
    for person in entry.authors:
        for part in (person.name, person.url, person.email):
            _plain("author", part)
        _web("author", person.url)
    for enclosure in entry.enclosures:
        _web("enclosure", enclosure.url)
        _plain("enclosure", enclosure.media_type)
    for url in (entry.link, entry.image):
        _web("link", url)
    for moment in (entry.published, entry.updated):
        if moment is not None and (moment.tzinfo is not UTC or moment > now + timedelta(minutes=10)):
            raise Broken("date", moment)
    if not re.fullmatch("[0-9a-f]{32}", entry.fingerprint):
        raise Broken("fingerprint", entry.fingerprint)
    printable("content", entry.content)
    inert("content", entry.content, strict=True)


def _plain(name: str, value: object) -> None:
    """One line of text, or nothing."""
    if value is None:
        return
    if not isinstance(value, str):
        raise Broken("type", f"{name} {value!r}")
    printable(name, value)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise Broken("not one line", f"{name} {value!r}")


def _web(name: str, url: object) -> None:
    if url is not None and not (isinstance(url, str) and url.startswith(_WEB)):
        raise Broken("address", f"{name} {url!r}")


def printable(name: str, text: str) -> None:
    found = _FORBIDDEN.search(text)
    if found:
        raise Broken("control character", f"{name}: {text[max(0, found.start() - 40) : found.end() + 40]!r}")


def inert(name: str, html: str, strict: bool = False) -> None:
    """HTML that runs nothing; `strict`: made of nothing but the tags that clean HTML may have."""
    if "<" not in html:
        return
    tree = LexborHTMLParser(html if not strict else f"<!doctype html><body><div>{html}</div>")
    for node in tree.css("div *" if strict else "*"):
        tag = node.tag or ""
        if tag in _ACTIVE or (strict and tag not in tables.TAGS):
            raise Broken("tag", f"{name}: <{tag}> in {html[:500]!r}")
        for attribute, value in node.attributes.items():
            if (
                attribute.startswith("on")
                or attribute in ("srcdoc", "srcset")
                or (strict and attribute == "style")
            ):
                raise Broken("attribute", f"{name}: {attribute}={value!r}")
            scheme = _SCHEME.match(_BREAK.sub("", value or "")) if attribute in _ADDRESSES else None
            if (
                scheme and scheme[1].lower() not in _HARMLESS and not (tag == "link" and not strict)
            ):  # our icon
                raise Broken("script link", f"{name}: {attribute}={value!r}")


def outputs(files: Mapping[str, bytes]) -> None:
    """Everything that is published: valid by its schema, without control characters, inert."""
    for name, data in files.items():
        kind = name.rpartition(".")[2]
        if kind in ("ico", "png"):
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeError as error:
            raise Broken("not UTF-8", f"{name}: {error}") from error
        printable(name, text)
        try:
            if kind in _CHECKS:
                _CHECKS[kind](name, data)
        except Broken:
            raise
        except Exception as error:
            raise Broken(f"invalid {kind}", f"{name}: {error}") from error


def _atom(name: str, data: bytes) -> None:
    root = valid.atom(data)
    for html in root.iterfind(".//a:content[@type='html']", valid.NS):
        inert(name, html.text or "", strict=True)


def _json(name: str, data: bytes) -> None:
    feed = valid.jsonfeed(data)
    _texts(name, feed)
    for item in feed["items"]:
        inert(name, item.get("content_html", ""), strict=True)


def _texts(name: str, value: Any) -> None:
    """The strings in a JSON value, decoded: an escape can hide what the bytes do not show."""
    printable(name, json.dumps(value, ensure_ascii=False).replace("\\n", "\n"))
    if isinstance(value, dict):
        for inner in value.values():
            _texts(name, inner)
    elif isinstance(value, list):
        for inner in value:
            _texts(name, inner)
    elif isinstance(value, str):
        printable(name, value)


def _html(name: str, data: bytes) -> None:
    inert(name, data.decode())


def _opml(name: str, data: bytes) -> None:
    etree.fromstring(data)


_CHECKS = {"atom": _atom, "json": _json, "html": _html, "opml": _opml}
