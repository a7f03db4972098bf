"""Refuses a document that we published ourselves: following it would publish it again, for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from aggregator.config.urls import is_ours
from aggregator.export.places import tag_feed
from aggregator.models import FeedInfo, Fetched, ReadError, ReadFeed
from aggregator.pipeline.exchange import Read


class OwnFeed:
    """What our publication is known by, wherever a copy of it is found."""

    def __init__(self, publication_id: str | None, base_url: str, tags: Iterable[str]) -> None:
        """`publication_id`: None where there is none yet."""
        self._base_url = base_url
        self._ids = (
            {publication_id, *(tag_feed(publication_id, tag).id for tag in tags)} if publication_id else set()
        )

    def has_published(self, info: FeedInfo) -> bool:
        """By its id, or its own address in JSON Feed, which knows no id of a feed."""
        if info.format.startswith("json"):
            return bool(info.self_link and is_ours(info.self_link, self._base_url))
        return info.id in self._ids


class SelfFeedGuard:
    """Wraps the reading of documents; told apart by their ids, which no other publication has."""

    def __init__(self, read: Read, own: OwnFeed) -> None:
        self._read, self._own = read, own

    async def __call__(self, fetched: Fetched, now: datetime) -> ReadFeed | ReadError:
        result = await self._read(fetched, now)
        if isinstance(result, ReadFeed) and self._own.has_published(result.info):
            return ReadError(
                "this is our own merged feed; following it would tell every story again: remove it from feeds.yaml"
            )
        return result
