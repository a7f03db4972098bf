"""Publications to render: one small story to vary, and a page full of them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import strategies as st

from aggregator.export.places import tag_feed
from aggregator.models import (
    Also,
    Archive,
    Enclosure,
    Person,
    Publication,
    Related,
    Source,
    Story,
    StoryGroup,
)
from aggregator.normalise.rewrite import Where
from aggregator.normalise.sanitize import sanitize
from aggregator.pipeline.publication import LONG_AGO

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ID = "urn:uuid:6a1f7f5e-7ad1-4c46-9e0e-2a2f0f8f4b11"
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
        id=ID,
        title="News Feed",
        base_url=BASE,
        updated=max((story.updated for story in stories), default=LONG_AGO),
        stories=stories,
        sources=sources,
    )
    return replace(whole, **more)  # type: ignore[arg-type]


def archive(name: str, stories: int = 1, size: int = 0) -> Archive:
    """A document of the archive; one with a size is closed."""
    return Archive(name, stories, NOON, 1, NOON, size)


# ---------------------------------------------------------------- any publication, for laws (Hypothesis)

_NASTY = (
    "<script>alert(1)</script>",
    "]]>",
    "&amp;&lt;",
    '"><img src=x onerror=alert(1)>',
    "\x00\x0b\x85\ufffe",
    "\ud800",
)
# Less what is UTF-8 read as Latin-1, which normalising mends and validators complain of.
texts = (st.text(st.characters(), max_size=40) | st.sampled_from(_NASTY) | st.text(max_size=400)).filter(
    lambda text: not re.search("[\xc2-\xf4][^!-~]*[\x80-\xbf]", text)
)
_tame = st.text("abc/?=&|[]%é ", max_size=12)
links = (
    st.builds("https://example.org/{}".format, _tame | texts)
    | st.builds("http://[::1]:8080/{}".format, _tame)
    | st.sampled_from(
        ("javascript:alert(1)", "data:text/html,x", "//example.org/", "/relative", "https://", "")
    )
    | texts
)
_moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
_sources = st.builds(
    Source,
    feed_id=st.integers(1, 9),
    name=texts,
    url=links,
    link=st.none() | links,
    id=st.none() | links,
    rights=st.none() | texts,
    language=st.none() | texts | st.just("ar"),
    tags=st.tuples(texts),
    status=st.sampled_from(("ok", "failing", "gone")),
    last_error=st.none() | texts,
    updated=st.none() | _moments,
    content=st.sampled_from((None, None, "full", "summary", "none")),
    daily=st.just(()) | st.lists(st.integers(0, 999), min_size=30, max_size=30).map(tuple),
)
_stories = st.builds(
    Story,
    id=st.integers(1),
    atom_id=st.uuids().map("urn:uuid:{}".format),
    title=texts,
    link=st.none() | links,
    published=_moments,
    updated=_moments,
    first_published=st.none() | _moments,
    source=_sources,
    authors=st.tuples()
    | st.tuples(st.builds(Person, name=texts, url=st.none() | links, email=st.none() | texts)),
    tags=st.lists(texts, max_size=25).map(tuple),
    summary=texts,
    content=texts.map(lambda text: sanitize(text, Where("https://example.org/", "https://example.org/"))),
    enclosures=st.tuples()
    | st.tuples(
        st.builds(Enclosure, links, media_type=st.none() | texts, length=st.none() | st.integers(-1))
    ),
    image=st.none() | links,
    language=st.none() | texts | st.just("ja"),
    untitled=st.booleans(),
    also=st.tuples() | st.tuples(st.builds(Also, _sources, link=st.none() | links, title=texts)),
    related=st.tuples()
    | st.tuples(
        st.builds(
            Related,
            story_id=st.integers(1),
            source=_sources,
            link=st.none() | links,
            title=texts,
            words=st.tuples(texts),
            cosine=st.floats(0, 1),
        )
    ),
)
publications = st.builds(
    Publication,
    id=st.uuids().map("urn:uuid:{}".format),
    title=texts,
    base_url=st.just(BASE),
    updated=_moments,
    stories=st.lists(_stories, max_size=3, unique_by=lambda story: story.atom_id).map(tuple),
    sources=st.lists(_sources, max_size=3).map(tuple),
    content=st.sampled_from(("full", "summary", "none")),
    language=st.none() | texts | st.just("en"),
    links=st.sampled_from(
        ((), (("hub", "https://hub.example/"), ("prev-archive", f"{BASE}archive/2026-10.atom")))
    ),
    tags=st.lists(texts.map(partial(tag_feed, ID)), max_size=3).map(tuple),
    search=st.booleans(),
    images=st.booleans(),
    covered=st.tuples()
    | st.tuples(st.builds(StoryGroup, lead=_stories, members=st.tuples(_stories), outlets=st.integers(3))),
)
