"""How large a story is in a feed: what it takes with everything escaped, of which its content is often half.

Validators, and readers with a limit of their own, read five million bytes of a feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, takewhile
from typing import TypeVar

from aggregator.export.values import MOST_RELATED, MOST_TAGS, web_link
from aggregator.models import Publication, Story

LARGEST = 4_500_000  # bytes of the stories in one feed
_FRAME = 1_000  # bytes of the elements and dates that each story has
_ELEMENT, _OTHER = 100, 200  # of each author, tag, enclosure, and of each other source or related story

T = TypeVar("T")


def size_of(story: Story, publication: Publication) -> int:
    """Bytes of the story in the publication's feed, in any of the formats: as many as it takes, or some more."""
    content = story.content if (story.source.content or publication.content) == "full" else ""
    several = len(story.authors) + len(story.tags[: 2 * MOST_TAGS]) + len(story.enclosures)
    others = chain.from_iterable((story.also, story.related[: 2 * MOST_RELATED]))
    # Together, since counting takes longer to begin than to do.
    texts = "".join(_texts(story, publication))
    links = "".join(link for link in map(web_link, _links(story)) if link)
    elements = _ELEMENT * several + sum(_OTHER for _ in others)
    return _FRAME + elements + _escaped(texts, 9) + _escaped(content + links, 4)


def fitting(sizes: Iterable[int], most: int) -> int:
    """How many of these, from the first on, fit into so many bytes; one at least."""
    return max(1, sum(1 for _ in takewhile(lambda size: size <= most, accumulate(sizes))))


def fair_share(
    items: Sequence[T], feed_of: Callable[[T], int], size_of: Callable[[T], int], count: int, most: int
) -> list[T]:
    """All of them where they are at most `count` and of `most` bytes in all.

    Else as many as fit, in their order: the first of each feed, then the second of each, and so on.
    """
    sizes = list(map(size_of, items))
    if len(items) <= count and sum(sizes) <= most:
        return list(items)
    turns: Counter[int] = Counter()
    ranked = []
    for place, item in enumerate(items):
        ranked.append((turns[feed_of(item)], place))
        turns[feed_of(item)] += 1
    places = [place for _, place in sorted(ranked)[:count]]
    return [items[place] for place in sorted(places[: fitting((sizes[place] for place in places), most)])]


def _texts(story: Story, publication: Publication) -> Iterator[str]:
    yield from (story.title, story.title, story.summary)  # without a content, the title is its text
    yield from (story.title, story.summary) if publication.attribution else ()
    yield from (story.atom_id, story.language or "", story.source.name, story.source.name)
    yield from (story.source.id or "", story.source.rights or "")
    yield from (person.name for person in story.authors)
    yield from story.tags[: 2 * MOST_TAGS]
    yield from (enclosure.media_type or "" for enclosure in story.enclosures)
    for also in story.also:
        yield from (also.source.name, also.source.name, also.title)
    for related in story.related[: 2 * MOST_RELATED]:
        yield from (related.source.name, related.title, *related.words)


def _links(story: Story) -> Iterator[str | None]:
    source = story.source
    yield from (story.link, story.link, story.image, source.url, source.url, source.link, source.link)
    yield from (person.url for person in story.authors)
    yield from (enclosure.url for enclosure in story.enclosures)
    for also in story.also:
        yield from (also.link, also.link, also.source.link)
    yield from (related.link for related in story.related[: 2 * MOST_RELATED])


def _escaped(text: str, most: int) -> int:
    """Bytes of the text, each character that is escaped counted `most` times more."""
    return _bytes(text) + most * sum(map(text.count, '<>&"')) + text.count("\\") + text.count("\n")


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
