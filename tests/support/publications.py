"""Publications to render: one small story to vary, and a page full of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.models import Also, Enclosure, Person, Publication, Source, Story

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BASE = "https://news.example/planet/"

SOURCE = Source(
    feed_id=1,
    name="The Daily Example",
    url="https://daily.example/feed.xml",
    link="https://daily.example/",
    id="tag:daily.example,2005:feed",
    rights="© The Daily Example",
    language="en",
    tags=("news",),
    status="ok",
    updated=NOON,
)
OTHER = Source(
    feed_id=2,
    name="Second Look",
    url="https://second.example/atom",
    link="https://second.example/",
    status="ok",
)

STORY = Story(
    id=1,
    atom_id="https://daily.example/2026/bridge",
    title="The bridge reopens after four years",
    link="https://daily.example/2026/bridge",
    published=NOON,
    updated=NOON,
    first_published=NOON,
    source=SOURCE,
    summary="Traffic crossed the river again on Monday.",
    content="<p>Traffic crossed the <em>river</em> again on Monday.</p>",
    language="en",
)

RICH = replace(
    STORY,
    authors=(Person("Ada Example", url="https://ada.example/", email="ada@ada.example"),),
    tags=("transport", "city"),
    enclosures=(Enclosure("https://daily.example/bridge.mp3", None, 12345),),
    image="https://daily.example/bridge.jpg",
    updated=NOON + timedelta(hours=1),
    also=(Also(OTHER, "https://second.example/bridge", "Bridge open"),),
)


def publication(
    *stories: Story, sources: tuple[Source, ...] = (SOURCE, OTHER), **more: object
) -> Publication:
    """The publication of these stories."""
    whole = Publication(
        id="urn:uuid:6a1f7f5e-7ad1-4c46-9e0e-2a2f0f8f4b11",
        title="News Feed",
        base_url=BASE,
        updated=max((story.updated for story in stories), default=datetime(1970, 1, 1, tzinfo=UTC)),
        stories=stories,
        sources=sources,
    )
    return replace(whole, **more)  # type: ignore[arg-type]
