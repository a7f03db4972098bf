"""One entry of RSS, RDF, Atom or CDF, from feedparser's dictionary to a ParsedEntry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aggregator.models import Enclosure, ParsedEntry, ParsedEpisode, Person, Text
from aggregator.parse.people import distinct_people, person_from_text
from aggregator.parse.untyped import Raw, UntypedReader
from aggregator.parse.values import TEXT, TITLE, medium_by_name

_NO_TEXT = ("image/", "audio/", "video/", "application/pdf", "application/zip")
_WEB = ("http://", "https://")


def entry(reader: UntypedReader, raw: Raw) -> ParsedEntry:
    """What the entry says, nothing repaired."""
    title = reader.rich(raw, "title", TITLE) or reader.rich(raw, "itunes_title", TITLE)
    content = _content(reader, raw)
    source = reader.item(raw, "source")
    return ParsedEntry(
        id=reader.link(raw, "id"),
        link=_link(reader, raw),
        original_link=reader.link(raw, "feedburner_origlink"),
        title=title,
        summary=_summary(reader, raw, content),
        content=content,
        published=reader.text(raw, "published") or reader.text(raw, "created"),
        updated=reader.text(raw, "updated"),
        authors=people(reader, raw),
        tags=_tags(reader, raw),
        enclosures=_enclosures(reader, raw),
        image=_image(reader, raw),
        language=reader.text(raw, "language") or _common_language(title, content),
        source_title=reader.text(source, "title", TITLE),
        source_url=reader.link(source, "link", "href"),
        episode=_episode(reader, raw),
    )


def people(reader: UntypedReader, raw: Raw) -> tuple[Person, ...]:
    """The authors, each once, in order."""
    listed = list(reader.items(raw, "authors"))
    if len(listed) == 1 and not dict.get(listed[0], "href"):
        # feedparser takes the domain of an address to end after four letters.
        named = person_from_text(reader.text(raw, "author") or "")
        if named and named.email:
            return (named,)
    return distinct_people(map(reader.person, listed))


def _link(reader: UntypedReader, raw: Raw) -> str | None:
    """Atom's alternate, RSS's link, or a guid that is one.

    A guid is a permalink unless it says otherwise (RSS 2.0), and most that say nothing are no links at all.
    """
    link, guid = reader.link(raw, "link"), reader.link(raw, "id")
    if link and (link != guid or dict.get(raw, "guidislink") is not True or link.startswith(_WEB)):
        return link
    for other in reader.items(raw, "links"):  # an alternate that is no HTML
        if dict.get(other, "rel") == "alternate" and (found := reader.link(other, "href")):
            return found
    empty = dict.get(raw, "link") == ""  # <link/> hides from feedparser whether the guid is a permalink
    if empty and guid and guid.startswith(_WEB):
        return guid
    return next(filter(None, (reader.link(item, "src") for item in reader.items(raw, "content"))), None)


def _content(reader: UntypedReader, raw: Raw) -> Text | None:
    """The longest of the contents that are HTML, else of those that are text."""
    found = []
    for item in reader.items(raw, "content"):
        media_type = dict.get(item, "type")
        if isinstance(media_type, str) and not media_type.startswith(_NO_TEXT):
            value = reader.text(item, "value", TEXT)
            if value:
                found.append(reader.described(value, item))
    return max(found, key=lambda text: (text.is_html, len(text.value)), default=None)


def _summary(reader: UntypedReader, raw: Raw, content: Text | None) -> Text | None:
    """The summary of the entry's own; feedparser copies the content where there is none."""
    summary = reader.rich(raw, "summary", TEXT)
    if summary and content and summary.value == content.value and not dict.get(raw, "summary_detail"):
        summary = None
    return summary or reader.rich(raw, "subtitle", TITLE)


def _tags(reader: UntypedReader, raw: Raw) -> tuple[str, ...]:
    found = (reader.text(tag, "label") or reader.text(tag, "term") for tag in reader.items(raw, "tags"))
    return tuple(dict.fromkeys(tag for tag in found if tag))


def _common_language(*texts: Text | None) -> str | None:
    return next((text.language for text in texts if text and text.language), None)


# ---------------------------------------------------------------- enclosures and images


def _enclosures(reader: UntypedReader, raw: Raw) -> tuple[Enclosure, ...]:
    """RSS's and Atom's enclosures, and what Media RSS has to hear and to watch; each address once."""
    found: dict[str, Enclosure] = {}
    for item in reader.items(raw, "links"):
        if dict.get(item, "rel") == "enclosure":
            _keep(reader, found, item, reader.link(item, "href"), "length")
    for item in reader.items(raw, "media_content"):
        if _medium(item) in ("audio", "video"):
            _keep(reader, found, item, reader.link(item, "url"), "filesize")
    return tuple(found.values())


def _keep(
    reader: UntypedReader, found: dict[str, Enclosure], item: Raw, url: str | None, length: str
) -> None:
    if url and url not in found:
        found[url] = Enclosure(url, reader.text(item, "type"), reader.count(item, length))


def _episode(reader: UntypedReader, raw: Raw) -> ParsedEpisode | None:
    """What feedparser keeps of a podcast's episode: of several transcripts the last."""
    explicit = dict.get(raw, "itunes_explicit")
    found = ParsedEpisode(
        duration=reader.text(raw, "itunes_duration"),
        number=reader.text(raw, "itunes_episode"),
        season=reader.text(raw, "itunes_season"),
        kind=reader.text(raw, "itunes_episodetype"),
        explicit=str(explicit) if isinstance(explicit, bool) else None,
        chapters=_file(reader, reader.item(raw, "podcast_chapters")),
        transcripts=tuple(filter(None, [_file(reader, reader.item(raw, "podcast_transcript"))])),
    )
    return found if found != ParsedEpisode() else None


def _file(reader: UntypedReader, item: Raw) -> Enclosure | None:
    url = reader.link(item, "url")
    return Enclosure(url, reader.text(item, "type")) if url else None


def _image(reader: UntypedReader, raw: Raw) -> str | None:
    return next((link for link in _images(reader, raw) if link), None)


def _images(reader: UntypedReader, raw: Raw) -> Iterator[str | None]:
    for item in reader.items(raw, "media_thumbnail"):
        yield reader.link(item, "url", "href")
    for item in reader.items(raw, "media_content"):
        if _medium(item) == "image":
            yield reader.link(item, "url")
    yield reader.link(reader.item(raw, "image"), "href")  # itunes:image
    for item in reader.items(raw, "links"):
        if dict.get(item, "rel") == "enclosure" and _medium(item) == "image":
            yield reader.link(item, "href")


def _medium(item: Raw) -> Any:
    """Media RSS's own word, else the first half of the type, else by the file's name."""
    media_type = dict.get(item, "type")
    half = media_type.partition("/")[0] if isinstance(media_type, str) else None
    url = dict.get(item, "url")
    return dict.get(item, "medium") or half or medium_by_name(url if isinstance(url, str) else "")
