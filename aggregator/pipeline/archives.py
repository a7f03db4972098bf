"""The archive by months of first publication, in UTC: what is full or over is closed, and frozen for ever.

No clock says when a month is over, but the first story that is published in a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from aggregator.errors import ExportError
from aggregator.export import archive as documents
from aggregator.export.files import make_folder, names_in
from aggregator.export.manifest import Manifest, Parts, digest_of
from aggregator.export.pages import Pages
from aggregator.export.size import fitting, size_of
from aggregator.memo import Memo
from aggregator.models import Archive, ArchiveList, Publication, Source, Story
from aggregator.pipeline.publication import LONG_AGO, load_stories, without_stories
from aggregator.settings import Config
from aggregator.store.interfaces import PublishStore

Stories = Callable[[Sequence[int]], tuple[Story, ...]]


def close_full(store: PublishStore, config: Config, sources: Mapping[int, Source]) -> int:
    """Closes every document that is full or over, and names the open one; how many were closed.

    Two processes may publish at once: who comes second goes on from what the first one closed.
    """
    closed = 0
    frame = without_stories(store, config, sources)

    def read(ids: Sequence[int]) -> tuple[Story, ...]:
        return load_stories(store, ids, sources)

    known = store.archives()
    last = known.last
    while found := _next_document(store, frame, last, read):
        if not found.is_full:
            if known.open_name != found.name:
                store.name_open_archive(found.name)
            break
        place = f"archive/{found.name}"
        entries = documents.entries_of(replace(frame, stories=in_order(found.stories), place=place))
        archive = replace(found.archive(), size=len(entries))
        if store.close_archive(archive, entries, after=last, redaction=known.redaction):
            closed += 1
            last = archive
        else:
            known = store.archives()
            last = known.last
    return closed


def documents_of(
    store: PublishStore, frame: Publication, read: Stories
) -> tuple[tuple[Archive, ...], tuple[Story, ...]]:
    """Every document, the open one last, and the stories of that one.

    `frame`: the publication, with or without stories; `read`: how stories are read.
    """
    known = store.archives()
    found = _next_document(store, frame, known.last, read)
    if found is None:
        return (*known.closed, *_emptied(known)), ()
    return (*known.closed, found.archive()), found.stories


@dataclass(frozen=True, slots=True)
class _Document:
    """A document that is not closed yet."""

    name: str
    stories: tuple[Story, ...]  # in the order in which they were published
    newest: datetime  # when the last of them was first published
    last_id: int  # that story's
    is_full: bool  # more stories wait than it holds, or its month is over: it can be closed

    def archive(self) -> Archive:
        updated = max((story.updated for story in self.stories), default=self.newest)
        return Archive(self.name, len(self.stories), self.newest, self.last_id, updated)


def _next_document(
    store: PublishStore, frame: Publication, last: Archive | None, read: Stories
) -> _Document | None:
    """The document after `last`; None if no story waits for one."""
    waiting = store.unarchived_stories(last, documents.MOST + 1)
    if not waiting:
        return None
    month = _month(waiting[0][1])
    mine = [found for found in waiting[: documents.MOST] if _month(found[1]) == month]
    stories = read([story_id for story_id, _ in mine])
    if len(stories) < len(mine):  # another process or thread has removed one, or put two together, since
        return _next_document(store, frame, last, read)
    count = min(len(mine), fitting((size_of(story, frame) for story in stories), documents.LARGEST))
    last_id, newest = mine[count - 1]
    return _Document(
        documents.next_name(month, last), stories[:count], newest, last_id, is_full=count < len(waiting)
    )


def _emptied(known: ArchiveList) -> tuple[Archive, ...]:
    """The open document where retention took all of its stories: the one before still leads to it."""
    last, name = known.last, known.open_name
    if last is None or name is None:
        return ()
    return (Archive(name, 0, last.newest, last.last_id, last.updated),)


def document(merged: Publication, index: int, stories: tuple[Story, ...] = ()) -> Publication:
    """One of the documents as a publication; without stories, what stands round those that are frozen."""
    archive = merged.archives[index]
    return replace(
        merged,
        deleted=(),  # tombstones stand among the entries of the document they were in
        stories=in_order(stories),
        updated=archive.updated,
        place=f"archive/{archive.name}",
        links=_links(merged, index),
        archived=archive.size > 0,
    )


def _links(merged: Publication, index: int) -> tuple[tuple[str, str], ...]:
    """From a document to where the feed goes on, and to those before and after it (RFC 5005)."""
    documents = merged.archives
    links = [("current", "feed")]
    if index:
        links.append(("prev-archive", f"archive/{documents[index - 1].name}"))
    if index + 1 < len(documents):
        links.append(("next-archive", f"archive/{documents[index + 1].name}"))
    return tuple((relation, f"{merged.base_url}{place}.atom") for relation, place in links)


def in_order(stories: Sequence[Story]) -> tuple[Story, ...]:
    """The newest by its own date first: a month's page is a calendar."""
    return tuple(sorted(stories, key=lambda story: story.published, reverse=True))


def closed_names(merged: Publication, folder: Path) -> tuple[str, ...]:
    """The files of closed documents that stand there."""
    there = _there(folder)
    closed = (archive.name for archive in merged.archives if archive.size)
    return tuple(name for archive in closed for name in documents.names_of(there, archive))


def _there(folder: Path) -> frozenset[str]:
    try:
        return frozenset(names_in(folder / "archive"))
    except OSError:
        return frozenset()


def write_closed(
    store: PublishStore,
    merged: Publication,
    folder: Path,
    pages: Pages,
    *,
    before: Manifest | None,
    digests: Memo[str],
) -> tuple[list[str], Parts, list[str]]:
    """Writes closed documents: names of what had to be written; what stands there of each; what went wrong.

    `before`: what stood there after the last time; what is still so is not made again. `digests`: see write_outputs.
    """
    written: list[str] = []
    failures: list[str] = []
    states: dict[str, str] = {}  # by name
    try:
        make_folder(folder / "archive")
    except ExportError as error:
        return written, {}, [str(error)]
    frame = _frame(merged)
    for index, archive in enumerate(merged.archives):
        if not archive.size:
            continue
        place = f"archive/{archive.name}"
        state = digests.of(place, frame, archive, _links(merged, index))
        if before is None or not before.has(folder, place, state):
            try:
                entries = store.archive_bytes(archive.name)
                written += documents.write(document(merged, index), folder, entries, pages)
            except ExportError as error:
                written += error.changed
                failures.append(str(error))
                continue
        states[archive.name] = state
    there = _there(folder)
    parts = {f"archive/{name}": (state, documents.names_of(there, name)) for name, state in states.items()}
    return written, parts, failures


def _frame(merged: Publication) -> str:
    """Tells whether what stands round frozen entries has changed; templates and feeds.yaml apart."""
    shown = replace(
        merged,
        stories=(),
        sources=(),
        archives=(),
        tags=(),
        covered=(),
        arrivals=(),
        deleted=(),
        links=(),
        updated=LONG_AGO,
    )
    return digest_of(
        (shown, bool(merged.tags), [source.avatar for source in merged.sources if source.avatar])
    )


def _month(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m")
