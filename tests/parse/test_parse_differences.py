"""The strict reader says of a well-formed document what feedparser says, but for a table of deliberate differences.

The corpus is read where FEED_CORPUS names it; feeds that Hypothesis makes are read always.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.models import ParsedEntry, ParsedFeed, Text
from aggregator.parse import lenient, not_a_feed, prolog, strict
from aggregator.parse.document import document
from aggregator.parse.tree import parse_xml
from aggregator.parse.values import Problems

URL = "https://news.example/feed.xml"
CORPUS = os.environ.get("FEED_CORPUS")


def words(text: Any) -> str:
    """The text without its markup, by which it is told whether two say the same."""
    return re.sub(r"\s+", " ", re.sub(r"<[^<>]*>|&\w+;|[<>&]|&#\d+;", "", text.value if text else "")).strip()


def same_but(*names: str) -> Callable[[Any, Any], bool]:
    """Whether two texts differ in these fields alone."""

    def compare(ours: Any, theirs: Any) -> bool:
        if not isinstance(ours, Text) or not isinstance(theirs, Text):
            return False
        return replace(ours, **{name: getattr(theirs, name) for name in names}) == theirs

    return compare


@dataclass(frozen=True)
class Difference:
    """One deliberate difference: which fields, in documents that hold what, and how the two may differ."""

    reason: str
    fields: str
    where: str = ""  # a regular expression; "" for any document
    allowed: Callable[[Any, Any], bool] = lambda ours, theirs: True


TEXTS = "title summary content feed.title feed.subtitle"

# An element that is none of those that hold feeds and entries, and begins with one that could speak for them.
NESTED = (
    r"<(?!/|(?:\w+:)?(?:rss|RDF|feed|channel|item|entry)\b)[\w:.-]+(?:\s[^<>]*[^/<>])?>\s*"
    r"<(?:\w+:)?(?:link|id|guid|title|description|summary|ur[li]|name|item|thumbnail|content|time|origLink)\b|<item ?/>"
)

DIFFERENCES = (
    Difference(
        "xml:base of one entry does not reach the next",
        TEXTS,
        "(?i)base=",
        same_but("base"),
    ),
    Difference(
        "xml:base of one entry does not reach the next",
        "link id image enclosures feed.link feed.self_link feed.id feed.icon",
        "(?i)base=",
    ),
    Difference(
        "inline markup is written as HTML, without the one div around it",
        TEXTS + " feed.rights",
        "",
        lambda ours, theirs: (
            isinstance(ours, Text) and isinstance(theirs, Text) and words(ours) == words(theirs) and "<" in theirs.value
        ),
    ),
    Difference(
        "inline markup is written as HTML, without the one div around it",
        "feed.rights",
        "",
        lambda ours, theirs: re.sub("</?div>", "", theirs or "") == ours,
    ),
    Difference(
        "texts of media:, itunes: and dc: stand in for the entry's own only where it has none",
        "title summary content",
        r"<(?:\w+:)(?:description|summary|subtitle|title|keywords|group|content)\b",
    ),
    Difference(
        "texts of media:, itunes: and dc: stand in for the entry's own only where it has none",
        "feed.title feed.subtitle",
        r"<(?:\w+:)(?:description|summary|subtitle|title)\b",
    ),
    Difference(
        "a content that shows nothing is none beside a description",
        "content",
        "",
        lambda ours, theirs: ours is None and not words(theirs),
    ),
    Difference(
        "a text of HTML is HTML whatever its tags are called",
        TEXTS,
        "",
        same_but("is_html"),
    ),
    Difference(
        "only direct children speak for an entry or a feed",
        "link id title summary content source_title source_url original_link feed.link feed.icon published updated image",
        NESTED,
    ),
    Difference("itunes:owner is not the author", "feed.authors authors", "(?i)itunes:owner"),
    Difference(
        "a person's address is read whole, and who is named twice is named once",
        "authors feed.authors",
        "@|</(?:\\w+:)?name>",
    ),
    Difference("the authors of a source are the entry's where it has none", "authors", "<(?:\\w+:)?source"),
    Difference("an id that is no address of the web is no link", "link feed.link", "<(?:\\w+:)?id>|<guid"),
    Difference("tags come in one order, single ones before lists", "tags", "keywords|tags>",
               lambda ours, theirs: set(ours) <= set(theirs)),
    Difference("categories in categories are left out", "tags", "category", lambda ours, theirs: set(ours) <= set(theirs)),
    Difference("an enclosure may stand in a link as text, and its type is what it says", "enclosures link feed.self_link feed.hub", "enclosure|<link rel"),
    Difference("an image beside the channel is the feed's (RSS 1.0), and of several the last", "feed.icon", "<image|itunes:(?:image|link)"),
    Difference("an element holds the text of the elements in it", "published updated id tags", "", lambda ours, theirs: not theirs),
    Difference("the address of an item of RSS 1.0 is its link where it has none", "link", "about=", lambda ours, theirs: not theirs),
    Difference("of several pages the first is the link", "link feed.link", "hreflang|alternate", lambda ours, theirs: ours and theirs),
    Difference("a picture of an item in RSS's own words is its picture", "image", r"<(?:\w+:)?(?:image|thumbnail)\b"),
    Difference("the generator may be named by its address", "feed.generator", "generatorAgent"),
    Difference("base64 is read by Atom 0.3's mode, and of types that are text", TEXTS + " feed.rights", "base64|type="),
    Difference("feedparser keeps one transcript of an episode, and of explicit what it takes for yes or no", "episode", "itunes:|podcast:"),
    Difference("the format goes by the root element", "feed.format", ""),
    Difference("CDATA marks that were escaped are taken off", TEXTS + " link id", "CDATA"),
)  # fmt: skip


@cache
def pattern(where: str) -> re.Pattern[str]:
    return re.compile(where)


def reason(field: str, ours: Any, theirs: Any, text: str) -> str | None:
    """Why the two may differ here; None where they may not."""
    for each in DIFFERENCES:
        if field in each.fields.split() and pattern(each.where).search(text) and each.allowed(ours, theirs):
            return each.reason
    return None


def both(
    body: bytes, content_type: str | None = None, url: str = URL
) -> tuple[ParsedFeed, ParsedFeed, str] | None:
    """What the strict reader and what feedparser says of one document; None where either does not read it."""
    if not_a_feed.by_first_bytes(body):
        return None
    text = document(body, content_type, url).text
    try:
        root = prolog.root(text)
    except ParseError:
        return None
    if root is None or root.name not in ("rss", "rdf", "feed"):
        return None
    tree = parse_xml(text[root.start :])
    if tree is None:
        return None
    ours = strict.read_feed(tree, url, Problems())
    theirs = lenient.read_feed(text[root.start :], url, root, 1, Problems())
    return (ours, theirs, text[root.start :]) if ours and theirs else None


def differences(ours: ParsedFeed, theirs: ParsedFeed) -> Iterator[tuple[str, Any, Any]]:
    for field in fields(ParsedFeed):
        if field.name not in ("entries", "problem"):
            yield f"feed.{field.name}", getattr(ours, field.name), getattr(theirs, field.name)
    for one, other in zip(ours.entries, theirs.entries, strict=False):
        for field in fields(ParsedEntry):
            yield field.name, getattr(one, field.name), getattr(other, field.name)


def check(ours: ParsedFeed, theirs: ParsedFeed, text: str) -> None:
    wrong = [
        (field, one, other)
        for field, one, other in differences(ours, theirs)
        if one != other and reason(field, one, other, text) is None
    ]
    assert not wrong, wrong[:3]


def corpus() -> list[Path]:
    folders = [Path(CORPUS) / name / "files" for name in ("real", "odd")] if CORPUS else []
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


# What feedparser counts as an entry or not: an <item> that says nothing but who contributed, or is in another.
COUNTED = "contributor|source|<item[^<>]*/>"


@pytest.mark.skipif(not CORPUS, reason="FEED_CORPUS is not set: no document was compared")
@pytest.mark.parametrize("part", range(10))
def test_every_document_of_the_corpus(part: int) -> None:
    compared = 0
    for path in corpus()[part::10]:
        found = both(path.read_bytes())
        if found is None:
            continue
        ours, theirs, text = found
        try:
            assert len(ours.entries) == len(theirs.entries) or re.search(COUNTED, text)
            if len(ours.entries) == len(theirs.entries):
                check(ours, theirs, text)
        except AssertionError as error:
            raise AssertionError(f"{path}: {error}") from error
        compared += 1
    assert compared > 150


# ---------------------------------------------------------------- feeds that are made

_text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"], exclude_characters="\u2028\u2029"),
    max_size=12,
).map(str.strip)
_path = st.text("abc/09-", min_size=1, max_size=8)


def element(name: str, value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return value.map(lambda text: f"<{name}>{escape(text)}</{name}>" if text else "")


def optional(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Some of these, in any order."""
    chosen = st.lists(st.sampled_from(range(len(parts))), unique=True)
    return chosen.flatmap(lambda numbers: st.tuples(*(parts[n] for n in numbers))).map("".join)


_link = _path.map(lambda path: f"https://news.example/{path}")
_date = st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S GMT"))
_html = _text.map(lambda text: f"<p>{escape(text)}</p>")
_item = optional(
    element("title", _text), element("link", _link), element("guid", _text), element("pubDate", _date),
    element("category", _text), element("author", _text.filter(lambda text: "@" not in text)), element("description", _html),
    element("content:encoded", _html), element("dc:date", _date), element("comments", _link),
    _link.map(lambda link: f'<enclosure url="{link}" type="audio/mpeg" length="7"/>'),
    _link.map(lambda link: f'<media:thumbnail url="{link}"/>'), _link.map(lambda link: f'<media:content url="{link}" medium="video"/>'),
    element("source", _text), element("x:link", _link), element("itunes:duration", _text),
)  # fmt: skip
_entry = optional(
    element("title", _text), element("id", _link), element("updated", _date), element("published", _date),
    _link.map(lambda link: f'<link href="{link}"/>'), _link.map(lambda link: f'<link rel="enclosure" type="a/b" href="{link}"/>'),
    element("summary", _text), _html.map(lambda html: f'<content type="html">{escape(html)}</content>'),
    _text.map(lambda text: f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(text)}</p></div></content>'),
    _text.filter(bool).map(lambda text: f"<author><name>{escape(text)}</name></author>"), element("rights", _text),
    _path.map(lambda path: f'<category term="{path}"/>'),
)  # fmt: skip
_SPACES = (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:x="https://x.example/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def _compare(body: str) -> None:
    found = both(body.encode())
    assert found is not None
    ours, theirs, text = found
    assert len(ours.entries) == len(theirs.entries)
    check(ours, theirs, text)


@settings(deadline=None)
@given(
    st.lists(_item, max_size=4),
    optional(element("title", _text), element("link", _link), element("language", _path)),
)
def test_rss_that_is_made(items: list[str], channel: str) -> None:
    inside = "".join(f"<item>{item}</item>" for item in items if item)
    _compare(f'<rss version="2.0"{_SPACES}><channel>{channel}{inside}</channel></rss>')


@settings(deadline=None)
@given(st.lists(_entry, max_size=4), optional(element("title", _text), element("id", _link)))
def test_atom_that_is_made(entries: list[str], feed: str) -> None:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries if entry)
    _compare(f'<feed xmlns="http://www.w3.org/2005/Atom">{feed}{inside}</feed>')


def test_the_documentation_lists_these_differences_and_no_others() -> None:
    text = (Path(__file__).parents[2] / "docs" / "explanation" / "reading.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([^|]+) \|", text.partition("| difference |")[2], re.M)
    assert set(listed) - {"---"} == {each.reason for each in DIFFERENCES}
