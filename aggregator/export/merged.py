"""The outputs of the merged feed, each with what it is made of: what is made of the same as before is not made again.

An output is rendered from what its row of the table says that it reads: so nothing else can change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

from aggregator.export.manifest import digest_of
from aggregator.export.places import numbered
from aggregator.memo import Memo
from aggregator.models import Also, Publication, Related, Source, Story
from aggregator.records import dataclass, replace

if TYPE_CHECKING:
    from aggregator.export.pages import Pages

# What not every output reads, and what stands for it where it is left out. All other fields every output may read.
_LEFT_OUT: dict[str, Any] = {
    "updated": datetime(1990, 1, 1, tzinfo=UTC),
    **dict.fromkeys(
        ("stories", "sources", "archives", "covered", "arrivals", "deleted", "links", "tags"), ()
    ),
}


class Output(Protocol):
    """A row of the table."""

    @property
    def name(self) -> str: ...

    @property
    def reads(self) -> tuple[str, ...]: ...

    @property
    def is_page(self) -> bool: ...

    def render(self, publication: Publication, pages: Pages | None = None) -> Iterator[tuple[str, bytes]]:
        """The files by name."""


@dataclass(frozen=True, slots=True)
class MergedPart:
    """Files that are made together."""

    place: str  # of the first of them
    state: Callable[[], str]  # a fingerprint; equal ones make equal files
    make: Callable[[], Iterable[tuple[str, bytes]]]


def parts_of(
    outputs: Iterable[Output], publication: Publication, pages: Pages | None, digests: Memo[str] | None = None
) -> Iterator[MergedPart]:
    """The files of these outputs; the pages about the sources one by one, since each lists other sources.

    `digests`: fingerprints that were made before.
    """
    states = _States(publication, digests or Memo(lambda *state: digest_of(state)))
    for output in outputs:
        if output.name == "about.html":
            yield from _about(output.name, publication, pages, states)
            continue
        kept = {*output.reads, *(("sources",) if output.is_page else ())}
        shown = replace(publication, **{name: empty for name, empty in _LEFT_OUT.items() if name not in kept})
        yield MergedPart(output.name, partial(states.of_output, output), partial(output.render, shown, pages))


def _about(name: str, publication: Publication, pages: Pages | None, states: _States) -> Iterator[MergedPart]:
    from aggregator.export.about import about_parts

    for number, (listed, make) in enumerate(about_parts(publication, pages), 1):
        place = numbered(name, number)
        yield MergedPart(place, partial(states.of_about, listed), partial(_alone, place, make))


def _alone(name: str, make: Callable[[], bytes]) -> tuple[tuple[str, bytes], ...]:
    return ((name, make()),)


class _States:
    """Fingerprints of the parts of a publication, each made once and only if it is asked for."""

    def __init__(self, publication: Publication, digests: Memo[str]) -> None:
        self._publication = publication
        self._digests = digests
        # By the identities of the objects.
        self._stories: dict[int, str] = {}
        self._sources: dict[int, str] = {}
        self._fields: dict[str, object] = {}

    def of_output(self, output: Output) -> str:
        fields = [self._field(name) for name in output.reads]
        return digest_of((self._rest, fields, self._frame if output.is_page else None))

    def of_about(self, listed: tuple[Sequence[Source], object]) -> str:
        tags = [(tag.name, tag.slug) for tag in self._publication.tags]
        sources, *others = listed
        said = [self._digests.of(("source", source.feed_id), source) for source in sources]
        return digest_of((self._rest, self._frame, tags, said, others))

    @cached_property
    def _rest(self) -> str:
        return digest_of(replace(self._publication, **_LEFT_OUT))

    @cached_property
    def _frame(self) -> object:
        """As much of the sources as stands on each page."""
        from aggregator.export.pages import face_origins
        from aggregator.export.sources import is_failing

        sources = self._publication.sources
        return len(sources), sum(map(is_failing, sources)), face_origins(self._publication)

    def _field(self, name: str) -> object:
        if name not in self._fields:
            self._fields[name] = self._state_of(name)
        return self._fields[name]

    def _state_of(self, name: str) -> object:
        given = self._publication
        if name == "stories":
            return digest_of([self._story(story) for story in given.stories])
        if name == "arrivals":
            return digest_of([(self._story(story), when) for story, when in given.arrivals])
        if name == "sources":  # as a list of subscriptions has them
            return digest_of(
                [self._digests.of(("feed", source.feed_id), *_AS_A_FEED(source)) for source in given.sources]
            )
        return digest_of(getattr(given, name))

    def _story(self, story: Story) -> str:
        return self._stories.get(id(story)) or self._stories.setdefault(
            id(story), self._state_of_story(story)
        )

    def _state_of_story(self, story: Story) -> str:
        # Of its sources each is said once for all stories; and the repr of a long text costs more than its hash.
        others: tuple[Also | Related, ...] = (*story.also, *story.related)
        sources = [self._source(source) for source in (story.source, *(other.source for other in others))]
        content = blake2b(story.content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return digest_of((_WORDS_OF_STORY(story), content, list(map(_words_of, others)), sources))

    def _source(self, source: Source) -> str:
        return self._sources.get(id(source)) or self._sources.setdefault(id(source), digest_of(source))


def _words_of(other: Also | Related) -> object:
    """All that is said of another report but its source."""
    return _WORDS_OF_ALSO(other) if isinstance(other, Also) else _WORDS_OF_RELATED(other)


def _but(record: type, *names: str) -> Callable[[object], object]:
    """What gives the fields of a record but these."""
    return attrgetter(*(field.name for field in fields(record) if field.name not in names))


_AS_A_FEED = attrgetter("name", "url", "link", "language", "tags")
_WORDS_OF_STORY = _but(Story, "source", "content", "also", "related")
_WORDS_OF_ALSO, _WORDS_OF_RELATED = _but(Also, "source"), _but(Related, "source")
