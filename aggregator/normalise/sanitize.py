"""HTML from anywhere to HTML safe in any page: the only file that imports nh3.

What comes out parses again to itself, so that a browser sees the very tree that was checked: HTML that
changes its meaning when it is read twice (mutation XSS) has no way through. nh3 runs once where that can be
told from what it wrote (nesting.py), else until nothing changes.
"""

from __future__ import annotations

import html
import re

import nh3

from aggregator.normalise import tables
from aggregator.normalise.formulas import formulas_as_html, has_formulas
from aggregator.normalise.nesting import is_stable, is_too_nested, tags_of
from aggregator.normalise.rewrite import Rewriter, Where
from aggregator.text import clean_characters, printable, squeeze, unescape

LONGEST = 1_000_000  # characters of one entry's content
_ROUNDS = 5  # readings until HTML must have settled; two do for nearly all

_STRICT = nh3.Cleaner(
    tags=tables.TAGS,
    clean_content_tags=tables.DROPPED,
    attributes={
        **tables.ATTRIBUTES,
        **{tag: tables.ATTRIBUTES[tag] | frozenset(tables.MEDIA) for tag in tables.PLAYERS},
    },
    url_schemes=tables.URL_SCHEMES,
    url_relative="deny",
    link_rel="noopener noreferrer",
)
_REWRITER = Rewriter()
# As strict, but for what the rewriter deals with: relative links, frames, pictures that scripts load late.
_FIRST = nh3.Cleaner(
    tags=tables.TAGS | {"iframe", "picture"},
    clean_content_tags=tables.DROPPED,
    attributes={
        **tables.ATTRIBUTES,
        "iframe": frozenset({"src", *tables.LATE}),
        "img": tables.ATTRIBUTES["img"] | {"style", *tables.LATE, *tables.SPARE, *tables.SIZES},
        "source": tables.ATTRIBUTES["source"] | {*tables.SIZES},
    },
    attribute_filter=_REWRITER.attribute,
    url_schemes=tables.URL_SCHEMES,
    url_relative="pass_through",
    link_rel="noopener noreferrer",
)
_BARE = nh3.Cleaner(
    tags=tables.TAGS, clean_content_tags=tables.DROPPED, attributes={}, link_rel=None, url_schemes=set()
)


def sanitize(source: str, where: Where) -> str:
    """Safe HTML with absolute http, https and mailto links only; sanitising it again changes nothing.

    At most `LONGEST` characters. Where the source nests too deeply to be parsed, its words alone.
    """
    text = _prepare(source)
    if not any(character in text for character in _SPECIAL):
        return text
    if is_too_nested(text):
        return _words(text)
    once, tags = _clean(text, where)
    if len(once) > LONGEST:  # every link gains its rel: again, with that much less
        once, tags = _clean(text[: LONGEST * LONGEST // len(once) * 9 // 10], where)
    return once if len(once) <= LONGEST and is_stable(once, tags) else settle(once)


def strip_attributes(source: str) -> str:
    """HTML down to its tags without attributes, good for nothing but to read words from."""
    return _words(source) if is_too_nested(source) else printable(_BARE.clean(printable(source)))


# ---------------------------------------------------------------- steps

_SPECIAL = "<>&\xa0\r"  # without these, HTML is text, and stays to the letter
_INLINE_DATA = re.compile(r"\bdata:[\w/+.-]{1,80}(?:;[\w=-]{1,40}){0,3};base64,[\w+/=%]{200,}")
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,31};)")
# A frame that is not closed, as XHTML writes it, would swallow all that follows.
_OPEN_FRAME = re.compile(r"<iframe\b([^<>]*?)(?:/>|>(?![^<]*</iframe))", re.I)
# A picture without an address, and what stands there for readers without scripts; pixels apart.
_LATE_PICTURE = re.compile(
    r"<img\b(?![^<>]*\s(?:data-[\w-]+|srcset)=|[^<>]*\ssrc=[\"']?(?!data:|[\"'\s>]))[^<>]*>\s*<noscript\b[^<>]*>\s*"
    r"(<img\b(?![^<>]*\s(?:width|height)=[\"']?[01]\b)[^<>]*>)\s*</noscript\s*>",
    re.I,
)
_AMP_PICTURE = re.compile(r"<(/?)amp-img\b", re.I)
# One look tells that there is none of these, as in nearly all texts.
_RARE = re.compile(
    r"<(?:[iI][fF][rR][aA][mM][eE]|noscript|[sS][cC][rR][iI][pP][tT]\b[^<>]*math/tex|amp-img|(?:\w{1,20}:)?[mM][aA][tT][hH])"
)
_MANY = 1_000
_TAG = re.compile(r"<[^<>]*>")


def _prepare(source: str) -> str:
    """The text without what would only cost time: whole pictures as data, ampersands that begin nothing."""
    text = clean_characters(source)
    if ";base64," in text:
        text = _INLINE_DATA.sub("", text)
    text = text[:LONGEST]
    if _RARE.search(text):
        text = _OPEN_FRAME.sub(r"<iframe\1></iframe>", text)[:LONGEST]
        text = _LATE_PICTURE.sub(r"\1", text)
        text = _AMP_PICTURE.sub(r"<\1img", text)
        if has_formulas(text):
            text = formulas_as_html(text)[:LONGEST]
    if text.count("&") > _MANY:  # nh3 takes quadratic time over them
        text = _BARE_AMPERSAND.sub("&amp;", text)[:LONGEST]
    return text


def _clean(text: str, where: Where) -> tuple[str, list[str]]:
    """The HTML after one reading, and its tags."""
    _REWRITER.begin(where)
    written = _FIRST.clean(text)
    tags = tags_of(written)
    once = _REWRITER.elements(written, tags)
    if "picture" in tags or "iframe" in tags:  # whose tags have become others; a lost <img> encloses nothing
        tags = tags_of(once)
    # References can write what must not be written, and a dropped tag can join two halves of a character.
    return clean_characters(once), tags


def settle(source: str) -> str:
    """Clean HTML as a parser reads it again, until nothing changes; where that takes too long, its words alone."""
    for _ in range(_ROUNDS):
        again = clean_characters(_STRICT.clean(source))
        if again == source and len(source) <= LONGEST and not is_too_nested(source):
            return source
        source = again
    return _words(source)


def _words(source: str) -> str:
    text = squeeze(printable(unescape(_TAG.sub(" ", source))))
    return html.escape(text[: LONGEST // 5], quote=False)  # "&amp;" is five for one
