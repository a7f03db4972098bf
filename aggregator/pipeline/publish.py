"""Chooses what the merged feed shows and writes the outputs. Reads no clock but for what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import export
from aggregator.models import Publication, StoryHead
from aggregator.settings import Config, Publish
from aggregator.store.base import Store

LARGEST = 1_000_000  # characters of content in the merged feed


def publish(store: Store, config: Config, now: datetime, folder: Path | None = None) -> tuple[str, ...]:
    """Publishes what waits and writes the outputs to `folder` (default: data/public); names of those changed.

    From an unchanged store come the same bytes, and nothing is written.
    """
    store.release(now)
    return export.write_outputs(publication(store, config), folder or config.public_path)


def publication(store: Store, config: Config) -> Publication:
    """The merged feed as the store has it."""
    stories = store.stories(choose(store.heads(), config.publish))
    return Publication(
        id=store.publication_id(),
        title=config.title,
        base_url=config.base_url,
        updated=max((story.updated for story in stories), default=datetime(1970, 1, 1, tzinfo=UTC)),
        stories=stories,
        sources=store.sources(),
        content=config.publish.content,
    )


def choose(heads: Iterable[StoryHead], limits: Publish) -> list[int]:
    """Which stories the merged feed shows, newest first.

    At most `entries` and one megabyte, at most `per_source` of one source; but all that came within
    `guarantee_hours` of the newest, so that a reader that looks in every other day misses nothing.
    """
    chosen: list[int] = []
    by_source: Counter[int] = Counter()
    size = 0
    young: datetime | None = None
    for head in heads:
        if young is None:
            young = head.position - timedelta(hours=limits.guarantee_hours)
        if head.position < young:
            if len(chosen) >= limits.entries or size >= LARGEST:
                break
            if by_source[head.feed_id] >= limits.per_source:
                continue
        chosen.append(head.id)
        by_source[head.feed_id] += 1
        size += head.size if limits.content == "full" else 500
    return chosen
