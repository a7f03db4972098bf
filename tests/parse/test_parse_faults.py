"""Kinds of feeds that readers get wrong, each with several variants: what is expected is what the publisher meant."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from aggregator.models import Enclosure, ParsedEntry, ParsedFeed, Person, Text
from aggregator.parse import parse

URL = "https://news.example/feed.xml"
_NAMES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:x="https://x.example/ns"'
)
ATOM = "http://www.w3.org/2005/Atom"


def rss(items: str, channel: str = "", before: str = "") -> ParsedFeed:
    document = f'{before}<rss version="2.0" {_NAMES}><channel>{channel}{items}</channel></rss>'
    return parse(document.encode(), None, URL)


def item(inside: str) -> ParsedEntry:
    (found,) = rss(f"<item>{inside}</item>").entries
    return found


def atom(inside: str, attributes: str = "", entry: str = "") -> ParsedFeed:
    document = f'<feed xmlns="{ATOM}" {attributes}>{inside}<entry {entry}><id>i</id></entry></feed>'
    return parse(document.encode(), None, URL)


def atom_entry(inside: str, feed: str = "") -> ParsedEntry:
    (found,) = parse(
        f'<feed xmlns="{ATOM}">{feed}<entry><id>i</id>{inside}</entry></feed>'.encode(), None, URL
    ).entries
    return found


def value(text: Text | None) -> str | None:
    return text.value if text else None


# ---------------------------------------------------------------- texts of others

OWN = "<description>&lt;p&gt;No good lazy pets!&lt;/p&gt;</description>"
CAPTION = '<media:content url="a.jpg" medium="image"><media:description>A black cat</media:description></media:content>'
OTHERS = [
    CAPTION,
    f"<media:group>{CAPTION}<media:description>A film, told at length, for the directory</media:description></media:group>",
    "<media:description>A black cat on a wall in the sun</media:description>",
    "<itunes:summary>All of it again, and then some more for the directory of podcasts</itunes:summary>",
    "<dc:description>For the library, in many more words than the item has itself</dc:description>",
    "<itunes:subtitle>In brief</itunes:subtitle>",
    "<x:description>From nowhere</x:description>",
    "<x:review><description>Of something else</description><content>No</content></x:review>",
]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("encoded", ["", "<content:encoded>&lt;p&gt;Whole&lt;/p&gt;</content:encoded>"])
def test_an_entry_s_own_text_whatever_stands_before_or_after(other: str, encoded: str) -> None:
    for inside in (OWN + encoded + other, other + OWN + encoded, OWN + other + encoded):
        found = item(inside)
        assert value(found.summary) == "<p>No good lazy pets!</p>"
        assert value(found.content) == ("<p>Whole</p>" if encoded else None)


@pytest.mark.parametrize("group", ["<m:group>{}</m:group>", "{}"])
def test_an_atom_summary_before_a_caption(group: str) -> None:
    caption = group.format("<m:description>A film, told at length</m:description>")
    caption = caption.replace(">", ' xmlns:m="http://search.yahoo.com/mrss/">', 1)
    for inside in ("<summary>Own</summary>" + caption, caption + "<summary>Own</summary>"):
        assert value(atom_entry(inside).summary) == "Own"
    assert value(atom_entry(caption).summary) == "A film, told at length"


@pytest.mark.parametrize(
    ("inside", "summary"),
    [
        ("<media:group><media:description>A film</media:description></media:group>", "A film"),
        ("<media:description>A film</media:description>", "A film"),
        ("<itunes:summary>An episode</itunes:summary><media:description>x</media:description>", "An episode"),
        ("<itunes:summary>An episode</itunes:summary><itunes:subtitle>x</itunes:subtitle>", "An episode"),
        ("<title>t</title>" + CAPTION, None),
        (
            "<description>&lt;p&gt; &lt;/p&gt;</description><itunes:summary>An episode</itunes:summary>",
            "An episode",
        ),
        ("<description/><media:description>A film</media:description>", "A film"),
    ],
)
def test_for_want_of_its_own_the_text_that_a_directory_shows(inside: str, summary: str | None) -> None:
    assert value(item(inside).summary) == summary


@pytest.mark.parametrize(
    "content",
    [
        "<content:encoded>&lt;div&gt; &lt;/div&gt;</content:encoded>",
        "<content:encoded><![CDATA[<p>&nbsp;</p>]]></content:encoded>",
        "<content:encoded><div xmlns='http://www.w3.org/1999/xhtml'> <br/> </div></content:encoded>",
        "<content:encoded><![CDATA[<p>&#8203;</p>]]></content:encoded>",
        "<content:encoded><![CDATA[<!-- a --><style>p { color: red }</style>]]></content:encoded>",
        "<content:encoded><![CDATA[<script>track('x')</script>]]></content:encoded>",
        "<content:encoded><![CDATA[<img src='https://count.example/' width='1' height='1'>]]></content:encoded>",
        f"<content:encoded><![CDATA[{'<div class=wrapper>' * 50}{'</div>' * 50}]]></content:encoded>",
    ],
)
def test_a_content_that_shows_nothing_does_not_stand_for_the_text(content: str) -> None:
    for inside in (OWN + content, content + OWN):
        assert (value(item(inside).summary), item(inside).content) == ("<p>No good lazy pets!</p>", None)


def test_a_content_that_is_a_picture_shows_something() -> None:
    found = item(OWN + '<content:encoded>&lt;img src="a.jpg"&gt;</content:encoded>')
    assert value(found.content) == '<img src="a.jpg">'


@pytest.mark.parametrize("other", ["<atom:summary>Brief</atom:summary>", "<description>Brief</description>"])
def test_of_two_descriptions_the_one_that_is_much_longer_is_the_content(other: str) -> None:
    for inside in (OWN + other, other + OWN):
        assert (value(item(inside).summary), value(item(inside).content)) == (
            "Brief",
            "<p>No good lazy pets!</p>",
        )


@pytest.mark.parametrize(
    "media_type", ["text/html; charset=utf-8", "TEXT/HTML", "html", "application/xhtml+xml;x=y"]
)
def test_a_type_with_parameters(media_type: str) -> None:
    found = atom_entry(f'<content type="{media_type}">&lt;p&gt;One&lt;/p&gt;</content>')
    assert found.content == Text("<p>One</p>", is_html=True)


@pytest.mark.parametrize(
    ("inside", "written"),
    [
        (
            '<div {x} xml:base="https://b.example/x/"><img src="i.png"/></div>',
            '<img src="https://b.example/x/i.png"/>',
        ),
        (
            '<div {x}><p xml:base="https://b.example/x/"><a href="../y"><img src="i.png"/></a></p><img src="j.png"/></div>',
            'xml:base="https://b.example/x/"><a href="https://b.example/y"><img src="https://b.example/x/i.png"/></a></p><img src="j.png"/>',
        ),
        (
            '<div {x} xml:base="https://b.example/x/"><p xml:base="y/"><img src="i.png"/></p></div>',
            '<img src="https://b.example/x/y/i.png"/></p>',
        ),
        ('<div {x} xml:base="javascript:x"><img src="i.png"/></div>', '<img src="i.png"/>'),
        ('<div {x}><b xml:lang="de">a</b><img src="i.png"/></div>', 'a</b><img src="i.png"/>'),
    ],
)
def test_the_base_of_inline_markup_moves_its_links(inside: str, written: str) -> None:
    div = inside.replace("{x}", 'xmlns="http://www.w3.org/1999/xhtml"')
    found = value(atom_entry(f'<content type="xhtml">{div}</content>').content)
    assert found is not None
    assert found.endswith(written)


@pytest.mark.parametrize("base", ["http://[", "javascript:alert(1)", "   ", "data:text/html,x"])
def test_a_base_that_leads_nowhere_changes_nothing(base: str) -> None:
    found = atom(f'<entry xml:base="{base}"><id>1</id><link href="/two"/></entry>').entries[0]
    assert found.link == "/two"


def test_the_base_holds_for_the_picture_of_a_channel() -> None:
    feed = rss(
        "<item><title>t</title></item>", '<image xml:base="https://b.example/"><url>i.png</url></image>'
    )
    assert feed.icon == "i.png"
    document = f'<rss {_NAMES} xml:base="https://b.example/"><channel><image><url>i.png</url></image></channel></rss>'
    assert parse(document.encode(), None, URL).icon == "https://b.example/i.png"


@pytest.mark.parametrize(
    "inside",
    [
        "<image>https://n.example/i.png</image>",
        "<image><url>https://n.example/i.png</url><title>A cat</title><link>https://n.example/</link></image>",
        "<thumbnail>https://n.example/i.png</thumbnail>",
        '<media:content url="https://n.example/i.png"/>',
        '<enclosure url="https://n.example/i.png"/>',
        '<media:group><media:content url="https://n.example/i.png?w=900"/></media:group>',
        "<itunes:image>https://n.example/i.png</itunes:image>",
    ],
)
def test_pictures_of_an_item(inside: str) -> None:
    found = item(f"<title>t</title>{inside}")
    assert (found.image or "").partition("?")[0] == "https://n.example/i.png"
    assert found.title == Text("t")


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.m4a?x=.jpg", "a.opus"])
def test_media_files_without_a_type_by_their_names(name: str) -> None:
    found = item(f'<title>t</title><media:content url="https://n.example/{name}"/>')
    assert [each.url for each in found.enclosures] == [f"https://n.example/{name}"]


def test_what_the_podcast_namespace_says_of_an_episode() -> None:
    document = (
        '<rss xmlns:p="https://podcastindex.org/namespace/1.0" xmlns:i="https://www.itunes.com/dtds/podcast-1.0.dtd">'
        '<channel><item><title>t</title><p:season name="x">2</p:season><p:episode display="5a">5</p:episode>'
        "<i:duration>60</i:duration></item></channel></rss>"
    )
    (found,) = parse(document.encode(), None, URL).entries
    assert found.episode is not None
    assert (found.episode.season, found.episode.number, found.episode.duration) == ("2", "5", "60")


@pytest.mark.parametrize(
    "inside",
    [
        '<link href="https://n.example/1"/><link rel="alternate" hreflang="de" href="https://n.example/de/1"/>',
        '<link type="application/json" href="https://n.example/1.json"/><link href="https://n.example/1"/>',
        '<link href="https://n.example/1.x"/><link type="text/html" href="https://n.example/1"/>',
        '<link href="https://n.example/1"/><link type="text/html" hreflang="de" href="https://n.example/de/1"/>',
        '<link rel="alternate" type="text/html" href="https://n.example/1"/><link href="https://n.example/amp/1"/>',
    ],
)
def test_of_several_pages_the_first(inside: str) -> None:
    assert atom_entry(inside).link == "https://n.example/1"


@pytest.mark.parametrize(
    ("about", "link"), [("https://n.example/1", "https://n.example/1"), ("urn:x:1", None)]
)
def test_the_address_of_an_item_of_rss_1_0_is_its_link_where_it_has_none(
    about: str, link: str | None
) -> None:
    document = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        f'<item rdf:about="{about}"><title>t</title></item></rdf:RDF>'
    )
    (found,) = parse(document.encode(), None, URL).entries
    assert (found.id, found.link) == (about, link)


@pytest.mark.parametrize(
    ("said", "is_link"),
    [("true", True), ("1", True), ("yes", True), ("FALSE", False), ("0", False), ("no", False)],
)
def test_how_a_permalink_is_told(said: str, is_link: bool) -> None:
    found = item(f'<title>t</title><guid isPermaLink="{said}">https://n.example/1</guid>')
    assert found.link == ("https://n.example/1" if is_link else None)


def test_what_kind_of_post_it_is_is_no_tag() -> None:
    kind = "http://schemas.google.com/blogger/2008/kind#post"
    tags = f'<category scheme="http://schemas.google.com/g/2005#kind" term="{kind}"/><category term="b"/>'
    assert atom_entry(tags).tags == ("b",)


@pytest.mark.parametrize(
    "inside",
    [
        "<description><p>One</p><title>A title</title> and <b>more</b></description>",
        "<description>One <svg><title>A title</title></svg> and <b>more</b></description>",
    ],
)
def test_markup_that_nobody_escaped_is_kept_whole(inside: str) -> None:
    found = item(f"<title>Own</title>{inside}")
    assert value(found.title) == "Own"
    assert f"<description>{value(found.summary)}</description>" == inside


@pytest.mark.parametrize(
    ("inside", "written"),
    [
        ("a <b>c</b> &lt; d &amp;amp; e", "a <b>c</b> &lt; d &amp;amp; e"),
        ("<br/>a<br />b<hr/>", "<br/>a<br/>b<hr/>"),
        ('<i class="x"/>a<iframe src="v"/>b', '<i class="x"></i>a<iframe src="v"></iframe>b'),
        ('<a title="1 &gt; 0" href="?a&amp;b">c</a>', '<a title="1 &gt; 0" href="?a&amp;b">c</a>'),
        ("<![CDATA[<b>]]>not bold<![CDATA[</b>]]>", "&lt;b&gt;not bold&lt;/b&gt;"),
    ],
)
def test_xhtml_becomes_html(inside: str, written: str) -> None:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>'
    prefixed = f'<h:div xmlns:h="http://www.w3.org/1999/xhtml">{inside}</h:div>'.replace("<", "<h:").replace(
        "<h:/", "</h:"
    )
    assert value(atom_entry(f'<content type="xhtml">{div}</content>').content) == written
    if "CDATA" not in inside:
        prefixed = prefixed.replace("<h:h:", "<h:").replace("</h:h:", "</h:")
        assert value(atom_entry(f'<content type="xhtml">{prefixed}</content>').content) == written


# ---------------------------------------------------------------- links of others


@pytest.mark.parametrize(
    "other",
    [
        '<y:related xmlns:y="http://news.yandex.ru"><link url="https://n.example/7">Seven</link></y:related>',
        "<author><name>Ada</name><link>https://ada.example/</link></author>",
        "<x:product><link>https://shop.example/</link><guid>shop</guid><title>For sale</title></x:product>",
        '<a:object xmlns:a="http://activitystrea.ms/spec/1.0/"><id>other</id><link href="https://a.example/"/></a:object>',
        "<image><url>p.png</url><link>https://p.example/</link><title>Picture</title></image>",
        "<textInput><link>https://search.example/</link><title>Search</title></textInput>",
        "<x:link>https://x.example/</x:link>",
        "<atom:source><atom:link href='https://s.example/'/><atom:id>s</atom:id><atom:title>S</atom:title></atom:source>",
    ],
)
def test_only_direct_children_speak(other: str) -> None:
    own = "<title>One</title><link>https://n.example/1</link><guid>1</guid>"
    for inside in (own + other, other + own):
        found = item(inside)
        assert (found.link, found.id, value(found.title)) == ("https://n.example/1", "1", "One")
        channel = rss("<item><title>t</title></item>", inside.replace("<guid>1</guid>", ""))
        assert (channel.link, value(channel.title)) == ("https://n.example/1", "One")


@pytest.mark.parametrize("relation", ["enclosure", "related", "self", "hub", "via", "ENCLOSURE"])
@pytest.mark.parametrize("before", [True, False])
def test_a_link_of_another_relation_as_text(relation: str, before: bool) -> None:
    own, other = "<link>https://n.example/1</link>", f'<link rel="{relation}">https://n.example/f</link>'
    found = item(other + own if before else own + other)
    assert found.link == "https://n.example/1"
    assert bool(found.enclosures) == (relation.lower() == "enclosure")
    feed = rss("<item><title>t</title></item>", other + own if before else own + other)
    assert feed.link == "https://n.example/1"
    assert (feed.self_link is not None, feed.hub is not None) == (relation == "self", relation == "hub")


def test_an_enclosure_as_the_text_of_a_link() -> None:
    found = item('<title>t</title><link rel="enclosure" type="audio/mpeg">https://n.example/a.mp3</link>')
    assert (found.link, found.enclosures) == (None, (Enclosure("https://n.example/a.mp3", "audio/mpeg"),))


def test_a_relation_by_its_registered_address() -> None:
    rel = "http://www.iana.org/assignments/relation/alternate"
    assert atom_entry(f'<link rel="{rel}" href="https://n.example/1"/>').link == "https://n.example/1"


@pytest.mark.parametrize("where", ["entry", "title", "link"])
def test_the_base_of_one_entry_is_not_the_next_one_s(where: str) -> None:
    base = 'xml:base="https://other.example/a/"'
    first = "<entry><id>one</id><title>t</title><link href='/one'/></entry>".replace(
        f"<{where}", f"<{where} {base}", 1
    )
    feed = parse(
        f'<feed xmlns="{ATOM}">{first}<entry><id>two</id><title>u</title><link href="/two"/></entry></feed>'.encode(),
        None,
        URL,
    )
    assert feed.entries[1].link == "/two"  # of the feed's own host, as the next stage has it
    assert feed.entries[1].title == Text("u")
    assert feed.entries[0].link == ("/one" if where == "title" else "https://other.example/one")


# ---------------------------------------------------------------- people


@pytest.mark.parametrize(
    ("inside", "people"),
    [
        (
            "<author>hello@radio.studio (Radio Studio)</author><itunes:author>Radio Studio</itunes:author>",
            (Person("Radio Studio", email="hello@radio.studio"),),
        ),
        (
            "<itunes:author>Radio Studio</itunes:author><author>Radio Studio &lt;hello@radio.studio&gt;</author>",
            (Person("Radio Studio", email="hello@radio.studio"),),
        ),
        (
            "<dc:creator>Ann</dc:creator><author>bo@mail.photography (Bo)</author>",
            (Person("Ann"), Person("Bo", email="bo@mail.photography")),
        ),
        ('<author>"Lee, Ann" &lt;ann@x.example&gt;</author>', (Person("Lee, Ann", email="ann@x.example"),)),
        ("<author>(nobody)</author><dc:creator>Ann</dc:creator>", (Person("(nobody)"), Person("Ann"))),
    ],
)
def test_people_with_long_domains_and_twice(inside: str, people: tuple[Person, ...]) -> None:
    assert item(inside).authors == people


def test_the_authors_of_an_aggregated_entry_are_those_of_its_source() -> None:
    source = "<source><title>S</title><author><name>Sue</name></author></source>"
    assert atom_entry(source).authors == (Person("Sue"),)
    assert atom_entry(f"<author><name>Own</name></author>{source}").authors == (Person("Own"),)


# ---------------------------------------------------------------- CDATA that was escaped


@pytest.mark.parametrize("text", ["some text", "some <b>bold</b> text", "a\nb"])
def test_cdata_that_was_escaped(text: str) -> None:
    escaped = f"<![CDATA[{text}]]>".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert value(item(f"<description>{escaped}</description>").summary) == text
    assert value(item(f"<description> {escaped} </description>").summary) == text
    assert value(item(f"<title>{escaped}</title>").title) == text
    assert value(atom_entry(f"<title>{escaped}</title>").title) == text
    assert value(atom_entry(f'<summary type="html">{escaped}</summary>').summary) == text


def test_cdata_that_was_half_escaped() -> None:
    mixed = "<description>&lt;![CDATA[some <b>bold</b> text]]&gt;</description>"
    assert value(item(mixed).summary) == "some <b>bold</b> text"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<p>Use <code>&lt;![CDATA[x]]&gt;</code></p>", "<p>Use <code>&lt;![CDATA[x]]&gt;</code></p>"),
        ("&lt;![CDATA[x]]&gt;", "x"),
        ("<![CDATA[x", "x"),
        ("<![CDATA[x]]", "x"),
        ("<p>a</p><![CDATA[b]]>", "<p>a</p>b"),
        ("<![cdata[x]]>", "x"),
        ("![x](y)", "![x](y)"),
    ],
)
def test_where_cdata_is_what_the_text_is_about(text: str, read: str) -> None:
    assert value(item(f"<description>{escape(text)}</description>").summary) == read


def test_links_and_ids_in_cdata_that_was_escaped() -> None:
    found = item(
        "<link>&lt;![CDATA[https://n.example/1]]&gt;</link><guid>&lt;![CDATA[one]]&gt;</guid><title>t</title>"
    )
    assert (found.link, found.id) == ("https://n.example/1", "one")


# ---------------------------------------------------------------- mending


@pytest.mark.parametrize("in_title", [True, False])
def test_bare_ampersands_cost_neither_their_own_entry_nor_the_others(in_title: bool) -> None:
    broken = (
        "<item><title>S&P 500, R&D</title><guid>g&h</guid><link>https://ex.example/s?id=1&lang=en&copy=2</link>"
        '<enclosure url="https://ex.example/a.mp3?x=1&y=2" type="audio/mpeg"/></item>'
    )
    if in_title:
        broken = "<item><title>S&P 500, R&D</title></item>"
    good = (
        "<item><title>a &amp;amp; b</title><guid>a&amp;b</guid><link>https://ex.example/?a=1&amp;lang=2&#038;c=3</link>"
        "<description>&lt;p&gt;1 &amp;lt; 2&lt;/p&gt;</description></item>"
    )
    feed = rss(broken + good)
    assert value(feed.entries[0].title) == "S&P 500, R&D"
    if not in_title:
        assert (feed.entries[0].id, feed.entries[0].link) == (
            "g&h",
            "https://ex.example/s?id=1&lang=en&copy=2",
        )
        assert feed.entries[0].enclosures[0].url == "https://ex.example/a.mp3?x=1&y=2"
    assert feed.entries[1] == rss(good).entries[0]
    assert feed.problem == '"&" that is not written as "&amp;" (line 1)'


@pytest.mark.parametrize(
    ("text", "read", "problem"),
    [
        ("caf&eacute; &nbsp;&hellip;", "café \xa0…", '"&eacute;", which XML does not know (line 1)'),
        ("&nothing; &x", "&nothing; &x", '"&" that is not written as "&amp;" (line 1)'),
        ("1 < 2 <= 3", "1 < 2 <= 3", '"<" that is not written as "&lt;" (line 1)'),
        ("a\x08b&#8;c", "abc", "characters that XML forbids"),
        (
            "<![CDATA[a & b &nbsp; < c]]> &",
            "a & b &nbsp; < c &",
            '"&" that is not written as "&amp;" (line 1)',
        ),
        ("<!-- & -->a & b", "a & b", '"&" that is not written as "&amp;" (line 1)'),
        ("<?xml version='1.0'?>a", "a", None),
    ],
)
def test_what_is_mended_and_told(text: str, read: str, problem: str | None) -> None:
    feed = rss(f"<item><title>{text}</title><guid>1</guid></item>")
    assert value(feed.entries[0].title) == read
    assert (feed.problem or "").startswith(problem or "")
    assert bool(feed.problem) == bool(problem)
    assert "not well-formed" not in (feed.problem or "")


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("One", "<![CDATA[abc <b>d</b> & e"),
        ("One", "<![CDATA[abc <b>d</b> & e]>"),
        ("One", "<![CDATA[abc <b>d</b> & e]]"),
        ("<![CDATA[One", "<![CDATA[abc <b>d</b> & e]]>"),
        ("<![CDATA[One", "<![CDATA[abc <b>d</b> & e"),
    ],
)
@pytest.mark.parametrize("after", ["", "<item><title>Two</title></item>"])
def test_a_cdata_section_that_is_not_closed_ends_with_its_element(title: str, text: str, after: str) -> None:
    feed = rss(f"<item><title>{title}</title><description>{text}</description><guid>1</guid></item>{after}")
    assert value(feed.entries[0].summary) == "abc <b>d</b> & e"
    assert [value(entry.title) for entry in feed.entries] == (["One", "Two"] if after else ["One"])
    assert feed.problem == "a CDATA section that is not closed"


def test_a_cdata_section_that_is_not_closed_before_another() -> None:
    feed = rss(
        "<item><description><![CDATA[abc</description></item><item><title><![CDATA[Two]]></title></item>"
    )
    assert [value(entry.summary or entry.title) for entry in feed.entries] == ["abc", "Two"]


def test_a_document_that_is_cut_within_a_cdata_section_keeps_what_it_has_of_it() -> None:
    feed = parse(
        b"<rss version='2.0'><channel><item><title>One</title><description><![CDATA[abc <b>d", None, URL
    )
    assert value(feed.entries[0].summary) == "abc <b>d"


@pytest.mark.parametrize("after", ["<!-- cached -->", "<br /><b>Warning</b>: x & y", "\0\1", "</html>", "{}"])
def test_what_stands_after_the_feed(after: str) -> None:
    document = '<rss version="2.0"><channel><item><title>One</title></item></channel></rss>'
    feed = parse((document + after).encode(), None, URL)
    assert len(feed.entries) == 1
    assert feed.problem == (None if after.startswith("<!--") else "something else stands after the feed")


def test_prefixes_that_nobody_knows_are_mended() -> None:
    feed = rss("<item><title>t</title><q:w q:r='1'>x</q:w></item>")
    assert (len(feed.entries), feed.problem) == (1, "uses q: without declaring it")


# ---------------------------------------------------------------- entities


@pytest.mark.parametrize(
    ("declared", "name", "read"),
    [
        ('nbsp "&#160;"', "nbsp", "\xa0"),
        ('hellip "&#x2026;"', "hellip", "…"),
        ("copy '©'", "copy", "©"),
        ('site "Harbour News"', "site", "Harbour News"),
        ('mdash "&#8212;"><!ENTITY ndash "&#8211;"', "mdash", "—"),
        ('amp "&#38;#38;"><!ENTITY lt "&#38;#60;"><!ENTITY x "y"', "x", "y"),
        ('x "y"><!ENTITY x "z"', "x", "y"),
        ('gap "&#160;&#xA0;"', "gap", "\xa0\xa0"),
        ('town "M&#252;nster &#8211; &#x3a9;"', "town", "Münster – Ω"),
        ('bob "Bob\'s"', "bob", "Bob's"),
        ("says 'so \"he\"'", "says", 'so "he"'),
        ('none ""', "none", ""),
    ],
)
def test_entities_that_harm_nobody_are_read(declared: str, name: str, read: str) -> None:
    feed = rss(
        f"<item><title>a&{name};b &amp; &lt;</title><description><![CDATA[&{name};]]></description></item>",
        before=f'<?xml version="1.0"?>\n<!DOCTYPE rss [<!ENTITY {declared}>]>\n',
    )
    assert value(feed.entries[0].title) == f"a{read}b & <"
    assert value(feed.entries[0].summary) == f"&{name};"
    assert feed.problem is None


# ---------------------------------------------------------------- wrappers

FEED = '<rss version="2.0"><channel><title>News</title><item><title>One</title></item></channel></rss>'


@pytest.mark.parametrize(
    "page",
    [
        f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{FEED}</body></html>',
        f"<html><body><div>\n{FEED}\n</div></body></html>",
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>x</title></head><body>{FEED}</body></html>',
        f"<HTML><BODY><!-- a --><main>{FEED}</main><script>b</script></BODY></HTML>",
        f"<html><body>{FEED}",
        f"<html><head/><body>{FEED.replace('<rss', '<rss xmlns:a=' + chr(34) + 'urn:a' + chr(34))}</body></html>",
    ],
)
def test_a_feed_that_a_page_consists_of(page: str) -> None:
    feed = parse(page.encode(), "text/html", URL)
    assert (value(feed.title), len(feed.entries)) == ("News", 1)
    assert feed.problem == "the feed stands in an HTML page"
