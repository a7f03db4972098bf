"""Each value that comes through the door of the XML reader: what it becomes, and what it may not become."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.models import Enclosure, ParsedEntry, ParsedFeed, Person, PollHints, Text
from aggregator.parse import parse
from aggregator.parse.lenient_entry import entry
from aggregator.parse.untyped import UntypedReader

URL = "https://news.example/feed.xml"
_NAMES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def rss(item: str = "", channel: str = "") -> ParsedFeed:
    inside = f"<item>{item}</item>" if item else ""
    return parse(
        f'<rss version="2.0" {_NAMES}><channel>{channel}{inside}</channel></rss>'.encode(), None, URL
    )


def rss_entry(item: str) -> ParsedEntry:
    (found,) = rss(item).entries
    return found


def atom_entry(inside: str, attributes: str = "") -> ParsedEntry:
    document = (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><entry><id>i</id>{inside}</entry></feed>'
    )
    (found,) = parse(document.encode(), None, URL).entries
    return found


# ---------------------------------------------------------------- links and ids

LINK = "<link>https://news.example/a?x=1&amp;y=2</link>"


@pytest.mark.parametrize(
    ("item", "link", "id_"),
    [
        pytest.param(LINK, "https://news.example/a?x=1&y=2", None, id="a link"),
        pytest.param("<link> /a </link>", "/a", None, id="a relative link stays as it stood"),
        pytest.param("<title>t</title><link/>", None, None, id="an empty link is none"),
        pytest.param(
            "<guid>https://news.example/a</guid>",
            "https://news.example/a",
            "https://news.example/a",
            id="a guid is a permalink unless it says otherwise",
        ),
        pytest.param(
            '<guid isPermaLink="false">https://news.example/a</guid>',
            None,
            "https://news.example/a",
            id="a guid that is no permalink",
        ),
        pytest.param(
            "<guid>4711</guid>", None, "4711", id="a guid that calls itself a permalink and is none"
        ),
        pytest.param(
            "<link/><guid>https://news.example/a</guid>",
            "https://news.example/a",
            "https://news.example/a",
            id="an empty link does not hide the guid",
        ),
        pytest.param(
            "<link>https://news.example/a</link><guid>https://news.example/a</guid>",
            "https://news.example/a",
            "https://news.example/a",
            id="both, and equal",
        ),
        pytest.param(
            '<title>t</title><atom:link href="https://news.example/a"/>',
            "https://news.example/a",
            None,
            id="Atom's link in RSS",
        ),
        pytest.param(
            "<link>javascript:alert(1)</link>", "javascript:alert(1)", None, id="judged by the next stage"
        ),
    ],
)
def test_links_and_ids_of_rss(item: str, link: str | None, id_: str | None) -> None:
    found = rss_entry(item)
    assert (found.link, found.id) == (link, id_)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ('<link href="/h"/>', "/h"),
        ('<link rel="related" href="/r"/><link rel="alternate" href="/a"/>', "/a"),
        ('<link rel="alternate" type="application/json" href="/j"/><link href="/h"/>', "/h"),
        ('<link rel="alternate" type="application/pdf" href="/p"/>', "/p"),
        ('<link rel="related" href="/r"/><link rel="self" href="/s"/>', None),
        ('<content src="/c" type="text/html"/>', "/c"),
        ('<content src="/c" type="text/html"/><link href="/h"/>', "/h"),
    ],
)
def test_links_of_atom(links: str, expected: str | None) -> None:
    assert atom_entry(links).link == expected


def test_an_id_does_not_hang_on_the_address_of_its_feed() -> None:
    """RFC 4287, 4.2.6: ids are compared character by character, and not resolved."""
    body = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>/2026/03/lamp</id></entry></feed>'
    ids = {parse(body, None, url).entries[0].id for url in ("http://a.example/f", "https://b.example/g/f")}
    assert ids == {"/2026/03/lamp"}


def test_xml_base_makes_links_absolute_and_is_told_of_texts() -> None:
    found = atom_entry(
        '<link href="lamp"/><title type="html">&lt;i&gt;t&lt;/i&gt;</title><summary>s</summary>',
        'xml:base="https://other.example/blog/"',
    )
    assert found.link == "https://other.example/blog/lamp"
    assert found.title == Text("<i>t</i>", is_html=True, base="https://other.example/blog/")


def test_a_relative_xml_base_counts_from_the_document() -> None:
    found = atom_entry('<link href="lamp"/><summary>s</summary>', 'xml:base="/blog/"')
    assert found.link == "/blog/lamp"
    assert found.summary == Text("s", base="https://news.example/blog/")


@pytest.mark.parametrize("base", ["http://[", "javascript:x", "::", ""])
def test_an_xml_base_that_is_none_leaves_the_entry(base: str) -> None:
    found = atom_entry("<title>t</title>", f'xml:base="{base}"')
    assert found.title is not None
    assert found.title.value == "t"


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ("<title>AT&amp;T</title>", Text("AT&T")),
        (
            "<title>a &amp;lt;b&amp;gt; &lt;i&gt;c&lt;/i&gt;</title>",
            Text("a &lt;b&gt; <i>c</i>", is_html=True),
        ),
        ("<title><![CDATA[1 < 2]]></title>", Text("1 < 2")),
        ("<title> \n spaced </title>", Text("spaced")),
        ("<title/><description>d</description>", None),
        ("<itunes:title>Episode</itunes:title>", Text("Episode")),
        ("<title>News</title><media:group><media:title>Clip</media:title></media:group>", Text("News")),
    ],
)
def test_titles(item: str, title: Text | None) -> None:
    assert rss_entry(item).title == title


@pytest.mark.parametrize(
    ("type_", "inside", "expected"),
    [
        ("text", "a &lt;b&gt;", Text("a <b>")),
        ("html", "a &lt;b&gt;c&lt;/b&gt;", Text("a <b>c</b>", is_html=True)),
        (
            "xhtml",
            '<div xmlns="http://www.w3.org/1999/xhtml">a <b>c</b> &lt;</div>',
            Text("a <b>c</b> &lt;", is_html=True),
        ),
        ("text/markdown", "*a*", Text("*a*")),
    ],
)
def test_types_of_atom_texts(type_: str, inside: str, expected: Text) -> None:
    assert atom_entry(f'<content type="{type_}">{inside}</content>').content == expected
    assert atom_entry(f'<title type="{type_}">{inside}</title>').title == expected


@pytest.mark.parametrize(
    ("item", "summary", "content"),
    [
        ("<description>d</description>", "d", None),
        ("<content:encoded>c</content:encoded>", None, "c"),
        ("<description>d</description><content:encoded>c</content:encoded>", "d", "c"),
        ("<description>same</description><content:encoded>same</content:encoded>", "same", "same"),
        (
            "<description>short</description><description>the longer one</description>",
            "short",
            "the longer one",
        ),
        ("<itunes:summary>i</itunes:summary>", "i", None),
        ("<title>t</title><itunes:subtitle>st</itunes:subtitle>", "st", None),
    ],
)
def test_summary_and_content(item: str, summary: str | None, content: str | None) -> None:
    found = rss_entry(item)
    assert (found.summary.value if found.summary else None) == summary
    assert (found.content.value if found.content else None) == content


def test_of_several_contents_the_longest_html() -> None:
    contents = (
        ("text/plain", "plain and by far the longest"),
        ("text/html", "html"),
        ("text/html", "html again"),
        ("image/png", "aGVsbG8="),
    )
    raw = {"content": [{"type": type_, "value": value} for type_, value in contents]}
    assert entry(UntypedReader(URL), raw).content == Text("html again", is_html=True)


def test_content_that_lies_elsewhere_is_none() -> None:
    found = atom_entry('<content type="video/mp4" src="https://news.example/film.mp4"/><summary>s</summary>')
    assert (found.content, found.summary) == (None, Text("s"))


# ---------------------------------------------------------------- dates


def test_the_date_of_publication_is_not_passed_off_as_an_update() -> None:
    found = rss_entry("<pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate>")
    assert found.updated is None


@pytest.mark.parametrize(
    "date", ["2026-03-03T10:00:00Z", "Tue, 3 Mar 2026 10:00:00 -0500", "yesterday", "the 32nd"]
)
def test_a_date_is_handed_on_as_it_was_written(date: str) -> None:
    assert rss_entry(f"<pubDate> {date} </pubDate>").published == date


# ---------------------------------------------------------------- people, tags, languages


@pytest.mark.parametrize(
    ("item", "people"),
    [
        ("<author>Ada</author>", (Person("Ada"),)),
        (
            "<author>ada@keepers.example</author>",
            (Person("ada@keepers.example", email="ada@keepers.example"),),
        ),
        (
            "<author>ada@keepers.photography (Ada L)</author>",
            (Person("Ada L", email="ada@keepers.photography"),),
        ),
        ("<author>Ada L &lt;ada@keepers.museum&gt;</author>", (Person("Ada L", email="ada@keepers.museum"),)),
        (
            "<author>ada@keepers.example?subject=RSS (Ada)</author>",
            (Person("Ada", email="ada@keepers.example"),),
        ),
        (
            "<dc:creator>Ada</dc:creator><dc:creator>Ben</dc:creator><dc:creator>Ada</dc:creator>",
            (Person("Ada"), Person("Ben")),
        ),
        ("<title>t</title><author></author>", ()),
        (
            "<atom:author><atom:name>Ada</atom:name><atom:uri>https://ada.example/</atom:uri></atom:author>",
            (Person("Ada", "https://ada.example/"),),
        ),
    ],
)
def test_authors(item: str, people: tuple[Person, ...]) -> None:
    assert rss_entry(item).authors == people


def test_tags_once_each_by_their_labels() -> None:
    found = atom_entry(
        '<category term="wx" label="Weather" scheme="https://news.example/"/><category term="sea"/>'
        '<category term="sea" scheme="urn:x"/><category/>'
    )
    assert found.tags == ("Weather", "sea")


@pytest.mark.parametrize(
    ("feed", "item", "language", "of_text"),
    [
        ("en", "en", None, None),
        ("en", "de", "de", "de"),
        ("", "de", "de", "de"),
    ],
)
def test_languages_where_they_differ_from_the_feed_s(
    feed: str, item: str, language: str | None, of_text: str | None
) -> None:
    found = atom_entry(f'<title xml:lang="{item}">t</title>', f'xml:lang="{feed}"')
    assert found.language == language
    assert found.title == Text("t", language=of_text)


# ---------------------------------------------------------------- enclosures and images

AUDIO = Enclosure("https://news.example/a.mp3", "audio/mpeg", 9)


@pytest.mark.parametrize(
    ("item", "enclosures"),
    [
        ('<enclosure url="https://news.example/a.mp3" type="audio/mpeg" length="9"/>', (AUDIO,)),
        ('<media:content url="https://news.example/a.mp3" type="audio/mpeg" fileSize="9"/>', (AUDIO,)),
        (
            '<enclosure url="https://news.example/a.mp3" type="audio/mpeg" length="9"/>'
            '<media:content url="https://news.example/a.mp3" type="audio/mpeg" fileSize="9"/>',
            (AUDIO,),
        ),
        (
            '<media:content url="https://news.example/f" medium="video"/>',
            (Enclosure("https://news.example/f"),),
        ),
        (
            '<media:group><media:content url="https://news.example/f" medium="video"/></media:group>',
            (Enclosure("https://news.example/f"),),
        ),
        ('<media:content url="https://news.example/p.jpg" medium="image"/>', ()),
        ('<title>t</title><enclosure type="audio/mpeg"/>', ()),
        *(
            (f'<enclosure url="u" length="{length}"/>', (Enclosure("u"),))
            for length in ("", "0", "-1", "big", "9" * 30, "²")
        ),
        ('<enclosure url="u" length="12.0"/>', (Enclosure("u", length=12),)),
    ],
)
def test_enclosures(item: str, enclosures: tuple[Enclosure, ...]) -> None:
    assert rss_entry(item + "<guid>1</guid>").enclosures == enclosures


@pytest.mark.parametrize(
    ("item", "image"),
    [
        ('<media:thumbnail url="t.jpg"/><media:content url="c.jpg" medium="image"/>', "t.jpg"),
        ('<media:content url="c.jpg" type="image/jpeg"/>', "c.jpg"),
        ('<itunes:image href="i.jpg"/>', "i.jpg"),
        ('<enclosure url="e.jpg" type="image/jpeg" length="1"/>', "e.jpg"),
        ('<media:content url="c.mp4" medium="video"/>', None),
        ("<title>t</title>", None),
    ],
)
def test_images(item: str, image: str | None) -> None:
    assert rss_entry(item).image == image


# ---------------------------------------------------------------- of the feed

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("channel", "hints"),
    [
        ("", PollHints()),
        ("<ttl>60</ttl>", PollHints(ttl=timedelta(hours=1))),
        *((f"<ttl>{ttl}</ttl>", PollHints()) for ttl in ("", "0", "-5", "soon", "9" * 40)),
        ("<ttl>999999999</ttl>", PollHints(ttl=365 * DAY)),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", PollHints(update_period=7 * DAY)),
        ("<sy:updateFrequency>2</sy:updateFrequency>", PollHints(update_period=DAY / 2)),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", PollHints()),
        (
            "<sy:updatePeriod> Hourly </sy:updatePeriod><sy:updateFrequency>x</sy:updateFrequency>",
            PollHints(update_period=DAY / 24),
        ),
        (
            "<skipHours><hour>23</hour><hour> 7 </hour><hour>24</hour><hour>99</hour></skipHours>",
            PollHints(skip_hours=(0, 7, 23)),
        ),
        (
            "<skipDays><day>Sunday</day><day>monday</day><day>Someday</day></skipDays>",
            PollHints(skip_days=(0, 6)),
        ),
    ],
)
def test_hints(channel: str, hints: PollHints) -> None:
    assert rss(channel=channel).hints == hints


@pytest.mark.parametrize(
    ("channel", "icon"),
    [
        ("<image><url>i.png</url></image>", "i.png"),
        ('<itunes:image href="i.png"/>', "i.png"),
        ("<atom:icon>i.png</atom:icon><image><url>j.png</url></image>", "i.png"),
        ("<atom:logo>l.png</atom:logo>", "l.png"),
    ],
)
def test_icons(channel: str, icon: str) -> None:
    assert rss(channel=channel).icon == icon


def test_a_feed_that_links_only_to_itself_has_no_site() -> None:
    feed = rss(channel='<atom:link rel="self" href="https://news.example/feed.xml"/>')
    assert (feed.link, feed.self_link) == (None, "https://news.example/feed.xml")


# ---------------------------------------------------------------- what anything may be


_NAMES_READ = """
    id link links title title_detail itunes_title summary summary_detail subtitle content author authors
    published created updated tags language source media_content
    media_thumbnail image guidislink feedburner_origlink
"""


@pytest.mark.parametrize("junk", [None, 1, 1.5, "x", b"x", [], [1, "x", None], {}, {"a": 1}, object()])
def test_values_of_any_type_come_through_as_text_or_not_at_all(junk: object) -> None:
    for name in _NAMES_READ.split():
        found = entry(UntypedReader(URL), {name: junk})
        assert all(
            isinstance(text.value, str) for text in (found.title, found.summary, found.content) if text
        )
        assert found.id is None or isinstance(found.id, str)
    nested = {"links": [junk], "tags": [junk], "authors": [junk], "content": [junk], "media_content": [junk]}
    assert entry(UntypedReader(URL), nested) == ParsedEntry()


def test_a_feed_s_elements_do_not_pass_for_the_reader_s_own() -> None:
    """feedparser keeps an unknown element under its name, and some names it also uses itself."""
    item = (
        '<links a="b"/><tags c="d"/><authors>x</authors><published_parsed>now</published_parsed>'
        '<title_detail e="f"/><media_content>z</media_content><title>Whole</title>'
    )
    found = rss(item, '<entries g="h"/><language i="j"/><links k="l"/>')
    assert [one.title for one in found.entries] == [Text("Whole")]


def test_everything_has_a_length() -> None:
    feed = rss(
        f"<title>{'t' * 5000}</title><description>{'d' * 1_000_001}</description>"
        f"<link>https://news.example/{'l' * 9000}</link><guid>{'g' * 9000}</guid>"
        f"<pubDate>{'p' * 2000}</pubDate>" + "".join(f"<category>{n}</category>" for n in range(300))
    )
    (found,) = feed.entries
    assert found.title is not None
    assert found.summary is not None
    assert (len(found.title.value), len(found.summary.value), len(found.tags)) == (4096, 1_000_000, 200)
    assert (found.link, found.id) == (None, None)
    assert feed.problem is not None
    for words in ("title cut to 4,096 characters", "link of more than 8,000 characters left out", "tags cut"):
        assert words in feed.problem


def test_no_more_than_five_thousand_entries() -> None:
    feed = rss("</item>" + "<item><guid>1</guid></item>" * 5_005 + "<item>")
    assert len(feed.entries) == 4_999  # the first is the empty one
    assert feed.problem == "entries cut to the first 5,000"
