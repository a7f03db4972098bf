"""Chooses what the merged feed and its tags show and writes the outputs. Reads no clock but for what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path

from aggregator import export
from aggregator.errors import ExportError
from aggregator.export import Part
from aggregator.export.arrival import arrival_dates
from aggregator.export.files import in_words
from aggregator.export.manifest import Manifest, digest_of
from aggregator.export.pages import pages_in
from aggregator.export.places import tag_feed
from aggregator.export.size import LARGEST as LARGEST_FEED
from aggregator.export.size import fair_share, size_of
from aggregator.export.static import static_files
from aggregator.export.values import name_of
from aggregator.models import (
    MOST_OF_SOURCE,
    Amount,
    Archive,
    Publication,
    Source,
    Story,
    StorySummary,
    TagFeed,
)
from aggregator.pipeline import archive_rules, archives
from aggregator.pipeline.covered import most_covered, relate
from aggregator.pipeline.memory import Memory
from aggregator.pipeline.publication import LONG_AGO, load_stories, newest_update, without_stories
from aggregator.settings import Config, Publish
from aggregator.store.interfaces import PublishStore
from aggregator.text import tag_key

LARGEST = 1_000_000  # bytes of content in the merged feed
# The bounds of what is young: validators read five million bytes at most, and a feed that names thousands of
# entries anew at every poll would fill the memory. What is left out is in the archive.
MOST_YOUNG, LARGEST_YOUNG = 3_000, 3_000_000
_MOST_LOOKED_AT = 50_000
_MOST_PASSES = 5  # over what waits, while others save
MOST_DELETED = 100  # tombstones in a feed
MOST_DATED = 6_000  # newest arrivals among which dates of equal moments are told apart


def publish(
    store: PublishStore,
    config: Config,
    now: datetime,
    folder: Path | None = None,
    manifest: Manifest | None = None,
) -> tuple[str, ...]:
    """Publishes what waits and writes the outputs to `folder` (default: data/public); names of those changed.

    From an unchanged store come the same bytes, and nothing is written. `manifest`: what earlier calls for
    this folder wrote; with it, a tag's feed or a source's page is rendered only when it has changed.
    """
    memory = Memory(config)
    release(store, now, memory)
    return Outputs(store, memory).write(folder or config.public_path, manifest)


def release(store: PublishStore, now: datetime, memory: Memory) -> str:
    """Changes in the store what publishing changes: what waits is published, related, and put into the archive.

    Again, where others saved meanwhile: the version that is noted must not be that of what still waits. The version of
    the content; what is read afterwards is as new at least, and so are the feeds in the memory. "" where others go on saving.
    """
    config, feeds = memory.config, memory.feeds
    for _ in range(_MOST_PASSES):
        store.publish_pending(now)
        relate(store, config, now)
        sources = feeds.read(store)
        shown = archive_rules.apply_rules(store, config, sources, feeds.rules)
        closed = archives.close_full(store, config, sources)  # by these rules
        if not (shown or closed or store.anything_waits()):
            return feeds.version
    feeds.read(store)
    return ""


class Outputs:
    """All that is published, as the store has it now. Nothing here writes to the store."""

    def __init__(self, store: PublishStore, memory: Memory) -> None:
        """`memory`: of which the feeds have just been read."""
        self._store, self._memory = store, memory
        self._config, self._sources = config, sources = memory.config, memory.feeds.sources
        self._of_stories = {
            feed_id: memory.in_stories.of(feed_id, source) for feed_id, source in sources.items()
        }
        self._places = {feed_id: place for place, feed_id in enumerate(sources)}
        self._amounts = {
            source.feed_id: source.content for source in self._sources.values() if source.content
        }
        self._known: dict[int, Story] = {}  # of the merged feed, its open document and the arrivals
        self._bare = without_stories(store, config, self._sources)
        stories = self._fitting(choose(memory.newest.of(store, memory.feeds), config.publish, self._amounts))
        self._known |= {story.id: story for story in stories}
        self._bare = replace(self._bare, stories=stories, updated=newest_update(stories))
        self._tagged = self._choose_tagged()
        self._archives, self._open = archives.documents_of(store, self._bare, self._stories)
        self._known |= {story.id: story for story in self._open}
        deleted = store.redactions()[:MOST_DELETED]
        self.merged = replace(
            self._bare,
            sources=self._with_days(stories),
            tags=tuple(self._tagged),
            archives=self._archives,
            links=self._links({story.id for story in stories}),
            arrivals=self._arrivals(),
            covered=most_covered(stories, self._store, self._stories),
            deleted=deleted,
            updated=max([self._bare.updated, *(when for _, when in deleted)]),
        )

    def write(self, folder: Path, manifest: Manifest | None = None) -> tuple[str, ...]:
        """Writes what changed, the merged feed first; names of those files.

        Raises ExportError where some cannot be written, after the others were.
        """
        pages = pages_in(self._config.templates, self._config.theme)
        before = None
        if manifest is not None:
            before = replace(manifest, not_in_place=manifest.changed_in(folder))
        kept = archives.closed_names(self.merged, folder)
        changed: list[str] = []
        failures: list[str] = []
        files = static_files(self._config.icon)
        try:
            changed += export.write_outputs(
                self.merged,
                folder,
                self._others(),
                pages,
                kept=(*kept, *files),
                manifest=manifest,
                aliases=self._config.publish.aliases,
                static=files,
                digests=self._memory.states,
            )
        except ExportError as error:
            changed += error.changed
            failures.append(str(error))
        written, closed, failed = archives.write_closed(
            self._store, self.merged, folder, pages, before=before, digests=self._memory.states
        )
        changed += written
        failures += failed
        if manifest is not None and before is not None:
            manifest.parts |= closed
            manifest.record_more(folder, archives.closed_names(self.merged, folder), written, before)
            # What was saved meanwhile may stand on these pages, and not be told by a state that comes again.
            for feed_id in self._memory.feeds.changed_since(self._store):
                manifest.parts.pop(f"sources/{self._sources[feed_id].slug}", None)
        if failures:
            raise ExportError(in_words(failures), tuple(changed))
        return tuple(changed)

    def _others(self) -> Iterator[Publication | Part]:
        """The feeds of tags, the pages of sources, and the open document of the archive."""
        # Less what only the merged feed's pages show, so that they change with their own stories alone.
        bare = replace(
            self.merged,
            sources=(),
            archives=(),
            covered=(),
            arrivals=(),
            deleted=(),
            tags=tuple(replace(tag, stories=0) for tag in self._tagged),
        )
        hub = tuple((relation, address) for relation, address in self.merged.links if relation == "hub")
        for tag, chosen in self._tagged.items():
            stories = self._fitting(chosen)
            yield replace(
                bare,
                id=tag.id,
                title=f"{self.merged.title}: {tag.name}",
                heading=tag.name,
                updated=newest_update(stories),
                stories=stories,
                sources=self._subscribed_to(tag),
                place=f"tags/{tag.slug}",
                links=hub,
                covered=most_covered(stories, self._store, self._stories),
                podcast=tag.podcast,
            )
        frame = replace(bare, stories=(), links=(), updated=LONG_AGO)  # which each page has of its own
        frame_state = digest_of(frame)
        states = self._memory.feeds.states
        for source in self.merged.sources:
            yield self._source_page(source, frame, (frame_state, states[source.feed_id].newest))
        if self._archives and not self._archives[-1].size:
            # Of the sources its page names where their pictures are, and nothing else.
            faces = tuple(Source(0, "", "", avatar=s.avatar) for s in self.merged.sources if s.avatar)
            around = replace(bare, archives=self._archives, sources=faces)
            yield archives.document(around, len(self._archives) - 1, self._open)

    def _subscribed_to(self, tag: TagFeed) -> tuple[Source, ...]:
        """The sources with that tag in feeds.yaml, with what feeds.yaml and the feeds say of them alone."""
        wanted = tag_key(tag.name)
        return tuple(
            Source(s.feed_id, s.name, s.url, s.link, language=s.language, tags=s.tags, slug=s.slug)
            for s in self._sources.values()
            if wanted in map(tag_key, s.tags)
        )

    def _arrivals(self) -> tuple[tuple[Story, datetime], ...]:
        """The stories of bots.rss with their dates: those of the last days by arrival, and 100 at least."""
        found = self._store.arrivals(MOST_DATED)
        dates = arrival_dates([when for _, when in reversed(found)])[::-1]
        if not found:
            return ()
        young = found[0][1] - timedelta(hours=self._config.publish.guarantee_hours)
        count = sum(when >= young for _, when in found)
        shown = found[: min(MOST_YOUNG, max(count, self._config.publish.entries))]
        found_stories = self._stories([story_id for story_id, _ in shown])
        self._known |= {story.id: story for story in found_stories}
        return tuple(
            (self._known[story_id], date)
            for (story_id, _), date in zip(shown, dates, strict=False)
            if story_id in self._known
        )

    def _source_page(self, source: Source, frame: Publication, state: object) -> Part:
        """The page of a source; its stories are read only if one of them has changed. `state`: of all but the source."""
        place = f"sources/{source.slug}"

        def state_with(others: Iterable[int]) -> str:
            # In the order of feeds.yaml, as they stand beside a story.
            named = [self._named(feed_id) for feed_id in sorted(others, key=self._place)] if others else []
            return self._memory.states.of(place, state, source, source.secrets, named)

        def make() -> Publication:
            found = self._store.stories_of_feed(source.feed_id, MOST_OF_SOURCE)
            return replace(
                frame,
                title=f"{frame.title}: {name_of(source)}",
                heading=name_of(source),
                stories=self._stories([story_id for story_id, _ in found]),
                sources=(source,),
                updated=max((updated for _, updated in found), default=LONG_AGO),
                place=place,
            )

        return Part(place, state_with, make)

    def _place(self, feed_id: int) -> int:
        """Where it stands in feeds.yaml; what is not subscribed comes last."""
        return self._places.get(feed_id, len(self._places))

    def _named(self, feed_id: int) -> object:
        """As much of a feed as the pages of others show, where it tells their stories, too."""
        source = self._sources.get(feed_id)
        return (source.feed_id, source.name, source.url, source.link, source.secrets) if source else None

    def _stories(self, ids: Sequence[int]) -> tuple[Story, ...]:
        """These stories, in their order; those that were read before are not read again."""
        missing = [story_id for story_id in ids if story_id not in self._known]
        read = load_stories(self._store, missing, self._of_stories) if missing else ()
        found = {story.id: story for story in read}
        each = (self._known.get(story_id) or found.get(story_id) for story_id in ids)
        return tuple(story for story in each if story)

    def _fitting(self, ids: Sequence[int]) -> tuple[Story, ...]:
        """These stories, or as many as a feed can hold."""
        stories = self._stories(ids)
        size = partial(size_of, publication=self._bare)
        return tuple(
            fair_share(stories, lambda story: story.source.feed_id, size, len(stories), LARGEST_FEED)
        )

    def _choose_tagged(self) -> dict[TagFeed, Sequence[int]]:
        """The tags of feeds.yaml in their order, and the stories that the feed of each shows."""
        limits = replace(self._config.publish, per_source=self._config.publish.entries)
        feeds_of: dict[str, set[int]] = {}
        names: dict[str, str] = {}
        for source in self._sources.values():
            for tag in source.tags:
                feeds_of.setdefault(tag_key(tag), set()).add(source.feed_id)
                names.setdefault(tag_key(tag), tag)
        wanted = {tag: frozenset(feeds) for tag, feeds in feeds_of.items()}
        summaries = self._store.tagged_stories(wanted, limits.entries) if wanted else {}
        chosen = {tag: choose(summaries[tag], limits, self._amounts) for tag in wanted}
        podcasts = set(map(tag_key, self._config.publish.podcasts))
        return {
            replace(tag_feed(self._bare.id, names[tag]), stories=len(ids), podcast=tag in podcasts): ids
            for tag, ids in chosen.items()
        }

    def _links(self, shown: Set[int]) -> tuple[tuple[str, str], ...]:
        """Where the hub is, and where all goes on that the feed does not show (RFC 5005)."""
        closed = [archive for archive in self._archives if archive.size]
        links = [("hub", self._config.publish.hub)]
        if closed:
            links.append(("prev-archive", self._address(closed[-1])))
        if not {story.id for story in self._open} <= shown:
            links.append(("next", self._address(self._archives[-1])))
        return tuple((relation, address) for relation, address in links if address)

    def _address(self, archive: Archive) -> str:
        return f"{self._config.base_url}archive/{archive.name}.atom"

    def _with_days(self, stories: Iterable[Story]) -> tuple[Source, ...]:
        """The sources with how much each published recently: up to the newest story's day, not today's."""
        newest = max((story.first_published or story.published for story in stories), default=None)
        if newest is None:
            return self._bare.sources
        return self._memory.days.of(self._store, self._memory.feeds, newest)


def choose(
    summaries: Iterable[StorySummary], limits: Publish, amounts: Mapping[int, Amount] | None = None
) -> list[int]:
    """Which stories a feed shows, newest first.

    At most `entries` and one megabyte, at most `per_source` of one source; but all that came within
    `guarantee_hours` of the newest, so that a reader that looks in every other day misses nothing (but see
    `MOST_YOUNG`). `amounts`: how much content is carried of feeds that have a word of their own on it.
    """

    def size_of(summary: StorySummary) -> int:
        return summary.size if (amounts or {}).get(summary.feed_id, limits.content) == "full" else 500

    summaries = iter(summaries)
    young, older = _young(summaries, limits.guarantee_hours)
    young = fair_share(young, lambda summary: summary.feed_id, size_of, MOST_YOUNG, LARGEST_YOUNG)
    chosen = [summary.id for summary in young]
    by_source = Counter(summary.feed_id for summary in young)
    size = sum(map(size_of, young))
    for summary in chain(older, summaries):
        if len(chosen) >= limits.entries or size >= LARGEST:
            break
        if by_source[summary.feed_id] >= limits.per_source:
            continue
        chosen.append(summary.id)
        by_source[summary.feed_id] += 1
        size += size_of(summary)
    return chosen


def _young(summaries: Iterator[StorySummary], hours: int) -> tuple[list[StorySummary], list[StorySummary]]:
    """Those that came within so many hours of the newest; and the one after them, which had to be looked at."""
    young: list[StorySummary] = []
    for summary in islice(summaries, _MOST_LOOKED_AT):
        if young and summary.position < young[0].position - timedelta(hours=hours):
            return young, [summary]
        young.append(summary)
    return young, []
