"""Feeds as they are served: not well formed, and read all the same, with the problem told."""

from __future__ import annotations

import pytest

from aggregator.errors import ParseError
from aggregator.models import ParsedFeed, Text
from aggregator.parse import parse

URL = "https://news.example/feed.xml"


def rss(inside: str = "<item><title>One</title></item>", before: str = "", names: str = "") -> str:
    return f'{before}<rss version="2.0"{names}><channel><title>News</title>{inside}</channel></rss>'


def read(text: str) -> ParsedFeed:
    return parse(text.encode(), "application/rss+xml", URL)


def titles(feed: ParsedFeed) -> list[str | None]:
    return [entry.title.value if entry.title else None for entry in feed.entries]


DECLARED = '<?xml version="1.0" encoding="utf-8"?>'


@pytest.mark.parametrize(
    "before",
    [
        "",
        DECLARED,
        "\n \t" + DECLARED,
        DECLARED.replace("?>", ">"),
        DECLARED.replace("<?xml", "<?xml?xml").replace("?>", " ??>"),
        "<!-- a comment with <tags> -->" + DECLARED,
        DECLARED + '<?xml-stylesheet type="text/xsl" href="/feed.xsl"?>\n<!-- <rss> -->',
    ],
)
def test_what_stands_before_the_root_is_no_problem(before: str) -> None:
    feed = read(rss(before=before))
    assert (titles(feed), feed.problem, feed.format) == (["One"], None, "rss20")


def test_a_server_s_warnings_before_the_feed_are_told_of() -> None:
    feed = read(rss(before="<br />\n<b>Warning</b>: mysql_connect() in feed.php<br />" + DECLARED))
    assert (titles(feed), feed.problem) == (["One"], "something else stands before the feed")


def test_a_feed_cut_short_gives_the_entries_it_has() -> None:
    whole = rss("".join(f"<item><title>Entry {n}</title><guid>{n}</guid></item>\n" for n in range(5)))
    feed = read(whole[: whole.index("Entry 3") + 4])
    assert titles(feed)[:3] == ["Entry 0", "Entry 1", "Entry 2"]
    assert feed.problem is not None
    assert feed.problem.startswith("not well-formed XML (")


def test_a_feed_cut_short_before_its_first_entry_is_an_error() -> None:
    with pytest.raises(ParseError, match="a feed that breaks off before its first entry"):
        read('<rss version="2.0"><channel><title>Ne')


def test_the_line_is_counted_in_the_document_as_its_owner_has_it() -> None:
    feed = read(DECLARED + "\n<!-- two\nthree -->\n" + rss("\n<item><title>One & two</title></item>"))
    assert titles(feed) == ["One & two"]
    assert feed.problem == '"&" that is not written as "&amp;" (line 5)'


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<item><title>One & two</title></item>", ["One & two"]),
        ("<item><title>Caf&eacute;&nbsp;au lait</title></item>", ["Café\xa0au lait"]),
        ("<item><title>One</title><p>unclosed</item><item><title>Two</title></item>", ["One", "Two"]),
        ("<item><title>One</title></itme><item><title>Two</title></item>", ["One", "Two"]),
        ("<item><title>1 < 2</title></item>", ["1 < 2"]),
    ],
)
def test_xml_that_is_not_well_formed(inside: str, expected: list[str]) -> None:
    feed = read(rss(inside))
    assert titles(feed) == expected
    assert feed.problem is not None


def test_prefixes_that_nobody_declared_are_known_by_sight() -> None:
    feed = read(
        rss(
            '<atom:link rel="self" href="https://news.example/f"/><item><title>t</title><dc:creator>Ada</dc:creator></item>'
        )
    )
    assert feed.self_link == "https://news.example/f"
    assert [person.name for person in feed.entries[0].authors] == ["Ada"]
    assert feed.problem == "uses atom:, dc: without declaring it"


def test_a_feed_with_every_element_under_an_undeclared_prefix() -> None:
    feed = read(
        "<rss rss:version=2.0><rss:channel><rss:title>News</rss:title>"
        "<rss:item><rss:title>One</rss:title><rss:link>https://news.example/1</rss:link></rss:item>"
        "</rss:channel></rss>"
    )
    assert titles(feed) == ["One"]
    assert (feed.title, feed.entries[0].link) == (Text("News"), "https://news.example/1")


def test_characters_that_xml_forbids_cost_nothing_else() -> None:
    feed = read(rss("<item><title>O\x0bn\x08e\0</title></item>"))
    assert (titles(feed), feed.problem) == (["One"], "characters that XML forbids")


@pytest.mark.parametrize(
    ("reference", "title"),
    [
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D;&#xde00;", "😀"),
        ("&#8217;&#55357;&#56832;&#8217;", "’😀’"),
        ("a&#xD83D;b", "a\ufffdb"),
        ("a&#56832;&#55357;b", "a\ufffd\ufffdb"),
        ("a&#99999999999999999999;b", "a\ufffdb"),
    ],
)
def test_emoji_written_as_two_halves(reference: str, title: str) -> None:
    assert titles(read(rss(f"<item><title>{reference}</title></item>"))) == [title]


def test_places_that_are_none_cost_nothing_else() -> None:
    polygon = "<gml:Polygon><gml:posList>1 2 nowhere</gml:posList></gml:Polygon>"
    feed = read(
        rss(
            f"<item><title>Here</title><georss:where>{polygon}</georss:where></item>",
            names=' xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"',
        )
    )
    assert titles(feed) == ["Here"]


def test_an_item_inside_of_an_item_is_no_entry() -> None:
    feed = read(
        rss(
            "<item><title>One</title><link>https://news.example/1</link>"
            "<item /><fb:origLink>https://news.example/real</fb:origLink></item>",
            names=' xmlns:fb="http://rssnamespace.org/feedburner/ext/1.0"',
        )
    )
    assert titles(feed) == ["One"]


def test_an_entry_with_a_date_alone_is_one() -> None:
    assert titles(read(rss("<item><pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate></item>"))) == [None]


def test_a_feed_that_makes_the_reader_fail_is_refused_in_our_own_words() -> None:
    with pytest.raises(ParseError, match=r"XML so broken that the reader fails on it \(\w+\)"):
        read(rss("<item><textInput><link>https://news.example/</link></textInput><b></item>"))


def test_a_long_text_comes_through_whole() -> None:
    text = "Line & <line>\n" * 20_000
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    (entry,) = read(rss(f"<item><description>{escaped}</description></item>")).entries
    assert entry.summary is not None
    assert entry.summary.value == text.strip()
