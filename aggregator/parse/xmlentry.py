"""One entry of RSS, RDF, Atom or CDF, from feedparser's dictionary to a ParsedEntry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aggregator.models import Enclosure, ParsedEntry, Person, Text
from aggregator.parse.door import TEXT, TITLE, Door, Raw

_NO_TEXT = ("image/", "audio/", "video/", "application/pdf", "application/zip")
# RSS's "mail (name)" and the world's "name <mail>"; feedparser takes the domain to end after four letters.
_MAIL = r"[^\s@()<>]+@[^\s@()<>]+"
_MAIL_AND_NAME = re.compile(
    rf"(?P<email>{_MAIL})(?:\s*\((?P<name>[^()]+)\))?|(?P<called>[^()<>]+?)\s*[(<](?P<mail>{_MAIL})[)>]"
)
_WEB = ("http://", "https://")


def entry(door: Door, raw: Raw) -> ParsedEntry:
    """What the entry says, nothing repaired."""
    title = door.rich(raw, "title", TITLE) or door.rich(raw, "itunes_title", TITLE)
    content = _content(door, raw)
    source = door.item(raw, "source")
    return ParsedEntry(
        id=door.link(raw, "id"),
        link=_link(door, raw),
        original_link=door.link(raw, "feedburner_origlink"),
        title=title,
        summary=_summary(door, raw, content),
        content=content,
        published=door.text(raw, "published") or door.text(raw, "created"),
        updated=door.text(raw, "updated"),
        authors=people(door, raw),
        tags=_tags(door, raw),
        enclosures=_enclosures(door, raw),
        image=_image(door, raw),
        language=door.text(raw, "language") or _common_language(title, content),
        source_title=door.text(source, "title", TITLE),
        source_url=door.link(source, "link", "href"),
    )


def people(door: Door, raw: Raw) -> tuple[Person, ...]:
    """The authors, each once, in order."""
    listed = list(door.items(raw, "authors"))
    if len(listed) == 1 and not dict.get(listed[0], "href"):
        named = _MAIL_AND_NAME.fullmatch(door.text(raw, "author") or "")
        if named:
            email = (named["email"] or named["mail"]).partition("?")[0]
            return (Person(named["name"] or named["called"] or email, email=email),)
    found = (door.person(person) for person in listed)
    return tuple(dict.fromkeys(person for person in found if person))


def _link(door: Door, raw: Raw) -> str | None:
    """Atom's alternate, RSS's link, or a guid that is one.

    A guid is a permalink unless it says otherwise (RSS 2.0), and most that say nothing are no links at all.
    """
    link, guid = door.link(raw, "link"), door.link(raw, "id")
    if link and (link != guid or dict.get(raw, "guidislink") is not True or link.startswith(_WEB)):
        return link
    for other in door.items(raw, "links"):  # an alternate that is no HTML
        if dict.get(other, "rel") == "alternate" and (found := door.link(other, "href")):
            return found
    empty = dict.get(raw, "link") == ""  # <link/> hides from feedparser whether the guid is a permalink
    if empty and guid and guid.startswith(_WEB):
        return guid
    return next(filter(None, (door.link(item, "src") for item in door.items(raw, "content"))), None)


def _content(door: Door, raw: Raw) -> Text | None:
    """The longest of the contents that are HTML, else of those that are text."""
    found = []
    for item in door.items(raw, "content"):
        media_type = dict.get(item, "type")
        if isinstance(media_type, str) and not media_type.startswith(_NO_TEXT):
            value = door.text(item, "value", TEXT)
            if value:
                found.append(door.described(value, item))
    return max(found, key=lambda text: (text.is_html, len(text.value)), default=None)


def _summary(door: Door, raw: Raw, content: Text | None) -> Text | None:
    """The summary of the entry's own; feedparser copies the content where there is none."""
    summary = door.rich(raw, "summary", TEXT)
    if summary and content and summary.value == content.value and not dict.get(raw, "summary_detail"):
        summary = None
    return summary or door.rich(raw, "subtitle", TITLE)


def _tags(door: Door, raw: Raw) -> tuple[str, ...]:
    found = (door.text(tag, "label") or door.text(tag, "term") for tag in door.items(raw, "tags"))
    return tuple(dict.fromkeys(tag for tag in found if tag))


def _common_language(*texts: Text | None) -> str | None:
    return next((text.language for text in texts if text and text.language), None)


# ---------------------------------------------------------------- enclosures and images


def _enclosures(door: Door, raw: Raw) -> tuple[Enclosure, ...]:
    """RSS's and Atom's enclosures, and what Media RSS has to hear and to watch; each address once."""
    found: dict[str, Enclosure] = {}
    for item in door.items(raw, "links"):
        if dict.get(item, "rel") == "enclosure":
            _keep(door, found, item, door.link(item, "href"), "length")
    for item in door.items(raw, "media_content"):
        if _medium(item) in ("audio", "video"):
            _keep(door, found, item, door.link(item, "url"), "filesize")
    return tuple(found.values())


def _keep(door: Door, found: dict[str, Enclosure], item: Raw, url: str | None, length: str) -> None:
    if url and url not in found:
        found[url] = Enclosure(url, door.text(item, "type"), door.count(item, length))


def _image(door: Door, raw: Raw) -> str | None:
    return next((link for link in _images(door, raw) if link), None)


def _images(door: Door, raw: Raw) -> Iterator[str | None]:
    for item in door.items(raw, "media_thumbnail"):
        yield door.link(item, "url", "href")
    for item in door.items(raw, "media_content"):
        if _medium(item) == "image":
            yield door.link(item, "url")
    yield door.link(door.item(raw, "image"), "href")  # itunes:image
    for item in door.items(raw, "links"):
        if dict.get(item, "rel") == "enclosure" and _medium(item) == "image":
            yield door.link(item, "href")


def _medium(item: Raw) -> Any:
    """Media RSS's own word, else the first half of the type."""
    media_type = dict.get(item, "type")
    half = media_type.partition("/")[0] if isinstance(media_type, str) else None
    return dict.get(item, "medium") or half
