"""The JSON output keeps the rules of JSON Feed 1.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from aggregator.export.jsonfeed import render_jsonfeed
from aggregator.models import Enclosure, Publication, Related
from support import valid
from support.publications import BASE, OTHER, RICH, STORY, publication, publications

FEED_KEYS = {
    *("version", "title", "home_page_url", "feed_url", "language", "authors", "hubs", "_aggregator", "items"),
}
ITEM_KEYS = {
    *("id", "url", "title", "content_html", "content_text", "summary", "image", "date_published"),
    *("date_modified", "authors", "tags", "language", "attachments", "_aggregator"),
}


def read(data: bytes) -> dict[str, Any]:
    """The feed, valid, with nothing in it that we do not mean to say."""
    feed = valid.jsonfeed(data)
    assert set(feed) <= FEED_KEYS
    assert all(set(item) <= ITEM_KEYS for item in feed["items"])
    return feed


def item_of(made: Publication) -> dict[str, Any]:
    item: dict[str, Any] = read(render_jsonfeed(made))["items"][0]
    return item


@given(publications)
def test_any_publication_renders_to_a_valid_feed_the_same_each_time(made: Publication) -> None:
    data = render_jsonfeed(made)
    read(data)
    assert render_jsonfeed(made) == data


def test_feed_names_itself_and_its_page() -> None:
    feed = read(render_jsonfeed(publication(RICH)))
    assert (feed["home_page_url"], feed["feed_url"]) == (BASE, BASE + "feed.json")
    assert feed["_aggregator"]["about"]


def test_feed_of_a_tag_names_its_own_addresses_and_id() -> None:
    feed = read(render_jsonfeed(publication(RICH, id="urn:uuid:1", place="tags/tech")))
    assert (feed["home_page_url"], feed["feed_url"]) == (BASE + "tags/tech.html", BASE + "tags/tech.json")
    assert feed["_aggregator"]["id"] == "urn:uuid:1"


def test_feed_names_its_hub() -> None:
    feed = read(render_jsonfeed(publication(links=(("hub", "https://hub.example/"), ("next", BASE)))))
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


def test_feed_without_stories_has_an_empty_list() -> None:
    assert read(render_jsonfeed(publication()))["items"] == []


def test_item_says_all_that_is_known() -> None:
    assert item_of(publication(RICH)) == {
        "id": RICH.atom_id,
        "url": RICH.link,
        "title": RICH.title,
        "content_html": RICH.content,
        "summary": RICH.summary,
        "image": RICH.image,
        "date_published": "2026-11-23T12:00:00Z",
        "date_modified": "2026-11-23T13:00:00Z",
        "authors": [{"name": "Ada Example", "url": "https://ada.example/"}],
        "tags": ["transport", "city"],
        "language": "en",
        "attachments": [
            {"url": "https://daily.example/bridge.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 12345}
        ],
        "_aggregator": {
            "source": {
                "name": "The Daily Example",
                "url": "https://daily.example/feed.xml",
                "link": "https://daily.example/",
                "rights": "© The Daily Example",
            },
            "also": [{"name": "Second Look", "title": "Bridge open", "url": "https://second.example/bridge"}],
        },
    }


@pytest.mark.parametrize(
    ("content", "html", "text", "summary"),
    [
        ("full", STORY.content, None, STORY.summary),
        ("summary", None, STORY.summary, None),
        ("none", None, STORY.title, None),
    ],
)
def test_content_as_the_settings_say(
    content: str, html: str | None, text: str | None, summary: str | None
) -> None:
    item = item_of(publication(STORY, content=content))
    assert (item.get("content_html"), item.get("content_text"), item.get("summary")) == (html, text, summary)


def test_item_whose_title_is_of_our_making_has_none() -> None:
    assert "title" not in item_of(publication(replace(STORY, untitled=True)))


def test_attachment_of_unknown_type_is_a_stream_of_bytes() -> None:
    item = item_of(publication(replace(STORY, enclosures=(Enclosure("https://x.example/file", "nonsense"),))))
    assert item["attachments"] == [{"url": "https://x.example/file", "mime_type": "application/octet-stream"}]


def test_related_stories_say_which_words_they_share() -> None:
    related = Related(7, OTHER, "https://second.example/river", "Cars cross river again", ("river",), 0.5)
    item = item_of(publication(replace(STORY, related=(related,))))
    assert item["_aggregator"]["related"] == [
        {
            "name": "Second Look",
            "title": "Cars cross river again",
            "url": "https://second.example/river",
            "words": ["river"],
        }
    ]
