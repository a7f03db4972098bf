"""What subscribers get: a table of outputs, each a pure function from a Publication to bytes.

A row names its renderer instead of importing it, as entry points do, so that a command that renders
nothing does not pay for lxml and jinja2.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import ExportError
from aggregator.export.aliases import alias_files, make_alias_folders, remove_former_aliases
from aggregator.export.files import Writer, in_words, make_folder, names_in, remove_stale
from aggregator.export.manifest import Manifest, Parts, digest_of
from aggregator.export.places import FEED, OURS, numbered
from aggregator.memo import Memo
from aggregator.models import Publication
from aggregator.records import dataclass

if TYPE_CHECKING:
    from aggregator.export.pages import Pages


@dataclass(frozen=True, slots=True)
class Output:
    """One file that subscribers can fetch, or one of a kind."""

    name: str  # in the public folder, and in the public URL after base_url; {} stands for the feed's place
    media_type: str  # without parameters
    renderer: str  # "module:function" of a function from Publication, and Pages for HTML, to bytes
    paged: bool = False  # the function yields several pages: index.html, index.2.html, ...
    reads: tuple[str, ...] = ()  # of the merged feed; see `merged`

    @property
    def is_page(self) -> bool:
        return self.media_type == HTML

    def render(self, publication: Publication, pages: Pages | None = None) -> Iterator[tuple[str, bytes]]:
        """The files by name, each whole, or none where there is nothing; equal publications give equal bytes."""
        module, _, function = self.renderer.partition(":")
        render = getattr(import_module(f"aggregator.export.{module}"), function)
        name = self.name.format(publication.place.partition("/")[2])
        made = render(publication, pages) if self.is_page else render(publication)
        for number, data in enumerate(made if self.paged else (made,), 1):
            if data:
                yield numbered(name, number), data


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the publication that is made only when it has changed."""

    place: str  # as of its Publication
    # A fingerprint, from the further feeds that it names; equal ones make equal publications.
    state: Callable[[Iterable[int]], str]
    make: Callable[[], Publication]


HTML, ATOM, JSON = "text/html", "application/atom+xml", "application/feed+json"
OPML, RSS = "text/x-opml", "application/rss+xml"
NOT_FOUND = "404.html"

OUTPUTS: tuple[Output, ...] = (  # of the merged feed
    Output(FEED, ATOM, "atom:render_atom", reads=("stories", "links", "deleted", "updated")),
    Output("feed.json", JSON, "jsonfeed:render_jsonfeed", reads=("stories", "links")),
    Output("bots.rss", RSS, "rss:render_bots", reads=("arrivals", "links")),
    Output("subscriptions.opml", OPML, "opml:render_opml", reads=("sources",)),
    Output("index.html", HTML, "digest:digest_pages", paged=True, reads=("stories", "covered", "tags")),
    Output("compact.html", HTML, "digest:compact_pages", paged=True, reads=("stories", "tags")),
    Output("about.html", HTML, "about:about_pages", paged=True),
    Output("tags/index.html", HTML, "about:tags_pages", paged=True, reads=("tags",)),
    Output("archive/index.html", HTML, "about:render_archive", reads=("archives", "tags")),
    Output(NOT_FOUND, HTML, "about:render_missing", reads=("tags",)),
)
TAG_OUTPUTS: tuple[Output, ...] = (  # of each tag's feed
    Output("tags/{}.atom", ATOM, "atom:render_atom"),
    Output("tags/{}.json", JSON, "jsonfeed:render_jsonfeed"),
    Output("tags/{}.rss", RSS, "podcast:render_podcast"),  # none for most tags
    Output("tags/{}.opml", OPML, "opml:render_opml"),
    Output("tags/{}.html", HTML, "digest:digest_pages", paged=True),
)
SOURCE_OUTPUTS: tuple[Output, ...] = (  # of each source
    Output("sources/{}.html", HTML, "sources:render_source"),
)
ARCHIVE_OUTPUTS: tuple[Output, ...] = (  # of each document of the archive
    Output("archive/{}.atom", ATOM, "atom:render_atom"),
    Output("archive/{}.html", HTML, "digest:month_pages", paged=True),
)
_BY_FOLDER = {"tags": TAG_OUTPUTS, "sources": SOURCE_OUTPUTS, "archive": ARCHIVE_OUTPUTS}


def is_topic(name: str) -> bool:
    """Whether a hub is told when that file changes: a feed that goes on, so none of the archive's."""
    return name.endswith((".atom", ".json", ".rss")) and not name.startswith("archive/")


def write_outputs(
    publication: Publication,
    folder: Path,
    others: Iterable[Publication | Part] = (),
    pages: Pages | None = None,
    *,
    kept: Collection[str] = (),
    manifest: Manifest | None = None,
    static: Mapping[str, bytes] | None = None,
    aliases: Iterable[str] = (),
    digests: Memo[str] | None = None,
) -> tuple[str, ...]:
    """Names of the files that changed, in the order of the tables; raises ExportError.

    All of the merged feed's are rendered before the first is written: a renderer that fails leaves the old
    set whole. `others`: tags' feeds, sources' pages and open archive documents, each written as it comes. Where one of
    these is new, the pages that lead to it are written after it. Files of tags that are no more are removed;
    those named in `kept` are not. `manifest`: what earlier calls for this folder and
    these pages wrote; what is made of the same as then is not made again. It is brought up to date, but
    for what is kept.
    `static`: further ones, as they are; `aliases`: further paths at which the merged feed lies as a copy.
    `digests`: fingerprints that were made before, by what they are made of.
    """
    from aggregator.export.merged import parts_of

    aliases = tuple(aliases)
    rendered: list[tuple[str, bytes]] = []
    parts: Parts = {}
    for merged in parts_of(OUTPUTS, publication, pages, digests):
        place, state = merged.place, merged.state() if manifest is not None else ""
        copied = bool(aliases) and place == FEED
        if manifest is not None and not copied and manifest.has(folder, place, state):
            parts[place] = manifest.parts[place]
            continue
        made = list(merged.make())
        rendered += made
        parts[place] = (state, tuple(name for name, _ in made))
    rendered += (static or {}).items()
    names = {name for name, _ in rendered}.union(*(files for _, files in parts.values()))
    copies = list(alias_files(aliases, names))
    rendered += [(name, data) for name in copies for original, data in rendered if original == FEED]
    names.update(copies)
    make_folder(folder)
    failures: list[ExportError] = []
    missing: set[str] = set()  # folders
    for place in OURS:
        try:
            make_folder(folder / place)
        except ExportError as error:
            failures.append(error)
            missing.add(place)
    with _collecting(failures):
        make_alias_folders(folder, copies)
    named: dict[str, tuple[int, ...]] = {}
    later = _after_others(rendered, publication, folder)
    with Writer(folder) as writer:
        for name, data in rendered:
            if name not in later:
                writer.add(name, data)
        try:
            for part in others:
                place, state = part.place, ""
                if manifest is not None:
                    known = manifest.named.get(place, ())
                    state = part.state(known) if isinstance(part, Part) else digest_of(part)
                    if manifest.has(folder, place, state):
                        parts[place] = manifest.parts[place]
                        named |= {place: known} if known else {}
                        names.update(parts[place][1])
                        continue
                other = part.make() if isinstance(part, Part) else part
                if manifest is not None and isinstance(part, Part):
                    known = _further_feeds(other)
                    state = part.state(known)
                    named |= {place: known} if known else {}
                files: list[str] = []
                for output in _BY_FOLDER[other.place.partition("/")[0]]:
                    for name, data in output.render(other, pages):
                        files.append(name)
                        writer.add(name, data)
                names.update(files)
                parts[place] = (state, tuple(files))
        finally:
            for name, data in rendered:
                if name in later:
                    writer.add(name, data)
    failures += writer.failures.values()
    order = {name: number for number, (name, _) in enumerate(rendered)}
    changed = sorted(writer.changed, key=lambda name: order.get(name, len(order)))
    wanted: dict[str, set[str]] = {place: set() for place in OURS}
    for place, _, name in (name.rpartition("/") for name in chain(names, kept)):
        if place in wanted:
            wanted[place].add(name)
    for place, ours in OURS.items():
        if place not in missing:
            with _collecting(failures):
                remove_stale(folder / place, ours, wanted[place])
    with _collecting(failures):
        remove_former_aliases(folder, publication.id, names.union(kept), manifest)
    if manifest is not None:
        manifest.parts = {
            place: part for place, part in parts.items() if writer.failures.keys().isdisjoint(part[1])
        }
        manifest.named = named
        manifest.record(folder, names - writer.failures.keys(), changed)
    if failures:
        raise ExportError(in_words(failures), tuple(changed))
    return tuple(changed)


@contextmanager
def _collecting(failures: list[ExportError]) -> Iterator[None]:
    """What cannot be done does not hold up the rest."""
    try:
        yield
    except ExportError as error:
        failures.append(error)


def _after_others(
    rendered: Iterable[tuple[str, bytes]], publication: Publication, folder: Path
) -> frozenset[str]:
    """The pages, where one that they lead to is not there yet: so that nobody follows a link to nothing."""
    pages = frozenset(name for name, _ in rendered if name.endswith(".html"))
    if not pages:
        return pages
    there = {f"{place}/{name}" for place in _BY_FOLDER for name in _names_in(folder / place)}
    wanted = chain(
        (f"sources/{source.slug}.html" for source in publication.sources if source.slug),
        (f"tags/{tag.slug}.html" for tag in publication.tags),
    )
    return frozenset() if there.issuperset(wanted) else pages


def _names_in(folder: Path) -> Iterable[str]:
    try:
        return names_in(folder)
    except OSError:
        return ()


def _further_feeds(publication: Publication) -> tuple[int, ...]:
    """The feeds that tell these stories, too."""
    return tuple(sorted({also.source.feed_id for story in publication.stories for also in story.also}))
