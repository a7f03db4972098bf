"""The Atom output is valid (RFC 4287), stable, and says what the publication says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import BytesIO

import feedparser
import pytest
from hypothesis import given
from lxml import etree

from aggregator.export import atom
from aggregator.export.atom import MEDIA, render_atom
from aggregator.models import Also, Amount, Enclosure, Person, Publication, Related
from support import valid
from support.publications import (
    BASE,
    OTHER,
    RICH,
    SOURCE,
    STORY,
    archive,
    publication,
    publications,
)
from support.valid import NS

A = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
URI = re.compile(
    r"https?://(?:[\w.:@%-]|\[[\w:.]+\])+(?:[/?#](?:[\w;/?:@&=+$,.!~*'()#-]|%[0-9A-Fa-f]{2})*)?", re.ASCII
)


def read(data: bytes) -> etree._Element:
    """The root of a feed that is valid; besides the standards' rules, those of our own."""
    root = valid.atom(data)
    assert root.tag == A + "feed"
    for name in ("author", "generator"):
        assert len(root.findall(A + name)) == 1
    for entry in root.findall("a:entry", NS):
        assert len(entry.findall("a:category", NS)) <= 20
    for element in root.iter(A + "uri", A + "link"):
        assert URI.fullmatch(element.get("href") or element.text or "")
    return root


def entry_of(made: Publication) -> etree._Element:
    entry = read(render_atom(made)).find("a:entry", NS)
    assert entry is not None
    return entry


def hrefs(element: etree._Element, rel: str) -> list[str | None]:
    return [link.get("href") for link in element.findall(f"a:link[@rel='{rel}']", NS)]


@given(publications)
def test_any_publication_renders_to_a_valid_feed_the_same_each_time(made: Publication) -> None:
    data = render_atom(made)
    read(data)
    assert render_atom(made) == data


def test_feed_names_itself_and_its_page() -> None:
    root = read(render_atom(publication(RICH)))
    assert root.findtext("a:id", namespaces=NS) == "urn:uuid:6a1f7f5e-7ad1-4c46-9e0e-2a2f0f8f4b11"
    assert hrefs(root, "self") == [BASE + "feed.atom"]
    assert hrefs(root, "alternate") == [BASE]
    assert root.findtext("a:updated", namespaces=NS) == "2026-11-23T13:00:00Z"


def test_feed_of_a_tag_names_its_own_addresses() -> None:
    root = read(render_atom(publication(RICH, place="tags/tech")))
    assert hrefs(root, "self") == [BASE + "tags/tech.atom"]
    assert hrefs(root, "alternate") == [BASE + "tags/tech.html"]


def test_feed_leads_to_hub_and_archive() -> None:
    links = (("hub", "https://hub.example/"), ("prev-archive", BASE + "archive/2026-10.atom"))
    root = read(render_atom(publication(RICH, links=links)))
    assert [(relation, *hrefs(root, relation)) for relation, _ in links] == list(links)


def test_archive_says_so_and_names_no_version() -> None:
    links = (("current", BASE + "feed.atom"), ("next-archive", BASE + "archive/2026-11.atom"))
    closed = (archive("2026-10", size=9), archive("2026-11"))
    data = render_atom(
        publication(RICH, place="archive/2026-10", links=links, archived=True, archives=closed)
    )
    root = read(data)
    assert root.find("fh:archive", NS) is not None
    generator = root.find("a:generator", NS)
    assert generator is not None
    assert generator.get("version") is None
    assert read(render_atom(publication(RICH))).find("fh:archive", NS) is None


@pytest.mark.parametrize(
    ("said", "whole", "expected"),
    [
        (None, "full", (True, True)),
        ("none", "full", (False, True)),
        ("summary", "full", (True, False)),
        ("full", "none", (True, True)),
    ],
)
def test_what_a_subscription_says_of_content_goes_first(
    said: Amount | None, whole: Amount, expected: tuple[bool, bool]
) -> None:
    story = replace(STORY, source=replace(SOURCE, content=said))
    entry = entry_of(publication(story, content=whole))
    assert (entry.find("a:summary", NS) is not None, entry.find("a:content", NS) is not None) == expected


def test_feed_without_stories_is_valid() -> None:
    root = read(render_atom(publication()))
    assert root.findtext("a:updated", namespaces=NS) == "1990-01-01T00:00:00Z"


def test_entry_says_all_that_is_known() -> None:
    entry = entry_of(publication(RICH))
    assert entry.findtext("a:id", namespaces=NS) == RICH.atom_id
    assert entry.findtext("a:author/a:name", namespaces=NS) == "Ada Example"
    assert entry.findtext("a:author/a:uri", namespaces=NS) == "https://ada.example/"
    assert [tag.get("term") for tag in entry.findall("a:category", NS)] == ["transport", "city"]
    assert entry.get(XML_LANG) == "en"
    enclosure = entry.find("a:link[@rel='enclosure']", NS)
    assert enclosure is not None
    assert {str(key): str(value) for key, value in enclosure.attrib.items()} == {
        "rel": "enclosure",
        "type": "audio/mpeg",
        "length": "12345",
        "href": "https://daily.example/bridge.mp3",
    }
    related = entry.find("a:link[@rel='related']", NS)
    assert related is not None
    assert (related.get("title"), related.get("href")) == ("Second Look", "https://second.example/bridge")


def test_entry_carries_its_source() -> None:
    source = entry_of(publication(RICH)).find("a:source", NS)
    assert source is not None
    assert source.findtext("a:id", namespaces=NS) == "tag:daily.example,2005:feed"
    assert source.findtext("a:title", namespaces=NS) == "The Daily Example"
    assert source.findtext("a:rights", namespaces=NS) == "© The Daily Example"
    assert hrefs(source, "self") == ["https://daily.example/feed.xml"]
    assert hrefs(source, "alternate") == ["https://daily.example/"]


@pytest.mark.parametrize("theirs", [None, "news", "two words:x", "a|b:c"])
def test_source_without_an_absolute_id_is_named_by_its_address(theirs: str | None) -> None:
    source = entry_of(publication(replace(STORY, source=replace(SOURCE, id=theirs)))).find("a:source", NS)
    assert source is not None
    assert source.findtext("a:id", namespaces=NS) == SOURCE.url


def test_mail_addresses_are_not_spread() -> None:
    assert b"@ada.example" not in render_atom(publication(RICH))


@pytest.mark.parametrize("authors", [(), (Person(""),), (Person("  ", email="a@b.example"),)])
def test_source_is_the_author_where_none_is_named(authors: tuple[Person, ...]) -> None:
    entry = entry_of(publication(replace(STORY, authors=authors)))
    assert entry.findtext("a:author/a:name", namespaces=NS) == "The Daily Example"


@pytest.mark.parametrize(
    ("content", "expected"),
    [("full", (True, True)), ("summary", (True, False)), ("none", (False, True))],
)
def test_content_as_the_settings_say(content: str, expected: tuple[bool, bool]) -> None:
    entry = entry_of(publication(STORY, content=content))
    assert (entry.find("a:summary", NS) is not None, entry.find("a:content", NS) is not None) == expected


def test_content_is_escaped_html() -> None:
    content = entry_of(publication(STORY)).find("a:content", NS)
    assert content is not None
    assert (content.get("type"), content.text) == ("html", STORY.content)


def test_entry_without_link_and_text_still_has_a_content() -> None:
    content = entry_of(publication(replace(STORY, link=None, summary="", content=""))).find("a:content", NS)
    assert content is not None
    assert (content.get("type"), content.text) == ("text", STORY.title)


def test_moments_of_other_zones_are_written_in_utc() -> None:
    east = datetime(2026, 11, 24, 1, 30, 15, 999999, tzinfo=timezone(timedelta(hours=9)))
    entry = entry_of(publication(replace(STORY, published=east)))
    assert entry.findtext("a:published", namespaces=NS) == "2026-11-23T16:30:15Z"


def test_links_that_are_not_on_the_web_are_left_out() -> None:
    story = replace(
        STORY,
        link="javascript:alert(1)",
        enclosures=(Enclosure("file:///etc/passwd"), Enclosure("ftp://x.example/a")),
        also=(Also(OTHER, "data:text/html,x", "x"), Also(OTHER, None, "x")),
    )
    entry = entry_of(publication(story))
    assert [link.get("href") for link in entry.findall("a:link", NS)] == []


def test_a_reader_reads_it_as_meant() -> None:
    read = feedparser.parse(
        BytesIO(render_atom(publication(RICH, replace(STORY, id=2, atom_id="https://daily.example/2"))))
    )
    assert not read.bozo
    assert read.version == "atom10"
    assert [entry.title for entry in read.entries] == [RICH.title, RICH.title]
    assert read.entries[0].updated.startswith("2026-11-23T13:00")
    assert read.entries[0].source.title == "The Daily Example"
    assert read.entries[0].enclosures[0].length == "12345"
    assert read.entries[0].content[0].value == STORY.content


def test_text_that_looks_like_html_is_still_that_text_and_nobody_is_warned() -> None:
    references = "The &nbsp; of “Q&A” &#38; <table>"
    entry = entry_of(publication(replace(STORY, title=references, summary=references)))
    assert entry.findtext("a:title", namespaces=NS) == references
    assert entry.findtext("a:summary", namespaces=NS) == references
    entry = entry_of(publication(replace(STORY, title="The </b> &nbsp; tag")))
    title = entry.find("a:title", NS)
    assert title is not None
    assert (title.get("type"), title.text) == ("html", "The &lt;/b&gt; &amp;nbsp; tag")


def test_names_are_no_html_and_no_addresses() -> None:
    person = Person("Ada</b> &nbsp; Example <ada@ada.example>")
    entry = entry_of(publication(replace(STORY, authors=(person, Person("</i>")))))
    names = [name.text for name in entry.findall("a:author/a:name", NS)]
    assert names == ["Ada &nbsp; Example (ada@ada.example)", "Unknown"]


def test_replacement_characters_are_question_marks() -> None:
    entry = entry_of(publication(replace(STORY, title="Caf\ufffd", tags=("\ufffd",))))
    assert entry.findtext("a:title", namespaces=NS) == "Caf?"
    assert entry.find("a:category[@term='?']", NS) is not None


def test_entry_without_text_has_its_title_to_click_on() -> None:
    entry = entry_of(publication(replace(STORY, title="Bread & <butter>", summary="", content="")))
    assert entry.findtext("a:content", namespaces=NS) == (
        '<p><a href="https://daily.example/2026/bridge">Bread &amp; &lt;butter&gt;</a></p>'
    )


@pytest.mark.parametrize(
    ("own", "url", "expected"),
    [
        ("tag:daily.example,2005:feed", "https://daily.example/f", "tag:daily.example,2005:feed"),
        ("https://daily.example", "https://daily.example/f", "https://daily.example/f"),
        ("yt:channel:x", "https://daily.example/%7ef", "https://daily.example/~f"),
        ("https://daily.example/é", "https://daily.example", "https://daily.example/"),
        (None, "http://[::1]/f", "urn:x-feed:1"),
    ],
)
def test_id_of_a_source(own: str | None, url: str, expected: str) -> None:
    entry = entry_of(publication(replace(STORY, source=replace(SOURCE, id=own, url=url))))
    assert entry.findtext("a:source/a:id", namespaces=NS) == expected


def test_language_that_nobody_knows_is_left_out() -> None:
    entry = entry_of(publication(replace(STORY, language="xq", source=replace(SOURCE, language="iw"))))
    assert entry.get(XML_LANG) == "he"


def test_a_picture_outside_the_text_is_a_thumbnail() -> None:
    def pictures(**more: object) -> list[str | None]:
        found = entry_of(publication(replace(RICH, **more)))  # type: ignore[arg-type]
        return [element.get("url") for element in found.findall(f"{{{MEDIA}}}thumbnail")]

    assert pictures() == [RICH.image]
    assert pictures(image=None) == []
    assert pictures(content=f'<p><img src="{RICH.image}"></p>') == []
    assert pictures(image="javascript:alert(1)") == []


def test_what_leads_where_the_story_leads_is_not_named_as_related() -> None:
    also = (Also(OTHER, STORY.link, "x"), Also(replace(OTHER, feed_id=3), "https://third.example/", "x"))
    assert hrefs(entry_of(publication(replace(STORY, also=also))), "related") == ["https://third.example/"]


def test_the_feed_has_an_icon_and_a_subtitle_but_archives_have_not() -> None:
    made = publication(RICH, icon="icon.svg", description="News & views of the valley")
    root = read(render_atom(made))
    assert root.findtext("a:icon", namespaces=NS) == f"{BASE}icon.svg"
    assert root.findtext("a:subtitle", namespaces=NS) == "News & views of the valley"
    links = (("current", BASE + "feed.atom"),)
    closed = render_atom(replace(made, place="archive/2026-10", links=links, archived=True))
    assert b"<icon" not in closed
    assert b"<subtitle" not in closed


@pytest.mark.parametrize(
    ("content", "rest"), [("full", STORY.content), ("summary", f"<p>{STORY.summary}</p>"), ("none", "")]
)
def test_a_line_names_the_sources_where_it_is_wanted(content: str, rest: str) -> None:
    also = (Also(OTHER, STORY.link, "x"), Also(OTHER, None, "x"), Also(SOURCE, None, "x"))
    made = publication(replace(STORY, also=also), content=content, attribution=True)
    line = (
        '<p><small><a href="https://daily.example/">The Daily Example</a>, also at '
        '<a href="https://second.example/">Second Look</a></small></p>'
    )
    assert entry_of(made).findtext("a:content", namespaces=NS) == line + rest


def test_related_stories_are_links_with_source_and_headline() -> None:
    related = Related(7, OTHER, "https://second.example/river", "Cars cross river again", ("river",), 0.5)
    doubled = replace(related, link="https://second.example/bridge")  # the link of another sighting
    own = replace(related, link=RICH.link)
    entry = entry_of(publication(replace(RICH, related=(related, doubled, own, related))))
    links = entry.findall("a:link[@rel='related']", NS)
    assert [(link.get("href"), link.get("title")) for link in links] == [
        ("https://second.example/bridge", "Second Look"),
        ("https://second.example/river", "Second Look: Cars cross river again"),
    ]


def test_what_entries_say_of_their_source_is_written_once_for_all_of_them() -> None:
    atom._source.cache_clear()
    stories = [replace(STORY, id=n, atom_id=f"{STORY.atom_id}/{n}") for n in range(50)]
    feed = render_atom(publication(*stories, STORY))
    assert feed.count(b"<source>") == 51
    assert atom._source.cache_info().misses == 1
