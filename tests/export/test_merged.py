"""Of the merged feed only the outputs are made again that show what has changed, and none of these is missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from aggregator.export import OUTPUTS
from aggregator.export.manifest import digest_of
from aggregator.export.merged import parts_of
from aggregator.export.places import tag_feed
from aggregator.models import Also, Episode, Person, Publication, Related, Source, Story, StoryGroup
from support.calls import counted
from support.publications import ID, NOON, OTHER, RICH, SOURCE, archive, publication

FAILING = replace(
    OTHER, feed_id=3, name="Down", url="https://down.example/", status="failing", last_error="no answer"
)
MANY = tuple(
    replace(OTHER, feed_id=number, name=f"Feed {number}", url=f"https://f{number}.example/")
    for number in range(10, 140)
)
WHOLE = publication(
    RICH,
    sources=(replace(SOURCE, daily=(1, 2)), OTHER, FAILING, *MANY),
    tags=(tag_feed(ID, "news"),),
    archives=(archive("2026-10", size=9), archive("2026-11")),
    covered=(StoryGroup(RICH, (replace(RICH, id=2),), 3),),
    arrivals=((RICH, NOON),),
    deleted=(("urn:x", NOON),),
    links=(("hub", "https://hub.example/"),),
)
LATER = NOON + timedelta(days=1)
OF_A_SOURCE: dict[str, Any] = {
    "feed_id": 77,
    "name": "Another name",
    "url": "https://another.example/feed",
    "link": "https://another.example/",
    "id": "tag:another",
    "rights": "None",
    "language": "fr",
    "tags": ("news", "other"),
    "status": "gone",
    "last_error": "404",
    "updated": LATER,
    "icon": "https://another.example/icon.png",
    "content": "none",
    "daily": (5, 6),
    "secrets": ("secret",),  # what is shown never holds them
    "slug": "another",
    "avatar": "https://faces.example/a.png",
    "about": "Another",
    "extra": (("key", "value"),),
}
OF_A_STORY: dict[str, Any] = {
    "id": 77,
    "atom_id": "urn:another",
    "title": "Another title",
    "link": "https://another.example/1",
    "published": LATER,
    "updated": LATER,
    "first_published": LATER,
    "source": OTHER,
    "authors": (Person("Another"),),
    "tags": ("other",),
    "summary": "Another summary",
    "content": "<p>Another text</p>",
    "enclosures": (),
    "image": None,
    "episode": Episode(season=2),
    "language": "fr",
    "untitled": True,
    "also": (),
    "related": (Related(5, OTHER, "https://second.example/5", "Another", ("word",), 0.5),),
}
OF_AN_ALSO: dict[str, Any] = {
    "source": FAILING,
    "link": "https://second.example/another",
    "title": "Another title",
}
OF_A_RELATED: dict[str, Any] = {
    "story_id": 79,
    "source": FAILING,
    "link": "https://third.example/another",
    "title": "Another title",
    "words": ("another",),
    "cosine": 0.9,
}
OF_THE_WHOLE: dict[str, Any] = {
    "id": "urn:another",
    "title": "Another title",
    "base_url": "https://another.example/",
    "updated": LATER,
    "stories": (),
    "sources": WHOLE.sources[1:],
    "content": "none",
    "language": "fr",
    "place": "tags/news",
    "links": (),
    "archived": True,
    "tags": (),
    "archives": WHOLE.archives[1:],
    "search": True,
    "images": True,
    "members": True,
    "covered": (),
    "heading": "Another",
    "description": "Another description.",
    "arrivals": (),
    "deleted": (),
    "icon": "icon-0123abcd.png",
    "podcast": True,
    "attribution": True,
    "timezone": "Asia/Tokyo",
}


def changes() -> Iterator[tuple[str, Publication]]:
    """What changed, and the publication after it."""
    for name, value in OF_THE_WHOLE.items():
        yield name, replace(WHOLE, **{name: value})
    for name, value in OF_A_SOURCE.items():
        for index in (0, 2, -1):
            sources = list(WHOLE.sources)
            sources[index] = replace(sources[index], **{name: value})
            yield f"sources[{index}].{name}", replace(WHOLE, sources=tuple(sources))
    for name, value in OF_A_STORY.items():
        story = replace(RICH, **{name: value})
        yield f"stories.{name}", replace(WHOLE, stories=(story,))
        yield f"arrivals.{name}", replace(WHOLE, arrivals=((story, NOON),))
        yield f"covered.{name}", replace(WHOLE, covered=(StoryGroup(story, (), 3),))
    near = Related(78, OTHER, "https://third.example/8", "Bridge", ("bridge",), 0.5)
    for name, value in OF_AN_ALSO.items():
        story = replace(RICH, also=(replace(RICH.also[0], **{name: value}),))
        yield f"stories.also.{name}", replace(WHOLE, stories=(story,))
    for name, value in OF_A_RELATED.items():
        story = replace(RICH, related=(replace(near, **{name: value}),))
        yield f"stories.related.{name}", replace(WHOLE, stories=(story,))
    yield "arrivals' dates", replace(WHOLE, arrivals=((RICH, LATER),))
    yield "tags' stories", replace(WHOLE, tags=(replace(WHOLE.tags[0], stories=9),))
    yield "tags' names", replace(WHOLE, tags=(replace(WHOLE.tags[0], name="News"),))
    yield "order", replace(WHOLE, sources=WHOLE.sources[::-1])


def made(whole: Publication) -> dict[str, tuple[str, dict[str, bytes]]]:
    """Of each part its state, and its files."""
    return {part.place: (part.state(), dict(part.make())) for part in parts_of(OUTPUTS, whole, None)}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Publication, OF_THE_WHOLE),
        (Source, OF_A_SOURCE),
        (Story, OF_A_STORY),
        (Also, OF_AN_ALSO),
        (Related, OF_A_RELATED),
    ],
)
def test_each_field_is_varied(kind: type, values: dict[str, Any]) -> None:
    assert {field.name for field in fields(kind)} == set(values)


def test_what_has_the_same_state_has_the_same_bytes() -> None:
    before = made(WHOLE)
    assert list(before)[6:8] == ["about.html", "about.2.html"]
    kept: set[str] = set()
    for name, after in changes():
        for place, (state, files) in made(after).items():
            if place in before and state == before[place][0]:
                assert files == before[place][1], (name, place)
                kept.add(place)
    assert kept == set(before)  # each part is left alone by some change


def test_what_is_left_out_is_not_read() -> None:
    for whole in chain([WHOLE], (after for name, after in changes() if "." not in name)):
        files = dict(chain.from_iterable(part.make() for part in parts_of(OUTPUTS, whole, None)))
        assert files == dict(chain.from_iterable(output.render(whole) for output in OUTPUTS))


def test_a_source_is_said_once_for_all_of_its_stories() -> None:
    def said(number: int) -> int:
        stories = tuple(replace(RICH, id=n, also=RICH.also * n, related=()) for n in range(number))
        (part,) = parts_of((OUTPUTS[0],), replace(WHOLE, stories=stories), None)
        with counted(digest_of) as made:
            part.state()
        return made["digest_of"]

    assert said(6) - said(3) == 3  # for each story one, however many tell it
