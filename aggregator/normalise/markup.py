"""HTML from anywhere to HTML safe in any page: the door to nh3.

What comes out parses again to itself, so that a browser sees the very tree that was checked: HTML that
changes its meaning when it is read twice (mutation XSS) has no way through.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial

import nh3

from aggregator import links
from aggregator.normalise import tables
from aggregator.text import printable, squeeze, unescape

LONGEST = 1_000_000  # characters of one entry's content
_ROUNDS = 5  # readings until HTML must have settled; two do for nearly all

_SPECIAL = re.compile("[<>&\xa0\r]")  # without these, HTML is text, and stays to the letter
_MANY = 1_000
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,31};)")


def clean(source: str, base: str, page: str | None = None, own_hosts: frozenset[str] = frozenset()) -> str:
    """Safe HTML with absolute http, https and mailto links only; cleaning it again changes nothing.

    `base` is what relative links are relative to, `page` what a mere `#fragment` points into: in a feed,
    the entry's own page. At most `LONGEST` characters.
    """
    text = printable(source)[:LONGEST]
    if not _SPECIAL.search(text):
        return text
    if text.count("&") > _MANY:  # nh3 takes quadratic time over ampersands that begin nothing
        text = _BARE_AMPERSAND.sub("&amp;", text)
    if is_tangled(text):
        return _as_text(text)
    where = _Where(base, page or base, own_hosts)
    once = _tidy(_FIRST.clean(text), where)
    if "&#" in text:  # by which one can write what must not be written
        once = printable(once)
    if len(once) > LONGEST:  # every link gains its rel: once more, with that much less
        once = _tidy(_FIRST.clean(text[: LONGEST * LONGEST // len(once) * 9 // 10]), where)
    return _settled(once)


def reduced(source: str) -> str:
    """HTML down to its tags without attributes: canonical, and good for nothing but to read text from."""
    return _as_text(source) if is_tangled(source) else _BARE.clean(source)


def _settled(source: str) -> str:
    for _ in range(_ROUNDS):
        again = _STRICT.clean(source)
        if again == source and len(source) <= LONGEST and not is_tangled(source):
            return source
        source = again
    return _as_text(source)


def _as_text(source: str) -> str:
    """The words alone, for what no parser should be asked to read."""
    text = squeeze(printable(unescape(_ANY_TAG.sub(" ", source))))
    return html.escape(text[: LONGEST // 5], quote=False)


# ---------------------------------------------------------------- what no parser should be asked to read

_ANY_TAG = re.compile(r"<[^<>]*>")
_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][\w:-]*)(?:[^<>]*(/)>)?")
_DEEPEST = 250
_MOST_WORK = 1_000_000  # tags times depth


def is_tangled(source: str) -> bool:
    """Whether nesting would make a parser's work grow with the square of the length, or worse.

    A tree of unclosed formatting is built anew in every paragraph: 60 KB unfold to 150 MB. Counted by
    name, as what closes another name closes nothing.
    """
    if source.count("<") < 400:
        return False
    opened: Counter[str] = Counter()
    depth = work = 0
    for closing, name, alone in _TAG_NAME.findall(source):
        name = name.lower()
        if name in tables.FLAT or (alone and name not in tables.TAGS):
            continue
        if not closing:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        work += depth
        if depth > _DEEPEST or work > _MOST_WORK:
            return True
    return False


# ---------------------------------------------------------------- cleaners

_STRICT = nh3.Cleaner(
    tags=tables.TAGS,
    clean_content_tags=tables.DROPPED,
    attributes=tables.ATTRIBUTES,
    url_schemes=tables.URL_SCHEMES,
    url_relative="deny",
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"audio": tables.MEDIA, "video": tables.MEDIA},
)
_BARE = nh3.Cleaner(tags=tables.TAGS, clean_content_tags=tables.DROPPED, attributes={}, link_rel=None)

# As strict, save relative links, frames, and pictures that scripts load late: `_tidy` deals with those.
_FIRST = nh3.Cleaner(
    tags=tables.TAGS | {"iframe"},
    clean_content_tags=tables.DROPPED,
    attributes={
        **tables.ATTRIBUTES,
        "iframe": frozenset({"src"}),
        "img": tables.ATTRIBUTES["img"] | {"data-src"},
    },
    url_schemes=tables.URL_SCHEMES,
    url_relative="pass_through",
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"audio": tables.MEDIA, "video": tables.MEDIA},
)

# ---------------------------------------------------------------- after the first cleaning

# These patterns read what nh3 wrote, where `<` and `>` are never anything but a tag's ends.
_URL = re.compile(rf' ({"|".join(tables.URL_ATTRIBUTES)})="([^"]*)"')
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+/[\w./%~+-]*", re.ASCII)
_FRAME = re.compile(r'<iframe(?: src="([^"]*)")?[^>]*>.*?</iframe>', re.DOTALL)
_VIDEOS = tuple((re.compile(address), page) for address, page in tables.FRAMES)
_IMAGE = re.compile(r"<img\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_TRACKER = re.compile(rf"https?://(?:[^/]*\.)?(?:{'|'.join(map(re.escape, tables.TRACKERS))})")
_EMPTY_LINK = re.compile(r"<a\b[^>]*>(\s*)</a>")
_PRE_BREAKS = re.compile(r"<pre>\n+")  # a parser takes the first away, at every reading


@dataclass(frozen=True, slots=True)
class _Where:
    """What links in a piece of HTML are relative to, and the hosts that count as the feed's own."""

    base: str
    page: str
    own_hosts: frozenset[str]


def _tidy(cleaned: str, where: _Where) -> str:
    cleaned = _URL.sub(partial(_link, where), cleaned)
    if "<iframe" in cleaned:
        cleaned = _FRAME.sub(_video_link, cleaned)
    if "<img" in cleaned:
        cleaned = _EMPTY_LINK.sub(r"\1", _IMAGE.sub(_picture, cleaned))
    if "<pre>\n" in cleaned:
        cleaned = _PRE_BREAKS.sub("<pre>", cleaned)
    return cleaned


def _link(where: _Where, attribute: re.Match[str]) -> str:
    """The attribute with its URL absolute and, in a link, without tracking parameters."""
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


def _video_link(frame: re.Match[str]) -> str:
    for address, page in _VIDEOS:
        if video := address.match(frame[1] or ""):
            url = video.expand(page)
            return f'<a href="{url}" rel="noopener noreferrer">{url}</a>'
    return ""


def _picture(image: re.Match[str]) -> str:
    """The picture with its real address; nothing for one that is there to count."""
    attributes = dict(_ATTRIBUTE.findall(image[1]))
    late = attributes.pop("data-src", None)
    if late:
        attributes["src"] = late
    if "src" not in attributes or is_pixel(attributes):
        return ""
    return (
        "<img" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + ">"
        if late
        else image[0]
    )


def is_pixel(attributes: dict[str, str]) -> bool:
    """Whether a picture is one pixel, or comes from where only visits are counted."""
    sizes = [attributes[side] for side in ("width", "height") if side in attributes]
    tiny = bool(sizes) and all(size in ("0", "1") for size in sizes)
    return tiny or _TRACKER.match(attributes.get("src", "")) is not None
