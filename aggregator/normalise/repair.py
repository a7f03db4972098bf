"""What a table of allowed tags cannot say: links made absolute, frames made links, counting pictures taken out.

Works on what nh3 wrote, where `<` and `>` are never anything but a tag's ends and every value stands in
double quotes.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import partial

from aggregator import links
from aggregator.normalise import tables


@dataclass(frozen=True, slots=True)
class Where:
    """What links in a piece of HTML are relative to, and the hosts that count as the feed's own."""

    base: str
    page: str  # what a mere "#fragment" points into: the entry's own page
    own_hosts: frozenset[str] = frozenset()


_URL = re.compile(rf' ({"|".join(tables.URL_ATTRIBUTES)})="([^"]*)"')
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+/[\w./%~+-]*", re.ASCII)
_FRAME = re.compile(r'<iframe(?: src="([^"]*)")?[^>]*>.*?</iframe>', re.DOTALL)
_VIDEOS = tuple((re.compile(address), page) for address, page in tables.FRAMES)
_IMAGE = re.compile(r"<img\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_CANDIDATE = re.compile(r"([^\s,]\S*[^\s,])(?:\s+(\d{1,6}(?:\.\d{1,3})?)[wx])?\s*(?:,|$)")
_LONGEST_SRCSET = 5_000
_TRACKER = re.compile(rf"https?://(?:[^/]*\.)?(?:{'|'.join(map(re.escape, tables.TRACKERS))})")
_EMPTY_LINK = re.compile(r"<a\b[^>]*>(\s*)</a>")
_PLAYER = re.compile(rf"<(?:{'|'.join(tables.PLAYERS)})\b")
_MEDIA = r"\g<0>" + "".join(f' {name}="{value}"' for name, value in tables.MEDIA.items())
_PRE_BREAKS = re.compile(r"<pre>\n+")  # a parser takes the first away, at every reading


def repaired(cleaned: str, where: Where) -> str:
    """The HTML with what is wrong in it put right; everything else stays to the letter."""
    cleaned = _URL.sub(partial(_link, where), cleaned)
    if "<iframe" in cleaned:
        cleaned = _FRAME.sub(_video_link, cleaned)
    if "<img" in cleaned:
        cleaned = _EMPTY_LINK.sub(r"\1", _IMAGE.sub(partial(_picture, where), cleaned))
    if "<audio" in cleaned or "<video" in cleaned:
        cleaned = _PLAYER.sub(_MEDIA, cleaned)
    if "<pre>\n" in cleaned:
        cleaned = _PRE_BREAKS.sub("<pre>", cleaned)
    return cleaned


def is_pixel(attributes: dict[str, str]) -> bool:
    """Whether a picture is one pixel, or comes from where only visits are counted."""
    sizes = [attributes[side] for side in ("width", "height") if side in attributes]
    tiny = bool(sizes) and all(size.strip().removesuffix("px") in ("0", "1") for size in sizes)
    return tiny or _TRACKER.match(attributes.get("src", "")) is not None


def _link(where: Where, attribute: re.Match[str]) -> str:
    """The attribute with its URL absolute and, in a link, without tracking parameters; nothing for no URL."""
    name, written = attribute[1], attribute[2]
    if _PLAIN_URL.fullmatch(written):
        return attribute[0]
    value = html.unescape(written).strip()
    if name == "href" and value[:7].lower() == "mailto:":
        return attribute[0]
    url = links.absolute(value, where.page if value.startswith("#") else where.base)
    if url is None:
        return ""
    if name == "href":
        url = links.clean(url, where.own_hosts)
    return f' {name}="{html.escape(url)}"'


def _largest(sizes: str, where: Where) -> str | None:
    """The address of the widest picture of a `srcset`."""
    found = _CANDIDATE.findall(sizes[:_LONGEST_SRCSET])
    url = max(found, key=lambda each: float(each[1] or 1), default=("", ""))[0]
    return links.absolute(url, where.base) if url else None


def _video_link(frame: re.Match[str]) -> str:
    for address, page in _VIDEOS:
        if video := address.match(frame[1] or ""):
            url = video.expand(page)
            return f'<a href="{url}" rel="noopener noreferrer">{url}</a>'
    return ""


def _picture(where: Where, image: re.Match[str]) -> str:
    """The picture at its real address; nothing for one that is there to count."""
    attributes = dict(_ATTRIBUTE.findall(image[1]))
    late = [attributes.pop(name) for name in tables.LATE if name in attributes]
    sizes = attributes.pop("srcset", None)
    if late:
        attributes["src"] = late[0]
    elif sizes and "src" not in attributes and (url := _largest(html.unescape(sizes), where)):
        attributes["src"] = html.escape(url)
    if "src" not in attributes or is_pixel(attributes):
        return ""
    if not late and sizes is None:
        return image[0]
    return "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"
