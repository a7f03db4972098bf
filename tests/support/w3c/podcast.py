"""What the W3C feed validator and Apple's directory have against a podcast, in words of our own.

Excused: MissingItunesEmail (the owner's address, which Apple asks for no more and which spam would find),
UnsupportedItunesFormat (of files that are their publishers', Opus among them), and a length that nobody told.
https://podcasters.apple.com/support/823-podcast-requirements
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from support.w3c import uris
from support.w3c.tables import LANGUAGES, MEDIA_TYPE

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
PODCAST_CHANNEL = frozenset(
    "itunes:author itunes:category itunes:explicit itunes:type itunes:image podcast:guid podcast:medium".split()
)
PODCAST_ITEM = frozenset(
    "itunes:author itunes:image itunes:duration itunes:season itunes:episode itunes:episodeType itunes:explicit"
    " podcast:chapters podcast:transcript".split()
)
CATEGORIES = frozenset(
    "Arts Business Comedy Education Fiction Government History Leisure Music News Science Sports Technology".split()
)
_ENUMERATIONS = {
    "explicit": {"true", "false"},
    "type": {"episodic", "serial"},
    "episodeType": {"full", "trailer", "bonus"},
}
_DURATION = re.compile(r"\d+|\d{1,2}(?::\d\d){1,2}", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d*", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def podcast_problems(channel: etree._Element) -> Iterator[str]:
    """Errors and warnings by the names that the validator gives them, less those that are excused."""
    for name in ("language", f"{ITUNES}category", f"{ITUNES}explicit"):
        if channel.find(name) is None:
            yield f"MissingItunesElement {name}"
    language = (channel.findtext("language") or "").partition("-")[0].lower()
    if language not in LANGUAGES:
        yield f"InvalidLanguage {language}"
    if any(each.get("text") not in CATEGORIES for each in channel.iterfind(f"{ITUNES}category")):
        yield "InvalidItunesCategory"
    guid = channel.findtext(f"{PODCAST}guid") or ""
    if not _UUID.fullmatch(guid):
        yield f"InvalidUUID {guid}"
    for parent in (channel, *channel.findall("item")):
        for child in parent:
            yield from _child(child)
    for item in channel.findall("item"):
        enclosure = item.find("enclosure")
        if enclosure is None:
            yield "no enclosure: Apple shows no such episode"
        elif not (enclosure.get("type") or "").startswith(("audio/", "video/")):
            yield f"nothing to hear or to see: {enclosure.get('type')}"


def _child(element: etree._Element) -> Iterator[str]:
    name, text = etree.QName(element).localname, element.text or ""
    if element.tag.startswith(PODCAST) and name in ("chapters", "transcript"):
        yield from _address(element.get("url", ""))
        if not MEDIA_TYPE.fullmatch(element.get("type", "")):
            yield f"InvalidMIMEType {element.get('type')}"
    if not element.tag.startswith(ITUNES):
        return
    if name == "image":
        yield from _address(element.get("href", ""))
    elif name in _ENUMERATIONS and text not in _ENUMERATIONS[name]:
        yield f"Invalid {name} {text}"
    elif name == "duration" and not _DURATION.fullmatch(text):
        yield f"InvalidDuration {text}"
    elif name in ("season", "episode") and not _NUMBER.fullmatch(text):
        yield f"InvalidPositiveInteger {text}"
    elif name == "author" and not 0 < len(text) <= 255:
        yield f"TooLong {text}"


def _address(url: str) -> Iterator[str]:
    if not url.startswith(("http://", "https://")) or uris.complaint(url):
        yield f"InvalidFullLink {url}"
