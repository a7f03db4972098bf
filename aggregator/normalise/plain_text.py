"""Plain text out of HTML: summaries from content, and titles, names and tags, which are never HTML."""

from __future__ import annotations

import html
import re

from aggregator.models import Text
from aggregator.normalise import tables
from aggregator.normalise.formulas import formulas_as_html, has_formulas
from aggregator.normalise.sanitize import strip_attributes
from aggregator.text import clean_characters, one_line, shorten, squeeze, unescape

_NAME = re.compile(r"<([^<>\s]*)[^<>]*>")
_NO_PAUSE = tables.INLINE | {f"/{name}" for name in tables.INLINE}
_EMPTY_LINE = re.compile(r"\n\s*\n")
_EXCERPT = 20_000  # characters of a source of which only the first words are wanted
_UNFINISHED = re.compile(r"&#?\w*")  # a reference that the window cuts in two
_WINDOW = 3  # characters of HTML read for each one of text wanted, at first


def text_of(clean: str, limit: int) -> str:
    """The words of clean HTML on one line, at most `limit` characters; a block's end is a space."""
    window = limit * _WINDOW
    while window < len(clean):
        text = _words(_beginning(clean, window))
        if len(text) > limit:
            return shorten(text, limit)
        window *= 4
    return shorten(_words(clean), limit)


def _beginning(clean: str, length: int) -> str:
    """So much of the HTML, without a tag or reference that is cut in two."""
    start = clean[:length]
    tag, reference = start.rfind("<"), start.rfind("&")
    if tag > start.rfind(">"):
        return start[:tag]
    return start[:reference] if reference >= 0 and _UNFINISHED.fullmatch(start, reference) else start


def _words(clean: str) -> str:
    if "<" in clean:
        parts = _NAME.split(clean)  # text, a tag's name, text ...
        parts[1::2] = ["" if name in _NO_PAUSE else " " for name in parts[1::2]]
        clean = "".join(parts)
    return squeeze(clean_characters(unescape(clean)))  # again, for what references and tags had parted


def excerpt(source: str, limit: int) -> str:
    """The first words of any HTML, at most `limit` characters; scripts and styles are no words."""
    source = clean_characters(source[:_EXCERPT])
    if "<" in source or "&" in source:
        return text_of(strip_attributes(source), limit)
    return shorten(squeeze(source), limit)


def has_paragraphs(text: str) -> bool:
    """Whether empty lines part this text."""
    return _EMPTY_LINE.search(text.strip()) is not None


def as_html(text: str) -> str:
    """Plain text as HTML: empty lines part paragraphs, single line breaks stay."""
    paragraphs = _EMPTY_LINE.split(html.escape(text.strip(), quote=False))
    if len(paragraphs) == 1 and "\n" not in paragraphs[0]:
        return paragraphs[0]
    return "".join("<p>" + paragraph.strip().replace("\n", "<br>") + "</p>" for paragraph in paragraphs)


# ---------------------------------------------------------------- titles, names, tags

_REFERENCE = re.compile(
    r"&(?:#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|#(?:\d{2,7}|[xX][0-9a-fA-F]{2,6})(?=\s)|[a-zA-Z][a-zA-Z0-9]{1,31};)"
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([\s/][^<>]*)?>")
_NO_TEXT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->|<!\[CDATA\[|\]\]>", re.I | re.S)
_LONGEST = 5_000  # characters of a source that are read
_ROUNDS = 2  # titles escaped twice over are common, thrice are none


def title_of(text: Text | None, limit: int, literal: bool) -> str:
    """A title as plain text; `literal`: the format tells text from HTML, and is taken at its word."""
    if text is None:
        return ""
    if not literal:
        return label(text.value, limit)
    return label(text.value, limit, rounds=1 if text.is_html else 0)


def label(source: str, limit: int, rounds: int = _ROUNDS) -> str:
    """A title, name or tag as plain text on one line, at most `limit` characters; may come out empty.

    RSS does not say whether a title is HTML. So markup goes where it can be nothing else, and `a < b`,
    `C++ <vector>` and "The <table> element" stay; references are decoded, at most so many `rounds`: none
    where the format says that this is text, and one where it says that it is HTML.
    """
    text = source = clean_characters(source[:_LONGEST])
    if has_formulas(text):
        text = formulas_as_html(text)
    if rounds and ("<" in text or "&" in text):
        text = _without_tags(text, tables.PHRASE)
        for number in range(rounds):
            decoded = _REFERENCE.sub(lambda reference: unescape(reference[0]), text)
            if decoded == text:
                break
            text = _without_tags(decoded, frozenset()) if rounds > 1 or number else decoded
    if text is not source:  # tags and references had parted what is read together now
        text = clean_characters(text)
    return shorten(one_line(text), limit)


def _without_tags(text: str, always: frozenset[str]) -> str:
    """The text without the tags of HTML that are paired or have attributes, or are `always` taken for markup."""
    if "<" not in text:
        return text
    text = _NO_TEXT.sub("", text)
    tags = {(closing, name.lower()) for closing, name, _ in _TAG.findall(text)}
    paired = {name for closing, name in tags if closing and ("", name) in tags}

    def replacement(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if name not in tables.KNOWN or not (name in always or name in paired or tag[3]):
            return tag[0]
        return "" if name in tables.INLINE else " "

    return _TAG.sub(replacement, text)
