"""One entry, from what the feed said of it to what we keep."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from aggregator import links
from aggregator.dates import ParsedDate, is_sane, parse_date, sane
from aggregator.languages import language
from aggregator.models import Entry, ParsedEntry, Person, Text
from aggregator.normalise import media, plain_text
from aggregator.normalise.addresses import meant
from aggregator.normalise.people import people
from aggregator.normalise.rewrite import Where
from aggregator.normalise.sanitize import sanitize
from aggregator.text import one_line, shorten, tag_key, unescape

_TITLE, _MADE_TITLE, _SUMMARY, _TAG, _GUID = 1_000, 80, 500, 100, 1_000  # characters
_TAGS = 20


@dataclass(frozen=True, slots=True)
class Setting:
    """What an entry has to know of its feed."""

    url: str  # of the document
    own_hosts: frozenset[str]
    literal: bool  # what this format calls text is text, and not perhaps HTML
    literal_titles: bool  # and so are its titles
    now: datetime
    authors: tuple[Person, ...] = ()  # of the feed, where they are those of its entries as well


@dataclass(frozen=True, slots=True)
class Page:
    """An entry's link, and its content as safe HTML, which takes longer than all else."""

    link: str | None
    content: str


def page(parsed: ParsedEntry, setting: Setting) -> Page:
    link = _link(parsed, setting)
    return Page(link, _content(parsed, link, setting))


def entry(parsed: ParsedEntry, page: Page, setting: Setting) -> Entry | str:
    """The entry, clean, or in words why there is no use in keeping it."""
    link, content = page.link, page.content
    summary = _summary(parsed, setting) or plain_text.text_of(content, _SUMMARY)
    title = _label(parsed.title, setting)
    enclosures = media.enclosures(parsed.enclosures, setting.url)
    if not (title or link or content or summary or enclosures):
        return "neither title nor link nor text"
    said_published = parse_date(parsed.published or "")
    said_updated = parse_date(parsed.updated or "")
    published, reason = sane(said_published, said_updated, setting.now)
    untitled = not title
    if untitled:
        title = _made_title(summary, content, link, *(each.url for each in enclosures))
    said: dict[str, Any] = {
        "guid": _guid(parsed.id, link, title, summary),
        "link": link or next((each.url for each in enclosures), None),  # an episode's page is its file
        "title": title,
        "summary": summary,
        "image": media.image(parsed.image, enclosures, content, setting.url),
        "language": language(parsed.language or (parsed.content or parsed.summary or Text("")).language),
        "authors": people(parsed.authors or setting.authors, setting.url),
        "tags": _tags(parsed.tags),
        "enclosures": enclosures,
    }
    episode = media.episode(parsed.episode, setting.url)
    return Entry(
        **said,
        content=content,
        episode=episode,
        fingerprint=_fingerprint((*said.values(), *([episode] if episode else [])), content),
        published=published,
        date_reason=reason,
        updated=_updated(said_updated, published, setting.now),
        untitled=untitled,
        guid_made=not one_line(parsed.id or ""),
        source=one_line(parsed.source_title or "")[:_TAG] or None,
    )


# ---------------------------------------------------------------- link and id


def _link(parsed: ParsedEntry, setting: Setting) -> str | None:
    for raw in (parsed.original_link, parsed.link):
        url = meant(raw, setting.url) if raw else None
        if url is not None:
            return links.clean(url, setting.own_hosts)
    return None


def _guid(raw: str | None, link: str | None, title: str, summary: str) -> str:
    guid = one_line(raw or "") or link or _digest(title, summary)
    return guid if len(guid) <= _GUID else _digest(guid)


def _digest(*parts: str) -> str:
    return "sha256:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _fingerprint(said: tuple[Any, ...], content: str) -> str:
    """A hash of what the source says. Its dates stand apart: there are feeds that date anew at every poll."""
    found = hashlib.blake2b(repr(said).encode(), digest_size=16)
    found.update(content.encode())  # apart: the repr of a long text costs more than its hash
    return found.hexdigest()


# ---------------------------------------------------------------- texts

_ESCAPED_MARKUP = re.compile(r"&lt;/?(?:p|div|br|a|img|b|i|em|strong|ul|li|span|h[1-6])\b", re.I)
_SHOWN = re.compile(r'<img\b[^>]*? alt="([^"]+)"')
_WORD = re.compile(r"[^\W\d_]{2}")
_TAGGED = re.compile(r"<[a-zA-Z/!]|&#?\w{1,31};")


def _content(parsed: ParsedEntry, link: str | None, setting: Setting) -> str:
    """The content as safe HTML; the summary is the content where there is no other."""
    text = parsed.content or parsed.summary
    if text is None:
        return ""
    # Where nothing says what a link in the text is relative to, it is the page that the text was written for.
    page = setting.url if setting.literal_titles else link
    base = (links.absolute(text.base, setting.url) if text.base else None) or page or setting.url
    return sanitize(_html(text, setting.literal), Where(base, link or base, setting.own_hosts))


def _summary(parsed: ParsedEntry, setting: Setting) -> str:
    """The source's own summary, where it is not the content as well."""
    text = parsed.summary
    if text is None or parsed.content is None or text.value == parsed.content.value:
        return ""
    return plain_text.excerpt(_html(text, setting.literal), _SUMMARY)


def _html(text: Text, literal: bool) -> str:
    value = text.value
    if not text.is_html and (literal or not _TAGGED.search(value)):
        return plain_text.as_html(value)
    if "<" not in value:
        if _ESCAPED_MARKUP.search(value):  # escaped once too often
            return unescape(value)
        # Text, whatever its type: its paragraphs are meant, as in what YouTube says of a film.
        if "\n" in value and (not text.is_html or plain_text.has_paragraphs(value)):
            return plain_text.as_html(unescape(value))
    return value


def _label(text: Text | None, setting: Setting) -> str:
    return plain_text.title_of(text, _TITLE, setting.literal_titles)


def _made_title(summary: str, content: str, *urls: str | None) -> str:
    """A title for an entry without: its first words, what its picture shows, what its page or file is called."""
    shown = _SHOWN.search(content)
    return (
        shorten(summary, _MADE_TITLE)
        or (plain_text.label(shown[1], _MADE_TITLE) if shown else "")
        or next(filter(None, map(_title_of, urls)), "")
        or next((links.host(url) for url in urls if url), "Untitled")
    )


def _title_of(link: str | None) -> str:
    """A title made from the last words of a link's path: ".../2016/a-day-out.html" is "a day out", "/12" is none."""
    path = re.sub(r"^\w+://[^/]*|[?#].*$", "", link or "").rstrip("/")
    words = re.sub(r"\.\w{1,5}$|[-_+\s]", " ", unquote(path.rpartition("/")[2]))
    return plain_text.label(words, _MADE_TITLE) if _WORD.search(words) else ""


def _tags(raw: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for tag in raw:
        if name := plain_text.label(tag, _TAG):
            found.setdefault(tag_key(name), name)
    return tuple(found.values())[:_TAGS]


# ---------------------------------------------------------------- dates


def _updated(said: ParsedDate | None, published: datetime, now: datetime) -> datetime | None:
    """The source's own word, where it can be true and is later than the publication."""
    if said is None or not is_sane(said.when, now) or said.when <= published:
        return None
    return said.when
