"""A tag's episodes as a podcast: what directories ask for, and all that the sources' own feeds say."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import feedparser
import pytest
from hypothesis import given
from lxml import etree

from aggregator.export.podcast import render_podcast
from aggregator.models import Enclosure, Episode, Publication
from aggregator.settings import Publish, Subscription
from support import valid
from support.bench import Bench
from support.publications import BASE, RICH, STORY, publication, publications
from support.server import Feed, serve
from support.w3c.podcast import ITUNES, PODCAST, podcast_problems

EPISODE = Episode(
    duration=3723,
    number=7,
    season=2,
    kind="full",
    explicit=False,
    chapters=Enclosure("https://daily.example/7/chapters.json", "application/json+chapters"),
    transcripts=(
        Enclosure("https://daily.example/7.vtt"),
        Enclosure("https://daily.example/7.html", "text/html"),
        Enclosure("https://daily.example/7.odd"),  # of what type, nobody knows
    ),
)
HEARD = replace(RICH, episode=EPISODE)
SHOW = """<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>The Show</title><link>https://show.example/</link>
<language>de</language><itunes:image href="https://show.example/cover.jpg"/>
<item><title>The river speaks at last</title><guid>https://show.example/7</guid><pubDate>Mon, 02 Mar 2026 12:00:00 GMT</pubDate>
<enclosure url="https://show.example/7.mp3" length="9" type="audio/mpeg"/><itunes:duration>1:02:03</itunes:duration>
<itunes:season>2</itunes:season><itunes:episode>7</itunes:episode><itunes:explicit>yes</itunes:explicit>
<itunes:image href="https://show.example/7.png"/><itunes:episodeType>Bonus</itunes:episodeType>
<podcast:chapters url="https://show.example/7.json" type="application/json+chapters"/>
<podcast:transcript url="https://show.example/7.vtt" type="text/vtt" language="de"/>
<podcast:transcript url="/7.srt" type="application/x-subrip"/></item>
<item><title>A note without a recording in it</title><guid>https://show.example/n</guid></item></channel></rss>"""


def only_item(data: bytes) -> etree._Element:
    (item,) = valid.podcast(data).findall("item")
    return item


def test_an_episode_has_what_its_source_says_of_it() -> None:
    item = only_item(render_podcast(publication(HEARD, STORY, place="tags/audio", podcast=True)))
    found = {str(each.tag).replace(ITUNES, ""): each.text for each in item if each.tag.startswith(ITUNES)}
    assert found == {
        "author": "Ada Example",
        "image": None,
        "duration": "3723",
        "season": "2",
        "episode": "7",
        "episodeType": "full",
        "explicit": "false",
    }
    assert [each.get("url") for each in item.iterfind(f"{PODCAST}transcript")] == [
        "https://daily.example/7.vtt",
        "https://daily.example/7.html",
    ]
    assert [each.get("type") for each in item.iterfind(f"{PODCAST}transcript")] == ["text/vtt", "text/html"]
    chapters = item.find(f"{PODCAST}chapters")
    assert chapters is not None
    assert chapters.get("url") == "https://daily.example/7/chapters.json"


@given(publications)
def test_any_publication_is_a_valid_podcast_the_same_each_time(made: Publication) -> None:
    made = replace(made, place="tags/audio", podcast=True)
    data = render_podcast(made)
    valid.podcast(data)
    assert render_podcast(made) == data


def test_a_reader_reads_it_as_meant() -> None:
    read = feedparser.parse(BytesIO(render_podcast(publication(HEARD, place="tags/audio", podcast=True))))
    assert not read.bozo
    assert read.feed.language == "en"
    (episode,) = read.entries
    assert (episode.itunes_duration, episode.enclosures[0].href) == ("3723", RICH.enclosures[0].url)


def test_a_tag_that_is_no_podcast_has_none() -> None:
    assert render_podcast(publication(HEARD, place="tags/audio")) == b""


def test_from_a_source_to_a_podcast_of_a_tag(bench: Bench) -> None:
    """All that a show says of its episode arrives, its cover and what both vocabularies have."""
    with serve(
        {"/show": Feed(SHOW.encode()), "/news": Feed(SHOW.replace("show.example", "news.example").encode())}
    ) as server:
        bench.subscribe(
            Subscription(server.url("/show"), tags=("Audio",)),
            Subscription(server.url("/news"), tags=("news",)),
            publish=Publish(podcasts=("audio",)),
        )
        bench.poll()
        bench.publish()
    published = bench.published()
    assert [name for name in published if name.startswith("tags/") and name.endswith(".rss")] == [
        "tags/audio.rss"
    ]
    channel = valid.podcast(published["tags/audio.rss"])
    assert channel.findtext("language") == "de"
    assert channel.findtext(f"{ITUNES}explicit") == "true"
    item = only_item(published["tags/audio.rss"])
    said = {name: item.findtext(ITUNES + name) for name in ("duration", "season", "episode", "episodeType")}
    assert said == {"duration": "3723", "season": "2", "episode": "7", "episodeType": "bonus"}
    assert [each.get("href") for each in item.iterfind(f"{ITUNES}image")] == ["https://show.example/7.png"]
    assert len(item.findall(f"{PODCAST}transcript")) == 2
    assert len(item.findall(f"{PODCAST}chapters")) == 1
    assert b'href="audio.rss"' in published["tags/index.html"]
    assert b'type="application/rss+xml"' in published["tags/audio.html"]
    assert b"duration_in_seconds" in published["tags/audio.json"]
    bench.subscribe(Subscription(server.url("/show"), tags=("Audio",)))
    bench.publish()
    assert "tags/audio.rss" not in bench.published()


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("<itunes:duration>3723<", "<itunes:duration>an hour<", "InvalidDuration an hour"),
        (">false</itunes:explicit>\n<itunes:type", ">clean</itunes:explicit>\n<itunes:type", "Invalid explicit clean"),
        ("<language>en<", "<language>english<", "InvalidLanguage english"),
        ("<itunes:season>2<", "<itunes:season>0<", "InvalidPositiveInteger 0"),
        ('type="text/vtt"', 'type="vtt"', "InvalidMIMEType vtt"),
        ("enclosure url", "enclosed url", "no enclosure: Apple shows no such episode"),
    ],
)  # fmt: skip
def test_the_checker_sees_what_is_wrong(right: str, wrong: str, expected: str) -> None:
    text = render_podcast(publication(HEARD, place="tags/audio", podcast=True)).decode()
    assert right in text
    channel = etree.fromstring(text.replace(right, wrong).encode())[0]
    assert expected in list(podcast_problems(channel))


def test_its_guid_is_made_of_its_address() -> None:
    channel = valid.podcast(render_podcast(publication(HEARD, place="tags/audio", podcast=True)))
    link = channel.find("{http://www.w3.org/2005/Atom}link")
    assert link is not None
    assert link.get("href") == f"{BASE}tags/audio.rss"
    other = valid.podcast(render_podcast(publication(HEARD, place="tags/video", podcast=True)))
    assert channel.findtext(f"{PODCAST}guid") != other.findtext(f"{PODCAST}guid")
