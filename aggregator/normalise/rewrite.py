"""What a table of allowed tags cannot say: links made absolute, frames made links, pictures found or taken out.

The sanitiser asks about every attribute while it works (`attribute`), and what needs a whole element is done
on what it wrote (`elements`), where `<` and `>` are never anything but a tag's ends and every value stands
in double quotes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator import links, lists
from aggregator.normalise import tables


@dataclass(frozen=True, slots=True)
class Where:
    """What links in a piece of HTML are relative to, and the hosts that count as the feed's own."""

    base: str
    page: str  # what a mere "#fragment" points into: the entry's own page
    own_hosts: frozenset[str] = frozenset()


_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+/[\w./%~+-]*", re.ASCII)
_FRAME = re.compile(r'<iframe(?: (?:data-[\w-]+|src)="([^"]*)")?[^>]*>.*?</iframe>', re.DOTALL)
_HIDDEN = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w-])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$))",
    re.I,
)
_VIDEOS = tuple((re.compile(address), page) for address, page in tables.FRAMES)
_PICTURES = re.compile(r"<picture\b[^>]*>(.*?)</picture>", re.DOTALL)
_SOURCE = re.compile(r"<source\b([^>]*)>")
_IMAGE = re.compile(r"<img\b([^>]*)>")
_SRCSET = re.compile(r'(<img\b[^>]*?) srcset="[^"]*"')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_CANDIDATE = re.compile(
    r"([^\s,]\S*[^\s,])(?:\s+\d{1,6}h)?(?:\s+(\d{1,6}(?:\.\d{1,3})?)[wx])?(?:\s+\d{1,6}h)?\s*(?:,|$)"
)
_LONGEST_SRCSET = 5_000
_REWRITTEN = frozenset({"iframe", "picture", "source", "img", "audio", "video", "pre"})
_EMPTY_LINK = re.compile(r"<a\b[^>]*>(\s*)</a>")
_PLAYER = re.compile(rf"<(?:{'|'.join(tables.PLAYERS)})\b")
_MEDIA = r"\g<0>" + "".join(f' {name}="{value}"' for name, value in tables.MEDIA.items())
_PRE_BREAKS = re.compile(r"<pre>\n+")  # a parser takes the first away, at every reading
_TINY = frozenset({"0", "1", "0px", "1px"})


def _trackers() -> dict[str, tuple[str, ...]]:
    """By host, how the paths begin at which visits are counted."""
    found: dict[str, tuple[str, ...]] = {}
    for row in lists.rows("trackers"):
        host, _, path = row.partition("/")
        found[host] = (*found.get(host, ()), path)
    return found


_TRACKERS = _trackers()


class Rewriter:
    """Rewrites one piece of HTML at a time, of which it is told where it stands."""

    def __init__(self) -> None:
        self.begin(Where("", ""))

    def begin(self, where: Where) -> None:
        self._where = where
        self._images = 0  # that have an address, and nothing else to look at
        self._odd_images = self._sizes = False

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        """The attribute's value as it is kept; None where there is none."""
        if name in tables.URL_ATTRIBUTES:
            return self._address(tag, name, value)
        if name == "style":  # kept to tell a picture that nobody is to see, which then goes
            hidden = _HIDDEN.search(value) is not None
            self._odd_images = self._odd_images or hidden
            return "" if hidden else None
        if tag == "img":
            if name == "srcset":
                self._sizes = True
            elif name in tables.LATE_SIZES or (name in ("width", "height") and value.strip() in _TINY):
                self._odd_images = True
        return value

    def _address(self, tag: str, name: str, value: str) -> str | None:
        """The URL, absolute and, in a link, without tracking parameters; None for what is no URL."""
        if tag == "iframe":
            return _video_page(value)
        if not _PLAIN_URL.fullmatch(value):
            value = value.strip()
            if name == "href" and value[:7].lower() == "mailto:":
                return value
            url = links.absolute(value, self._where.page if value.startswith("#") else self._where.base)
            if url is None:
                return None
            value = links.clean(url, self._where.own_hosts) if name == "href" else url
        if tag == "img":
            if name == "src" and not _is_tracker(value):
                self._images += 1
            else:
                self._odd_images = True
        return value

    def elements(self, cleaned: str, tags: Sequence[str]) -> str:
        """The HTML with frames, pictures and players put right; everything else stays to the letter.

        `tags`: those of `cleaned` (see nesting.py).
        """
        found = _REWRITTEN.intersection(tags)
        if not found:
            return cleaned
        if "iframe" in found:
            cleaned = _FRAME.sub(_frame_link, cleaned)
        if "picture" in found or "source" in found:
            cleaned = _SOURCE.sub(_source, _PICTURES.sub(self._picture, cleaned))
        if "img" in found or "picture" in found:
            cleaned = self._images_of(cleaned)
        if "audio" in found or "video" in found:
            cleaned = _PLAYER.sub(_MEDIA, cleaned)
        if "pre" in found:
            cleaned = _PRE_BREAKS.sub("<pre>", cleaned)
        return cleaned

    def _images_of(self, cleaned: str) -> str:
        """The HTML with its images at their real addresses, and without links that have lost theirs."""
        if self._odd_images or cleaned.count("<img") != self._images:
            cleaned = _IMAGE.sub(self._image, cleaned)
        elif self._sizes:  # which an image with an address has no need of
            cleaned = _SRCSET.sub(r"\1", cleaned)
        else:
            return cleaned
        return _EMPTY_LINK.sub(r"\1", cleaned)

    def _picture(self, picture: re.Match[str]) -> str:
        """The image of a <picture>; where it has no address of its own, the largest of the sources."""
        inside = picture[1]
        image = _IMAGE.search(inside)
        attributes = dict(_ATTRIBUTE.findall(image[1])) if image else {}
        if not any(attributes.get(name) for name in ("src", *tables.LATE, *tables.SPARE, *tables.SIZES)):
            sets = [dict(_ATTRIBUTE.findall(source)) for source in _SOURCE.findall(inside)]
            found = (each.get(name) for each in sets for name in (*tables.LATE_SIZES, "srcset", "src"))
            attributes["srcset"] = next(filter(None, found), "")
            self._odd_images = True
        return (
            _SOURCE.sub("", inside[: image.start()] + _written(attributes) + inside[image.end() :])
            if image
            else (_written(attributes))
        )

    def _image(self, image: re.Match[str]) -> str:
        """The image at its real address; nothing for one that is there to count."""
        attributes = dict(_ATTRIBUTE.findall(image[1]))
        late = [attributes.pop(name) for name in tables.LATE if name in attributes]
        spare = [attributes.pop(name) for name in tables.SPARE if name in attributes]
        sizes = [attributes.pop(name) for name in tables.SIZES if name in attributes]
        late_sizes = [value for name, value in _ATTRIBUTE.findall(image[1]) if name in tables.LATE_SIZES]
        if late:
            attributes["src"] = late[0]
        elif (late_sizes and (url := self._largest(late_sizes[0]))) or (
            sizes and "src" not in attributes and (url := self._largest(sizes[0]))
        ):  # what stands in `src` waits for it
            attributes["src"] = html.escape(url)
        elif spare:
            attributes.setdefault("src", spare[0])
        if "src" not in attributes or "style" in attributes or is_pixel(attributes):
            return ""
        return _written(attributes) if late or sizes or spare else image[0]

    def _largest(self, sizes: str) -> str | None:
        """The address of the widest image of a `srcset`, as it was written in HTML."""
        found = _CANDIDATE.findall(html.unescape(sizes)[:_LONGEST_SRCSET])
        url = max(found, key=lambda each: float(each[1] or 1), default=("", ""))[0]
        return links.absolute(url, self._where.base) if url else None


def is_pixel(attributes: dict[str, str]) -> bool:
    """Whether an image is one pixel, or comes from where only visits are counted."""
    sizes = [attributes[side].strip() for side in ("width", "height") if side in attributes]
    return (bool(sizes) and all(size in _TINY for size in sizes)) or _is_tracker(attributes.get("src", ""))


def _is_tracker(url: str) -> bool:
    """Whether an absolute URL leads to where visits are counted."""
    host, _, path = url.partition("://")[2].partition("/")
    host = host.rpartition("@")[2].partition(":")[0]
    while host:
        if host in _TRACKERS and path.startswith(_TRACKERS[host]):
            return True
        host = host.partition(".")[2]
    return False


def _written(attributes: dict[str, str]) -> str:
    return "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"


def _source(source: re.Match[str]) -> str:
    """A player's source; one that is for a picture, and has nothing but sizes, goes."""
    attributes = dict(_ATTRIBUTE.findall(source[1]))
    if "src" not in attributes:
        return ""
    kept = "".join(f' {name}="{value}"' for name, value in attributes.items() if name not in tables.SIZES)
    return f"<source{kept}>"


def _video_page(address: str) -> str | None:
    """Where a person can watch the video of a frame."""
    for pattern, page in _VIDEOS:
        if video := pattern.match(f"https:{address}" if address.startswith("//") else address):
            return video.expand(page)
    return None


def _frame_link(frame: re.Match[str]) -> str:
    url = frame[1]
    return f'<a href="{url}" rel="noopener noreferrer">{url}</a>' if url else ""
