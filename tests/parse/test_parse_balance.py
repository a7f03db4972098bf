"""Documents whose tags do not match: no entry is lost, and each keeps its fields."""

from __future__ import annotations

import pytest

from aggregator.parse import parse
from aggregator.parse.balance import balanced

URL = "https://news.example/feed.xml"
ONE = "<item><title>One</title><link>https://n.example/1</link><description>Words</description></item>"
TWO = "<item><title>Two</title><link>https://n.example/2</link><description>More</description></item>"
ATOM = "http://www.w3.org/2005/Atom"


def read(items: str) -> list[tuple[str | None, str | None, str | None]]:
    document = f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
    feed = parse(document.encode(), None, URL)
    assert feed.problem
    assert feed.title
    assert feed.title.value == "News"
    return [
        (each.title.value if each.title else None, each.link, each.summary.value if each.summary else None)
        for each in feed.entries
    ]


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("Words</description>", "Words</descripton>"),
        ("Words</description>", "Words"),
        ("Words</description>", "Words</Description>"),
        ("One</title>", "One"),
        ("One</title>", "One</titel>"),
        ("One</title>", "One<title>"),
        ("/1</link>", "/1"),
        ("/1</link>", "/1</lnk>"),
        ("</item>", ""),
        ("</item>", "</itme>"),
        ("<title>", '<category a="1" a="2">News<title>'),
        ("<title>", "</b><title>"),
    ],
)
def test_a_tag_that_does_not_match_costs_no_entry(good: str, broken: str) -> None:
    expected = [("One", "https://n.example/1", "Words"), ("Two", "https://n.example/2", "More")]
    assert read(ONE.replace(good, broken, 1) + TWO) == expected
    assert read(TWO + ONE.replace(good, broken, 1)) == expected[::-1]


@pytest.mark.parametrize(
    ("broken", "closed"),
    [
        ("<p>a<br>b<img src=x alt='y'>c</p>", "<p>a<br/>b<img src=\"x\" alt='y'/>c</p>"),
        ("<b><i>a</b></i>c", "<b><i>a</i></b>c"),
        ("<a><!-- <b> --><![CDATA[<b>]]></a>", "<a><!-- <b> --><![CDATA[<b>]]></a>"),
        ("<a x=1 x=2 y>b</a>", '<a x="1" y="">b</a>'),
        ("<a x='>'>b</a>", "<a x='>'>b</a>"),
        ("<a/><b />c", "<a/><b/>c"),
        ("<item><x:link>a</item>", "<item><x:link>a</x:link></item>"),
        (
            "<feed><entry><title>a<entry><title>b",
            "<feed><entry><title>a</title></entry><entry><title>b</title></entry></feed>",
        ),
    ],
)
def test_how_tags_are_closed(broken: str, closed: str) -> None:
    assert balanced(broken) == closed


def test_what_is_well_formed_keeps_its_elements() -> None:
    document = f'<feed xmlns="{ATOM}"><entry><content type="xhtml"><div><title>a</title><p>b<br/></p></div></content></entry></feed>'
    assert balanced(document) == document


def test_what_nests_too_deeply_is_left_alone() -> None:
    assert balanced("<div>" * 300) is None


def test_a_list_of_items_is_looked_into() -> None:
    for items in (f"<items>{ONE}{TWO}</items>", f"<entries>{ONE}</entries>{TWO}"):
        feed = parse(
            f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode(), None, URL
        )
        assert (len(feed.entries), feed.problem) == (2, None)
