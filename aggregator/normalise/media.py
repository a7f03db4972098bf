"""Enclosures and the one picture that stands for an entry."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import islice

from aggregator.models import Enclosure, Episode, ParsedEpisode
from aggregator.normalise.addresses import meant
from aggregator.normalise.rewrite import is_pixel

_MOST = 20
_LARGEST = 2**53  # bytes; beyond, JSON readers lose count
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,100}")
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", re.I)
_IMAGES = re.compile(r"<img\b([^>]*)>")
_SOURCE = re.compile(r' src="([^"]*)"')
_POSTER = re.compile(r'<video\b[^>]* poster="([^"]*)"')
# What stands in the text like a letter: an emoji, an icon, a spacer.
_SMALL = re.compile(r' (?:width|height)="[1-4]?\d(?:px)?"| src="https?://s\.w\.org/images/core/emoji/')
_DURATION = re.compile(r"(\d{1,7}(?::\d{1,2}){0,2})(?:\.\d*)?", re.ASCII)
# ISO 8601's, and in words: PT1H2M3S, 1h 2m 3s, 62 min.
_IN_WORDS = re.compile(
    r"(?:P?T)?(?:(\d{1,3})\s*h(?:ours?|rs?)?\.?)?\s*(?:(\d{1,4})\s*m(?:in(?:ute)?s?)?\.?)?\s*(?:(\d{1,6})(?:\.\d+)?\s*s(?:ec(?:ond)?s?)?\.?)?",
    re.I | re.ASCII,
)
_LONGEST = 1_000_000  # seconds, 11 days
_MOST_TRANSCRIPTS = 5
_EXPLICIT = {"true": True, "yes": True, "explicit": True, "false": False, "no": False, "clean": False}
_FEW = 20  # pictures that are looked at


def enclosures(raw: Iterable[Enclosure], base: str) -> tuple[Enclosure, ...]:
    """At most twenty, each address once, http and https only."""
    found: dict[str, Enclosure] = {}
    for each in raw:
        url = meant(each.url, base)
        if url is not None and url not in found:
            found[url] = Enclosure(url, _media_type(each.media_type), _length(each.length))
    return tuple(found.values())[:_MOST]


def image(raw: str | None, enclosed: Iterable[Enclosure], content: str, base: str) -> str | None:
    """The thumbnail, else an enclosed picture, else the first picture in the (clean) content, or of a film in it.

    Icons are no pictures.
    """
    url = meant(raw, base) if raw else None
    if url is not None and not is_pixel({"src": url}):
        return url
    for each in enclosed:
        if (each.media_type or "").startswith("image/") or (not each.media_type and _IMAGE.search(each.url)):
            return each.url
    for found in islice(_IMAGES.finditer(content), _FEW):
        source = _SOURCE.search(found[1])
        if source and not _SMALL.search(found[1]):
            return html.unescape(source[1])
    poster = _POSTER.search(content) if "<video" in content else None
    return html.unescape(poster[1]) if poster else None


def episode(raw: ParsedEpisode | None, base: str) -> Episode | None:
    """What the podcast says of the episode, where that means something; None where it says nothing."""
    if raw is None:
        return None
    kind = (raw.kind or "").strip().lower()
    explicit = _EXPLICIT.get((raw.explicit or "").strip().lower())
    files = (*raw.transcripts, *([raw.chapters] if raw.chapters else []))
    typed = {each: enclosures([each], base) for each in files}
    found = Episode(
        duration=_seconds(raw.duration or ""),
        number=_number(raw.number),
        season=_number(raw.season),
        kind=kind if kind in ("full", "trailer", "bonus") else "",
        explicit=explicit,
        chapters=next(iter(typed[raw.chapters]), None) if raw.chapters else None,
        transcripts=tuple(file for each in raw.transcripts for file in typed[each])[:_MOST_TRANSCRIPTS],
    )
    return found if found != Episode() else None


def _seconds(raw: str) -> int | None:
    """Of "3723", "62:03", "1:02:03", "PT62M3S", "62 min"; None for every other."""
    raw = raw.strip()
    if found := _DURATION.fullmatch(raw):
        parts = found[1].split(":")
    elif found := _IN_WORDS.fullmatch(raw):
        parts = [part or "0" for part in found.groups()]
    else:
        return None
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    return seconds if 0 < seconds <= _LONGEST else None


def _number(raw: str | None) -> int | None:
    digits = (raw or "").strip()
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) < 7 else None


def _media_type(raw: str | None) -> str | None:
    name = (raw or "").partition(";")[0].strip().lower()
    return name if _TYPE.fullmatch(name) else None


def _length(raw: int | None) -> int | None:
    return raw if raw is not None and 0 < raw <= _LARGEST else None
