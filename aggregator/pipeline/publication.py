"""The publication without stories, and how stories are read for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.export.places import source_slug
from aggregator.links import without_credentials
from aggregator.models import Publication, Source, Story
from aggregator.settings import Config
from aggregator.store.interfaces import PublishStore

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)  # when a feed without stories changed; nobody believes in less


def load_sources(store: PublishStore, config: Config) -> dict[int, Source]:
    """The sources by the ids of their feeds, each with what its subscription says of content."""
    amounts = {without_credentials(sub.url): sub.content for sub in config.feeds}
    return {
        source.feed_id: replace(source, content=amounts.get(source.url), slug=source_slug(source.url))
        for source in store.sources()
    }


def load_stories(store: PublishStore, ids: Sequence[int], sources: Mapping[int, Source]) -> tuple[Story, ...]:
    """These stories, with no more content than the subscriptions of their sources allow."""
    return tuple(
        replace(story, source=sources.get(story.source.feed_id, story.source))
        for story in store.load_stories(ids)
    )


def without_stories(store: PublishStore, config: Config, sources: Mapping[int, Source]) -> Publication:
    """The merged feed as feeds.yaml has it, with nothing in it yet."""
    return Publication(
        id=store.publication_id(),
        title=config.title,
        base_url=config.base_url,
        updated=LONG_AGO,
        stories=(),
        sources=tuple(sources.values()),
        content=config.publish.content,
        search=config.publish.search == "on",
        images=config.publish.images == "on",
        description=config.description or "",
        timezone=config.timezone,
    )


def newest_update(stories: Iterable[Story]) -> datetime:
    return max((story.updated for story in stories), default=LONG_AGO)
