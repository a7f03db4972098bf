"""How large a story is in a feed: what it takes with everything escaped, of which its content is often half.

Validators, and readers with a limit of their own, read five million bytes of a feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, takewhile
from typing import TypeVar

from aggregator.export.values import MOST_RELATED, MOST_TAGS, web_link
from aggregator.models import Publication, Source, Story

LARGEST = 4_500_000  # bytes of the stories in one feed
_FRAME = 1_000  # bytes of the elements and dates that each story has
_ELEMENT, _OTHER = 100, 200  # of each author, tag, enclosure, and of each other source or related story

T = TypeVar("T")


def size_of(story: Story, publication: Publication) -> int:
    """Bytes of the story in the publication's feed, in any of the formats: as many as it takes, or some more."""
    content = story.content if (story.source.content or publication.content) == "full" else ""
    several = len(story.authors) + len(story.tags[: 2 * MOST_TAGS]) + len(story.enclosures)
    others = len(story.also) + len(story.related[: 2 * MOST_RELATED])
    elements = _FRAME + _ELEMENT * several + _OTHER * others + _of_source(story.source)
    # Together, since counting takes longer to begin than to do.
    texts, links = "".join(_texts(story, publication)), "".join(filter(None, map(web_link, _links(story))))
    return elements + _escaped(texts, 9) + _escaped(content + links, 4)


@lru_cache(1024)  # the same for all of its stories
def _of_source(source: Source) -> int:
    texts = source.name + source.name + (source.id or "") + (source.rights or "")
    links = (web_link(source.url) or "") + (web_link(source.link) or "")
    return _escaped(texts, 9) + 2 * _escaped(links, 4)


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


def _texts(story: Story, publication: Publication) -> list[str]:
    title, summary = story.title, story.summary
    texts = [title, title, summary]  # without a content, the title is its text
    if publication.attribution:
        texts += (title, summary)
    texts += (story.atom_id, story.language or "", *story.tags[: 2 * MOST_TAGS])
    texts += [person.name for person in story.authors]
    texts += [enclosure.media_type or "" for enclosure in story.enclosures]
    for also in story.also:
        texts += (also.source.name, also.source.name, also.title)
    for related in story.related[: 2 * MOST_RELATED]:
        texts += (related.source.name, related.title, *related.words)
    return texts


def _links(story: Story) -> list[str | None]:
    links = [story.link, story.link, story.image]
    links += [person.url for person in story.authors]
    links += [enclosure.url for enclosure in story.enclosures]
    for also in story.also:
        links += (also.link, also.link, also.source.link)
    links += [related.link for related in story.related[: 2 * MOST_RELATED]]
    return links


def _escaped(text: str, most: int) -> int:
    """Bytes of the text, each character that is escaped counted `most` times more."""
    return _bytes(text) + most * sum(map(text.count, '<>&"')) + text.count("\\") + text.count("\n")


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
