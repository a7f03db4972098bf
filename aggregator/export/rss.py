"""RSS 2.0 for readers that go by dates: chat bots, newsletters, and those that cannot read Atom.

With content (content:encoded), pictures (Media RSS), authors (Dublin Core) and its own address (atom:link), as
the RSS Advisory Board's profile recommends (https://www.rssboard.org/rss-profile).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from aggregator import __version__
from aggregator.export.size import LARGEST as LARGEST_FEED
from aggregator.export.size import size_of
from aggregator.export.values import (
    authors_of,
    enclosures_of,
    language_tag,
    name_of,
    picture_of,
    summary_of,
    tags_of,
    texts_of,
    title_of,
    web_link,
)
from aggregator.export.xml import XmlWriter, document
from aggregator.models import Publication, Story
from aggregator.records import replace
from aggregator.text import one_line

NAME = "bots.rss"
ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
PREFIXES = {"atom": ATOM, "content": CONTENT, "dc": DC, "media": MEDIA}
LARGEST = 1_000_000  # bytes of stories with their content; what comes after has its summary alone


def render_bots(publication: Publication) -> bytes:
    """Stories by when they arrived, the newest first; dates fall strictly, none is there twice."""

    def write(xml: XmlWriter) -> None:
        with xml.element("channel"):
            _channel(xml, publication)
            size = whole = 0
            for story, date in publication.arrivals:
                text, taken = "", 0
                if whole <= LARGEST:
                    text, taken = texts_of(story, publication)[1], size_of(story, publication)
                    whole += taken
                if whole > LARGEST:  # once it is, for all that follow
                    text, story = "", replace(story, content="")
                    taken = size_of(story, publication)
                size += taken
                if size > LARGEST_FEED:
                    break
                with xml.element("item"):
                    _item(xml, story, date, publication, text)

    return document("rss", "", write, PREFIXES, version="2.0")


def _channel(xml: XmlWriter, publication: Publication) -> None:
    title = one_line(publication.title) or "News Feed"
    xml.leaf("title", title)
    xml.leaf("link", publication.base_url)
    xml.leaf("description", one_line(publication.description) or f"{title}, by time of arrival")
    language = language_tag(publication.language)
    if language:
        xml.leaf("language", language)
    xml.leaf("generator", f"News Feed Aggregator {__version__}")
    xml.leaf(f"{{{ATOM}}}link", href=publication.base_url + NAME, rel="self", type="application/rss+xml")
    for relation, address in publication.links:
        if relation == "hub":
            xml.leaf(f"{{{ATOM}}}link", href=address, rel="hub")


def _item(xml: XmlWriter, story: Story, date: datetime, publication: Publication, text: str) -> None:
    link = web_link(story.link)
    summary = summary_of(story, publication)
    xml.leaf("title", f"{name_of(story.source)}: {title_of(story)}")
    if link:
        xml.leaf("link", link)
    xml.leaf("guid", one_line(story.atom_id), isPermaLink="false")
    xml.leaf("pubDate", rfc822(date))
    for author in authors_of(story):
        xml.leaf(f"{{{DC}}}creator", author.name)
    for tag in tags_of(story):
        xml.leaf("category", tag)
    xml.leaf("description", summary or title_of(story))
    if text:
        xml.leaf(f"{{{CONTENT}}}encoded", text)
    for enclosure in enclosures_of(story)[:1]:  # the profile: one at most
        xml.leaf(
            "enclosure",
            url=enclosure.url,
            length=str(enclosure.length or 0),
            type=enclosure.media_type or "application/octet-stream",
        )
    picture = picture_of(story, "")
    if picture:
        xml.leaf(f"{{{MEDIA}}}content", url=picture, medium="image")
    address = web_link(story.source.url)
    if address:
        xml.leaf("source", name_of(story.source), url=address)


def rfc822(when: datetime) -> str:
    """As "Mon, 23 Nov 2026 17:04:05 GMT"."""
    return format_datetime(when.astimezone(UTC), usegmt=True)
