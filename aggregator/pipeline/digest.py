"""What was published since a moment, as a publication of its own, and in the form that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.export.mail import render_mail, render_mail_page
from aggregator.export.pages import Pages
from aggregator.export.plain import render_markdown, render_text
from aggregator.models import Publication, Story
from aggregator.pipeline.publication import load_sources, load_stories
from aggregator.settings import Config
from aggregator.store.interfaces import Library
from aggregator.text import tag_key


def published(store: Library, config: Config, since: tuple[datetime, int]) -> Publication:
    """Stories first published since then (moment and id), newest first."""
    known = load_sources(store, config)
    stories = load_stories(store, store.published_since(*since), known)
    return Publication(
        id=store.publication_id(),
        title=config.title,
        base_url=config.base_url,
        updated=max((story.updated for story in stories), default=since[0]),
        stories=stories,
        sources=tuple(known.values()),
        content=config.publish.content,
        timezone=config.timezone,
    )


def chosen(
    publication: Publication, number: int | None = None, tag: str | None = None, feed: str | None = None
) -> Publication:
    """The same with only the stories of this tag and feed, and at most so many, the newest."""

    def wanted(story: Story) -> bool:
        sources = (story.source, *(other.source for other in story.also))
        tags = {tag_key(each) for each in (*story.tags, *(t for source in sources for t in source.tags))}
        return (tag is None or tag_key(tag) in tags) and (
            feed is None or any(feed == s.url or feed.casefold() in s.name.casefold() for s in sources)
        )

    stories = tuple(story for story in publication.stories if wanted(story))
    return replace(publication, stories=stories[:number])


def render(
    publication: Publication,
    form: str,
    pages: Pages,
    sender: str | None = None,
    to: str | Sequence[str] | None = None,
) -> bytes:
    """As text, markdown, html or eml."""
    match form:
        case "text":
            return render_text(publication)
        case "markdown":
            return render_markdown(publication)
        case "html":
            return render_mail_page(publication, pages)
    return render_mail(publication, pages, sender, to)
