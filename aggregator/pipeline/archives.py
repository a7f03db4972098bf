"""The archive by months of first publication, in UTC: what is full or over is closed, and frozen for ever.

No clock says when a month is over, but the first story that is published in a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from pathlib import Path

from aggregator.export import archive as documents
from aggregator.export.files import make_folder
from aggregator.export.pages import Pages
from aggregator.models import Archive, Publication, Story
from aggregator.store.base import Store

MOST_CLOSED = 10  # at once: where thousands of stories came, the rest is closed when it is published next

Stories = Callable[[Sequence[int]], tuple[Story, ...]]


def close_full(
    store: Store, merged: Publication, stories: Stories
) -> tuple[tuple[Archive, ...], tuple[int, ...]]:
    """Every document, the open one last, and the stories of that one; closes those that have become full.

    `merged`: whose archive it is; `stories`: how stories are read, as the outputs carry them.
    """
    with store.transaction():  # two processes may publish at once
        closed = list(store.archives())
        before = len(closed)
        while True:
            last = closed[-1] if closed else None
            waiting = store.after(last, documents.MOST + 1)
            if not waiting:
                return (*closed, *_emptied(store, last)), ()
            month = _month(waiting[0][1])
            mine = _first([found for found in waiting[: documents.MOST] if _month(found[1]) == month])
            ids = tuple(story_id for story_id, _, _ in mine)
            told = in_order(stories(ids))
            newest = max((story.updated for story in told), default=mine[-1][1])
            archive = Archive(documents.next_name(month, last), len(told), mine[-1][1], mine[-1][0], newest)
            if len(mine) == len(waiting) or len(closed) == before + MOST_CLOSED:
                store.open_archive(archive.name)
                return (*closed, archive), ids
            entries = documents.entries_of(replace(merged, stories=told, place=f"archive/{archive.name}"))
            closed.append(replace(archive, size=len(entries)))
            store.close_archive(closed[-1], entries)


def _emptied(store: Store, last: Archive | None) -> tuple[Archive, ...]:
    """The open document where retention took all of its stories: the one before still leads to it."""
    name = store.open_archive()
    if last is None or name is None:
        return ()
    return (Archive(name, 0, last.newest, last.last_id, last.updated),)


def document(merged: Publication, archive: Archive, stories: tuple[Story, ...] = ()) -> Publication:
    """The document as a publication; without stories, what stands round those that are frozen."""
    names = [other.name for other in merged.archives]
    index = names.index(archive.name)
    links = [("current", "feed")]
    if index:
        links.append(("prev-archive", f"archive/{names[index - 1]}"))
    if index + 1 < len(names):
        links.append(("next-archive", f"archive/{names[index + 1]}"))
    return replace(
        merged,
        stories=in_order(stories),
        updated=archive.updated,
        place=f"archive/{archive.name}",
        links=tuple((relation, f"{merged.base_url}{place}.atom") for relation, place in links),
        archived=archive.size > 0,
    )


def in_order(stories: Sequence[Story]) -> tuple[Story, ...]:
    """The newest by its own date first: a month's page is a calendar."""
    return tuple(sorted(stories, key=lambda story: story.published, reverse=True))


def write_closed(
    store: Store, merged: Publication, folder: Path, pages: Pages
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Writes closed documents that are not there as they should be: names of those written, and of all."""
    written: list[str] = []
    names: list[str] = []
    make_folder(folder / "archive")
    for archive in merged.archives:
        if archive.size:
            made = documents.write(
                document(merged, archive), archive, folder, partial(store.frozen, archive.name), pages
            )
            written += made
            names += [f"archive/{archive.name}.atom", f"archive/{archive.name}.html"]
    return tuple(written), tuple(names)


def _first(found: Sequence[tuple[int, datetime, int]]) -> Sequence[tuple[int, datetime, int]]:
    """As many of these as one document holds, by the size of their content; one at least."""
    sizes = accumulate(size for _, _, size in found)
    return found[: max(1, sum(size <= documents.LARGEST for size in sizes))]


def _month(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m")
