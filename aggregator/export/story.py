"""The page of one story, which the service answers: its summary, who else reported it, what is related."""

from __future__ import annotations

from datetime import date

from aggregator.export.items import Items, Link, story_key
from aggregator.export.pages import Pages, own_pages
from aggregator.export.values import name_of, related_of, summary_of, title_of, web_link
from aggregator.models import Publication


def render_story(publication: Publication, pages: Pages | None = None) -> bytes:
    """The page of the publication's one story, which is shown at story/KEY."""
    (story,) = publication.stories
    item = Items(publication).item(story, date.min)
    reported = {
        also.source.feed_id: Link(name_of(also.source), web_link(also.link or also.source.link), also.title)
        for also in story.also
        if also.source.feed_id != story.source.feed_id
    }
    related = [
        (Link(each.title, each.link, name_of(each.source)), ", ".join(each.words))
        for each in related_of(story)
    ]
    return (pages or own_pages()).render(
        "story.html",
        publication,
        heading=title_of(story),
        here=None,
        page_name=f"story/{story_key(story)}",
        atom="../feed.atom",
        json="../feed.json",
        description=summary_of(story, publication)[:200] or title_of(story),
        item=item,
        summary=summary_of(story, publication),
        reported=list(reported.values()),
        related=related,
    )
