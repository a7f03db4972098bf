"""The list of sources is OPML 2.0 that other readers import."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from lxml import etree

from aggregator.export.opml import render_opml
from aggregator.models import Publication
from support.publications import OTHER, SOURCE, STORY, publication, publications


def outlines(data: bytes) -> list[dict[str, str]]:
    root = etree.fromstring(data)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [child.tag for child in root] == ["head", "body"]
    assert root.findtext("head/title")
    found = [
        {str(key): str(value) for key, value in outline.attrib.items()}
        for outline in root.iter("outline")
        if not len(outline)
    ]
    for folder in root.iterfind("body/outline[outline]"):
        assert set(folder.attrib) == {"text", "title"}
    for outline in found:
        assert outline["type"] == "rss"
        assert outline["text"] == outline["title"] != ""
        assert outline["xmlUrl"].startswith(("http://", "https://"))
        assert outline.get("htmlUrl", "http").startswith("http")
    return found


@given(publications)
def test_any_publication_renders_to_a_valid_list_the_same_each_time(made: Publication) -> None:
    data = render_opml(made)
    outlines(data)
    assert render_opml(made) == data


def test_sources_in_the_order_of_the_file() -> None:
    assert outlines(render_opml(publication())) == [
        {
            "type": "rss",
            "text": "The Daily Example",
            "title": "The Daily Example",
            "xmlUrl": "https://daily.example/feed.xml",
            "htmlUrl": "https://daily.example/",
            "category": "news",
            "language": "en",
        },
        {
            "type": "rss",
            "text": "Second Look",
            "title": "Second Look",
            "xmlUrl": "https://second.example/atom",
            "htmlUrl": "https://second.example/",
        },
    ]


def test_comma_in_a_tag_does_not_make_two() -> None:
    tagged = replace(OTHER, tags=("arts, crafts", "news", "news"))
    assert outlines(render_opml(publication(sources=(tagged,))))[0]["category"] == "arts crafts,news"


def test_news_does_not_change_the_list() -> None:
    later = replace(SOURCE, updated=STORY.updated.replace(year=2027), status="failing", last_error="HTTP 500")
    assert render_opml(publication(STORY, sources=(later,))) == render_opml(publication(sources=(SOURCE,)))


def test_sources_lie_in_folders_by_their_first_tag() -> None:
    sources = (
        replace(SOURCE, tags=("News", "arts")),
        OTHER,
        replace(OTHER, feed_id=3, url="https://third.example/", tags=("news",)),
    )
    root = etree.fromstring(render_opml(publication(sources=sources)))
    body = root.find("body")
    assert body is not None
    assert [(folder.get("text"), len(folder)) for folder in body] == [("News", 2), ("Second Look", 0)]
    of_a_tag = etree.fromstring(render_opml(publication(sources=sources[:1], place="tags/arts")))
    assert not of_a_tag.findall("body/outline/outline")


def test_a_source_whose_address_is_private_is_left_out() -> None:
    assert outlines(render_opml(publication(sources=(replace(OTHER, url=""),)))) == []
