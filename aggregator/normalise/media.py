"""Enclosures and the one picture that stands for an entry."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import islice

from aggregator import links
from aggregator.models import Enclosure
from aggregator.normalise.rewrite import is_pixel

_MOST = 20
_LARGEST = 2**53  # bytes; beyond, JSON readers lose count
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,100}")
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|\?)", re.I)
_IMAGES = re.compile(r"<img\b([^>]*)>")
_SOURCE = re.compile(r' src="([^"]*)"')
# What stands in the text like a letter: an emoji, an icon, a spacer.
_SMALL = re.compile(r' (?:width|height)="[1-4]?\d(?:px)?"| src="https?://s\.w\.org/images/core/emoji/')
_FEW = 20  # pictures that are looked at


def enclosures(raw: Iterable[Enclosure], base: str) -> tuple[Enclosure, ...]:
    """At most twenty, each address once, http and https only."""
    found: dict[str, Enclosure] = {}
    for each in raw:
        url = links.absolute(each.url, base)
        if url is not None and url not in found:
            found[url] = Enclosure(url, _media_type(each.media_type), _length(each.length))
    return tuple(found.values())[:_MOST]


def image(raw: str | None, enclosed: Iterable[Enclosure], content: str, base: str) -> str | None:
    """The thumbnail, else an enclosed picture, else the first picture in the (clean) content that is no icon."""
    url = links.absolute(raw, base) if raw else None
    if url is not None and not is_pixel({"src": url}):
        return url
    for each in enclosed:
        if (each.media_type or "").startswith("image/") or (not each.media_type and _IMAGE.search(each.url)):
            return each.url
    for found in islice(_IMAGES.finditer(content), _FEW):
        source = _SOURCE.search(found[1])
        if source and not _SMALL.search(found[1]):
            return html.unescape(source[1])
    return None


def _media_type(raw: str | None) -> str | None:
    name = (raw or "").partition(";")[0].strip().lower()
    return name if _TYPE.fullmatch(name) else None


def _length(raw: int | None) -> int | None:
    return raw if raw is not None and 0 < raw <= _LARGEST else None
