"""The frame of pages that the service answers: a publication that is no feed, with the title and the navigation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from aggregator.export.places import tag_feed
from aggregator.models import Publication, Story
from aggregator.settings import Config

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_ID = "urn:uuid:00000000-0000-0000-0000-000000000000"  # of a page that is no feed


def page_frame(config: Config, stories: Iterable[Story] = ()) -> Publication:
    """A publication that is no feed, as a frame for a page."""
    tags = dict.fromkeys(tag for feed in config.feeds for tag in feed.tags)
    return Publication(
        id="",
        title=config.title,
        base_url=config.base_url,
        updated=EPOCH,
        stories=tuple(stories),
        sources=(),
        content=config.publish.content,
        search=True,
        timezone=config.timezone,
        tags=tuple(tag_feed(NO_ID, tag) for tag in tags),
    )
