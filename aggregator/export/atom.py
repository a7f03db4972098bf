"""A feed as Atom 1.0 (RFC 4287), with the links of paged and archived feeds (RFC 5005)."""

from __future__ import annotations

import html
import re
from datetime import datetime
from functools import lru_cache

from aggregator import __version__
from aggregator.export.places import atom_name, page_name
from aggregator.export.values import (
    authors_of,
    enclosures_of,
    id_of,
    language_tag,
    name_of,
    picture_of,
    related_of,
    tags_of,
    texts_of,
    title_of,
    web_link,
)
from aggregator.export.xml import XmlWriter, document
from aggregator.models import Publication, Source, Story
from aggregator.text import one_line
from aggregator.times import format_utc

NAMESPACE = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"  # RFC 5005
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"  # RFC 6721
MEDIA = "http://search.yahoo.com/mrss/"  # Media RSS, for pictures

# What the W3C feed validator takes for HTML in plain text. It lets a reference pass on a line that has a
# numeric one: "&#x26;nbsp;" is the same text as "&amp;nbsp;", to every reader.
_END_TAG = re.compile(r"</\w+>")
_REFERENCE = re.compile(r"&#?\w")
_NUMERIC = "\ufdd0"  # an ampersand that is written so; a noncharacter, which `printable` leaves in no text
_MAIL = re.compile(r"<([^<>@]+@[^<>@]+)>")


def render_atom(publication: Publication) -> bytes:
    """The whole feed in UTF-8."""

    def write(xml: XmlWriter) -> None:
        _feed(xml, publication)
        for story in publication.stories:
            with xml.element("entry", lang=language_tag(story.language, story.source.language)):
                _entry(xml, story, publication)

    prefixes = {"fh": HISTORY} if publication.archived else None
    data = document("feed", NAMESPACE, write, prefixes, lang=language_tag(publication.language))
    data = data.replace(_NUMERIC.encode(), b"&#x26;")
    if publication.deleted:  # before the entries, where the schema of RFC 4287 has what it does not know
        start = data.find(b"<entry") if publication.stories else data.rindex(b"</feed>")
        tombstones = b"".join(tombstone(*each) for each in publication.deleted)
        data = data[:start] + tombstones + data[start:]
    return data


def tombstone(atom_id: str, when: datetime) -> bytes:
    """That a story was taken out, for readers that know RFC 6721."""
    name = html.escape(one_line(atom_id))
    return f'<at:deleted-entry xmlns:at="{TOMBSTONES}" ref="{name}" when="{format_utc(when)}"/>\n'.encode()


def _feed(xml: XmlWriter, publication: Publication) -> None:
    title = one_line(publication.title) or "News Feed"
    base = publication.base_url
    xml.leaf("id", one_line(publication.id))
    _text(xml, "title", title)
    if not publication.archived:  # which never changes
        subtitle = one_line(publication.description)
        if subtitle and not publication.place:
            _text(xml, "subtitle", subtitle)
        if publication.icon:
            xml.leaf("icon", base + publication.icon)
    xml.leaf("updated", format_utc(publication.updated))
    xml.leaf("link", rel="self", type="application/atom+xml", href=base + atom_name(publication))
    xml.leaf("link", rel="alternate", type="text/html", href=base + page_name(publication))
    for relation, address in publication.links:
        xml.leaf("link", rel=relation, href=address)
    with xml.element("author"):
        xml.leaf("name", _name(title))
    # An archive says no version: another one must not change it.
    xml.leaf("generator", "News Feed Aggregator", version=None if publication.archived else __version__)
    if publication.archived:
        xml.leaf(f"{{{HISTORY}}}archive")


def _entry(xml: XmlWriter, story: Story, publication: Publication) -> None:
    link = web_link(story.link)
    xml.leaf("id", one_line(story.atom_id))
    _text(xml, "title", title_of(story), "text")
    xml.leaf("published", format_utc(story.published))
    xml.leaf("updated", format_utc(story.updated))
    if link:
        xml.leaf("link", rel="alternate", href=link)
    _other_links(xml, story, link)
    for author in authors_of(story):
        with xml.element("author"):
            xml.leaf("name", _name(author.name))
            if author.url:
                xml.leaf("uri", author.url)
    for tag in tags_of(story):
        xml.leaf("category", term=tag)
    summary, markup = texts_of(story, publication)
    if summary:
        _text(xml, "summary", summary, "text")
    if markup:
        xml.leaf("content", markup, type="html")
    elif not link:  # 4.1.2: an entry has a content where it has no alternate
        _text(xml, "content", summary or title_of(story), "text")
    elif not summary:  # readers that show nothing but text should have some
        title = html.escape(title_of(story), quote=False)
        xml.leaf("content", f'<p><a href="{html.escape(link)}">{title}</a></p>', type="html")
    picture = picture_of(story, markup)
    if picture:
        xml.leaf(f"{{{MEDIA}}}thumbnail", url=picture)
    xml.add(_source(story.source, format_utc(story.source.updated or story.updated)))


def _other_links(xml: XmlWriter, story: Story, link: str | None) -> None:
    for enclosure in enclosures_of(story):
        length = str(enclosure.length) if enclosure.length else None
        xml.leaf("link", rel="enclosure", type=enclosure.media_type, length=length, href=enclosure.url)
    for also in story.also:
        href = web_link(also.link)
        if href and href != link:  # to where the story leads already, nobody need be led again
            xml.leaf("link", rel="related", title=_name(name_of(also.source)), href=href)
    for related in related_of(story):
        title = f"{name_of(related.source)}: {related.title}"
        xml.leaf("link", rel="related", title=_name(title), href=related.link)


@lru_cache(1024)  # the same for most of its entries
def _source(source: Source, updated: str) -> str:
    xml = XmlWriter({})
    with xml.element("source"):
        xml.leaf("id", id_of(source))
        _text(xml, "title", name_of(source))
        xml.leaf("updated", updated)
        for rel, url in (("self", web_link(source.url)), ("alternate", web_link(source.link))):
            if url:
                xml.leaf("link", rel=rel, href=url)
        if source.rights and one_line(source.rights):
            _text(xml, "rights", one_line(source.rights))
    return str(xml)


def _text(xml: XmlWriter, name: str, text: str, plain: str | None = None) -> None:
    """Plain text (RFC 4287, 3.1.1): as HTML, where a tag ends in it; else with the type `plain`."""
    if _END_TAG.search(text):
        xml.leaf(name, html.escape(text, quote=False), type="html")
    else:
        xml.leaf(name, _numeric(text), type=plain)


def _name(text: str) -> str:
    """A text in a place that has no types: less its end tags and the brackets of mail addresses."""
    return _numeric(_MAIL.sub(r"(\1)", _END_TAG.sub("", text)).strip() or "Unknown")


def _numeric(text: str) -> str:
    return text.replace("&", _NUMERIC) if "&" in text and _REFERENCE.search(text) else text
