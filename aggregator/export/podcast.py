"""The episodes of a tag as a podcast: RSS 2.0 with what Apple asks for, and the podcast namespace's files.

https://podcasters.apple.com/support/823-podcast-requirements, https://podcasting2.org/docs/podcast-namespace.
"""

from __future__ import annotations

import uuid
from collections import Counter

from aggregator import __version__
from aggregator.export.places import page_name, podcast_name
from aggregator.export.rss import ATOM, CONTENT, rfc822
from aggregator.export.values import (
    authors_of,
    file_of,
    language_tag,
    name_of,
    recording_of,
    texts_of,
    title_of,
    web_link,
)
from aggregator.export.xml import XmlWriter, document
from aggregator.models import Enclosure, Episode, Publication, Story
from aggregator.text import one_line, shorten

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
PREFIXES = {"atom": ATOM, "content": CONTENT, "itunes": ITUNES, "podcast": PODCAST}
_FEEDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # the podcast namespace's, for podcast:guid
_AUTHOR, _DESCRIPTION = 255, 4_000  # characters that directories take
_CATEGORY = "News"


def render_podcast(publication: Publication) -> bytes:
    """The feed of the publication's episodes, the newest first; empty bytes where it is to be no podcast."""
    if not publication.podcast:
        return b""
    found = [(story, recording) for story in publication.stories if (recording := recording_of(story))]
    found.sort(key=lambda pair: pair[0].published, reverse=True)
    episodes = tuple(story for story, _ in found)

    def write(xml: XmlWriter) -> None:
        with xml.element("channel"):
            _channel(xml, publication, episodes)
            for story, recording in found:
                with xml.element("item"):
                    _item(xml, story, recording, publication)

    return document("rss", "", write, PREFIXES, version="2.0")


def _channel(xml: XmlWriter, publication: Publication, episodes: tuple[Story, ...]) -> None:
    title = one_line(publication.title) or "News Feed"
    address = publication.base_url + podcast_name(publication)
    shows = dict.fromkeys(name_of(story.source) for story in episodes)
    described = f"The newest episodes of {', '.join(shows)}" if shows else f"{title}: no episodes yet"
    languages = Counter(filter(None, (language_tag(s.language, s.source.language) for s in episodes)))
    language = language_tag(publication.language) or next((tag for tag, _ in languages.most_common(1)), "en")
    xml.leaf("title", title)
    xml.leaf("link", publication.base_url + page_name(publication))
    xml.leaf("description", shorten(described, _DESCRIPTION))
    xml.leaf("language", language)
    xml.leaf("generator", f"News Feed Aggregator {__version__}")
    xml.leaf(f"{{{ATOM}}}link", href=address, rel="self", type="application/rss+xml")
    for relation, hub in publication.links:
        if relation == "hub":
            xml.leaf(f"{{{ATOM}}}link", href=hub, rel="hub")
    xml.leaf(f"{{{ITUNES}}}author", shorten(one_line(publication.title) or "News Feed", _AUTHOR))
    xml.leaf(f"{{{ITUNES}}}category", text=_CATEGORY)
    explicit = any(story.episode and story.episode.explicit for story in episodes)
    xml.leaf(f"{{{ITUNES}}}explicit", "true" if explicit else "false")
    xml.leaf(f"{{{ITUNES}}}type", "episodic")
    cover = _own_cover(publication) or next(filter(None, map(_cover, episodes)), None)
    if cover:
        xml.leaf(f"{{{ITUNES}}}image", href=cover)
    # Of the address without its scheme, as the namespace makes it.
    xml.leaf(f"{{{PODCAST}}}guid", str(uuid.uuid5(_FEEDS, address.partition("://")[2].rstrip("/"))))
    xml.leaf(f"{{{PODCAST}}}medium", "podcast")


def _item(xml: XmlWriter, story: Story, recording: Enclosure, publication: Publication) -> None:
    link, address = web_link(story.link), web_link(story.source.url)
    summary, markup = texts_of(story, publication)
    xml.leaf("title", title_of(story))
    if link:
        xml.leaf("link", link)
    xml.leaf("guid", one_line(story.atom_id), isPermaLink="false")
    xml.leaf("pubDate", rfc822(story.published))
    xml.leaf("description", summary or title_of(story))
    if markup:
        xml.leaf(f"{{{CONTENT}}}encoded", markup)
    xml.leaf("enclosure", url=recording.url, length=str(recording.length or 0), type=recording.media_type)
    if address:
        xml.leaf("source", name_of(story.source), url=address)
    authors = ", ".join(author.name for author in authors_of(story))
    xml.leaf(f"{{{ITUNES}}}author", shorten(authors, _AUTHOR))
    if cover := _cover(story):
        xml.leaf(f"{{{ITUNES}}}image", href=cover)
    if story.episode:
        _episode(xml, story.episode)


def _episode(xml: XmlWriter, episode: Episode) -> None:
    for name, value in (
        ("duration", episode.duration),
        ("season", episode.season),
        ("episode", episode.number),
        ("episodeType", episode.kind),
        ("explicit", {True: "true", False: "false", None: None}[episode.explicit]),
    ):
        if value:
            xml.leaf(f"{{{ITUNES}}}{name}", str(value))
    if chapters := file_of(episode.chapters):
        xml.leaf(f"{{{PODCAST}}}chapters", url=chapters.url, type=chapters.media_type)
    for transcript in filter(None, map(file_of, episode.transcripts)):
        xml.leaf(f"{{{PODCAST}}}transcript", url=transcript.url, type=transcript.media_type)


def _own_cover(publication: Publication) -> str | None:
    return publication.base_url + publication.icon if publication.icon.endswith(".png") else None


def _cover(story: Story) -> str | None:
    """The episode's picture, else its show's."""
    return web_link(story.image) or web_link(story.source.icon)
