"""A feed as JSON Feed 1.1 (https://jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from typing import Any

from aggregator.export.places import json_name, page_name
from aggregator.export.values import (
    authors_of,
    enclosures_of,
    language_tag,
    name_of,
    recording_of,
    related_of,
    tags_of,
    texts_of,
    title_of,
    web_link,
)
from aggregator.models import Publication, Source, Story
from aggregator.text import one_line
from aggregator.times import format_utc

_ABOUT = (
    "id: this feed's own; source: the feed that told the story;"
    " also: where else it was seen, with the title it had there"
)
# Said where there are some: the bytes of a feed without any stay as subscribers know them.
_ABOUT_RELATED = (
    "; related: stories of other outlets that probably tell of the same event, with the words they share"
)

Json = dict[str, Any]


def render_jsonfeed(publication: Publication) -> bytes:
    """The whole feed in UTF-8."""
    title = one_line(publication.title) or "News Feed"
    feed = _given(
        version="https://jsonfeed.org/version/1.1",
        title=title,
        home_page_url=publication.base_url + page_name(publication),
        feed_url=publication.base_url + json_name(publication),
        description=one_line(publication.description) if not publication.place else None,
        icon=publication.base_url + publication.icon if publication.icon.endswith(".png") else None,
        favicon=publication.base_url + publication.icon if publication.icon else None,
        language=language_tag(publication.language),
        authors=[{"name": title}],
        hubs=[{"type": "WebSub", "url": url} for rel, url in publication.links if rel == "hub"],
    )
    about = _ABOUT + (_ABOUT_RELATED if any(map(related_of, publication.stories)) else "")
    feed["_aggregator"] = {"about": about, "id": one_line(publication.id)}
    feed["items"] = [_item(story, publication) for story in publication.stories]
    return json.dumps(feed, ensure_ascii=False, indent=1).encode() + b"\n"


def _item(story: Story, publication: Publication) -> Json:
    summary, html = texts_of(story, publication)
    recording = recording_of(story)
    item = _given(
        id=one_line(story.atom_id),
        url=web_link(story.link),
        title=None if story.untitled else title_of(story),
        content_html=html,
        # One of the two contents must be there; a summary beside it only where it is another text.
        content_text=None if html else summary or title_of(story),
        summary=summary if html else None,
        image=web_link(story.image),
        date_published=format_utc(story.published),
        date_modified=format_utc(story.updated),
        authors=[_given(name=author.name, url=author.url) for author in authors_of(story)],
        tags=list(tags_of(story)),
        language=language_tag(story.language, story.source.language),
        attachments=[
            _given(
                url=enclosure.url,
                mime_type=enclosure.media_type or "application/octet-stream",
                size_in_bytes=enclosure.length,
                duration_in_seconds=story.episode.duration
                if story.episode and enclosure == recording
                else None,
            )
            for enclosure in enclosures_of(story)
        ],
    )
    item["_aggregator"] = _given(
        source=_source(story.source),
        also=[
            _given(name=name_of(also.source), title=one_line(also.title), url=web_link(also.link))
            for also in story.also
        ],
        related=[
            _given(
                name=name_of(related.source),
                title=related.title,
                url=related.link,
                words=list(related.words),
            )
            for related in related_of(story)
        ],
    )
    return item


def _source(source: Source) -> Json:
    return _given(
        name=name_of(source),
        url=web_link(source.url),
        link=web_link(source.link),
        rights=one_line(source.rights or ""),
    )


def _given(**members: Any) -> Json:
    """The members that have something to say."""
    return {name: value for name, value in members.items() if value not in (None, "", [])}
