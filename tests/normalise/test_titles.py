"""Titles, names and tags are plain text, however the feed wrote them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.dedupe import title_key
from aggregator.models import Enclosure, Entry, ParsedEntry, ParsedFeed, Text
from aggregator.normalise import normalise
from aggregator.normalise.plain_text import label
from aggregator.text import clean_characters
from support.calls import counted

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URL = "https://news.example/feed.xml"


def _one(parsed: ParsedEntry, form: str = "rss20") -> Entry:
    (entry,) = normalise(ParsedFeed(form, (parsed,)), URL, NOW).entries
    return entry


AMBIGUOUS = {
    "plain": ("Rain in the north", "Rain in the north"),
    "white space": ("  Rain\n\tin   the north ", "Rain in the north"),
    "bare ampersand": ("Salt & Vinegar", "Salt & Vinegar"),
    "escaped once": ("Salt &amp; Vinegar", "Salt & Vinegar"),
    "escaped twice": ("Salt &amp;amp; Vinegar", "Salt & Vinegar"),
    "escaped thrice": ("Salt &amp;amp;amp; Vinegar", "Salt &amp; Vinegar"),
    "numeric references": ("It&#8217;s &#x2014; late", "It’s — late"),
    "numeric references without a semicolon": ("It&#8217 s &#x2014 late &#8217s", "It’ s — late &#8217s"),
    "a formula": ("<math><msup><mi>e</mi><mn>2</mn></msup></math> holds", "e2 holds"),
    "no semicolon, no reference": ("?a=1&copy=2", "?a=1&copy=2"),
    "HTML": ("An <em>old</em> <b>friend</b>", "An old friend"),
    "HTML inside of a word": ("H<sub>2</sub>O", "H2O"),
    "HTML with attributes": ('See <a href="https://x.example/">this</a>', "See this"),
    "HTML escaped twice": ("An &lt;em&gt;old&lt;/em&gt; friend", "An old friend"),
    "line break": ("One<br>two<br/>three", "One two three"),
    "a heading": ("<h1>Rain</h1><p>in the north</p>", "Rain in the north"),
    "unclosed": ("An <b>old friend", "An old friend"),
    "CDATA within": ("<![CDATA[Rain]]> again", "Rain again"),
    "comment": ("Rain<!-- draft --> again", "Rain again"),
    "script": ("Rain<script>alert(1)</script>", "Rain"),
    "picture": ("<img src=x onerror=alert(1)>Rain", "Rain"),
    "less than": ("Why a < b and b > c", "Why a < b and b > c"),
    "a template": ("C++ <vector> and <map> headers", "C++ <vector> and <map> headers"),
    "about a tag": ("The <table> element", "The <table> element"),
    "about an escaped tag": ("The &lt;video&gt; element", "The <video> element"),
    "a heart": ("I <3 feeds", "I <3 feeds"),
    "an address": ("Ann <ann@mail.example>", "Ann <ann@mail.example>"),
    "control characters": ("Ra\x00in\x1b[31m\u0007", "Rain[31m"),
    "a hidden control character": ("Rain&#27;[2J", "Rain[2J"),
    "nothing but space": (" &nbsp; ", ""),
    "nothing but tags": ("<b></b>", ""),
}


@pytest.mark.parametrize(("raw", "expected"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_may_be_html_becomes_plain_text(raw: str, expected: str) -> None:
    assert label(raw, 1_000) == expected


LITERAL = {
    "a reference": "How to write &amp; in HTML",
    "tags": "Use <em>, not <i>italics</i>",
}


@pytest.mark.parametrize("raw", LITERAL.values(), ids=LITERAL)
def test_a_text_title_in_atom_is_taken_at_its_word(raw: str) -> None:
    assert _one(ParsedEntry(title=Text(raw)), "atom10").title == raw


def test_an_html_title_in_atom_is_read_as_html() -> None:
    title = Text("An <em>old</em> friend &amp; me", is_html=True)
    assert _one(ParsedEntry(title=title), "atom10").title == "An old friend & me"


def test_a_title_in_json_feed_is_decoded_since_many_escape_it() -> None:
    assert _one(ParsedEntry(title=Text("It&#039;s here")), "json11").title == "It's here"


def test_a_long_title_is_cut_at_a_word() -> None:
    title = _one(ParsedEntry(title=Text("word " * 500))).title
    assert len(title) <= 1_000
    assert title.endswith("word…")


UNTITLED = {
    "from its text": (
        ParsedEntry(content=Text("<p>A walk in the <b>woods</b>.</p><p>Then rain.</p>", is_html=True)),
        "A walk in the woods. Then rain.",
    ),
    "from its link": (
        ParsedEntry(link="https://news.example/2019/a-walk_in-the%20woods.html?x=1"),
        "a walk in the woods",
    ),
    "from its host": (ParsedEntry(link="https://news.example/"), "news.example"),
    "from its host, where a number names the page": (
        ParsedEntry(link="https://news.example/12"),
        "news.example",
    ),
    "from what its picture shows": (
        ParsedEntry(
            link="https://news.example/12",
            content=Text('<img src="/a.png" alt="A &quot;cat&quot;">', is_html=True),
        ),
        'A "cat"',
    ),
    "from its file": (
        ParsedEntry(enclosures=(Enclosure("https://news.example/My%20talk.mp3", "audio/mpeg"),)),
        "My talk",
    ),
    "from nothing": (
        ParsedEntry(content=Text('<img src="https://x.example/a.png">', is_html=True)),
        "Untitled",
    ),
}


@pytest.mark.parametrize(("parsed", "expected"), UNTITLED.values(), ids=UNTITLED)
def test_an_untitled_entry_gets_a_title_and_says_so(parsed: ParsedEntry, expected: str) -> None:
    entry = _one(parsed)
    assert (entry.title, entry.untitled) == (expected, True)


def test_a_title_made_from_text_has_at_most_80_characters() -> None:
    entry = _one(ParsedEntry(summary=Text("seven letters " * 40)))
    assert 60 < len(entry.title) <= 80


def test_tags_are_plain_each_once_in_order_and_at_most_twenty() -> None:
    tags = ("Sea &amp; Sun", "<b>rain</b>", "RAIN", " ", "x" * 300, *(f"tag {n}" for n in range(30)))
    found = _one(ParsedEntry(title=Text("x"), tags=tags)).tags
    assert found[:2] == ("Sea & Sun", "rain")
    assert len(found[2]) == 100
    assert len(found) == 20


ATOM_HTML = {
    "a reference that is shown": ("How &amp;nbsp; works", "How &nbsp; works"),
    "markup that is shown": ("<code>&lt;b&gt;</code> is bold", "<b> is bold"),
    "escaped as HTML": ("Salt &amp; Vinegar", "Salt & Vinegar"),
    "marked up": ("An <em>old</em> friend", "An old friend"),
    "of a template": ("C++ &lt;vector&gt;", "C++ <vector>"),
}


@pytest.mark.parametrize(("raw", "expected"), ATOM_HTML.values(), ids=ATOM_HTML)
def test_html_of_atom_is_decoded_once(raw: str, expected: str) -> None:
    assert _one(ParsedEntry(title=Text(raw, is_html=True)), "atom10").title == expected


@pytest.mark.parametrize("form", ["json11", "rss20"])
def test_marked_up_titles_are_one_headline(form: str) -> None:
    titles = ("<em>Billboard</em>'s year, told in ten songs", "&lt;em&gt;Billboard&lt;/em&gt;'s year, told in ten songs",
              "Billboard's year, told in ten songs", "Billboard`s year, told in ten songs",
              "Billboard´s year, told in ten songs", "Billboard’s year, told in ten songs")  # fmt: skip
    keys = {title_key(_one(ParsedEntry(title=Text(title)), form).title) for title in titles}
    assert keys == {"billboards year told in ten songs"}


@pytest.mark.parametrize(("raw", "times"), [("Rain in the Zürich north", 1), ("<i>Rain</i> &amp; snow", 2)])
def test_characters_are_looked_at_again_only_where_markup_had_parted_them(raw: str, times: int) -> None:
    with counted(clean_characters) as made:
        label(raw, 1_000)
    assert made == {"clean_characters": times}
