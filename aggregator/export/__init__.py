"""What subscribers get: a table of outputs, each a pure function from a Publication to bytes.

A row names its renderer instead of importing it, as entry points do, so that a command that renders
nothing does not pay for lxml and jinja2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.export.files import make_folder, remove_stale, write_changed
from aggregator.export.places import OURS
from aggregator.models import Publication

if TYPE_CHECKING:
    from aggregator.export.pages import Pages


@dataclass(frozen=True, slots=True)
class Output:
    """One file that subscribers can fetch, or one of a kind."""

    name: str  # in the public folder, and in the public URL after base_url; {} stands for the feed's place
    media_type: str  # without parameters
    renderer: str  # "module:function" of a function from Publication, and Pages for HTML, to bytes

    def render(self, publication: Publication, pages: Pages | None = None) -> bytes:
        """The whole file; equal publications give equal bytes."""
        module, _, function = self.renderer.partition(":")
        render = getattr(import_module(f"aggregator.export.{module}"), function)
        data: bytes = render(publication, pages) if self.media_type == HTML else render(publication)
        return data


Written = dict[str, Publication]  # by place

HTML, ATOM, JSON = "text/html", "application/atom+xml", "application/feed+json"

OUTPUTS: tuple[Output, ...] = (  # of the merged feed
    Output("feed.atom", ATOM, "atom:render_atom"),
    Output("feed.json", JSON, "jsonfeed:render_jsonfeed"),
    Output("subscriptions.opml", "text/x-opml", "opml:render_opml"),
    Output("index.html", HTML, "digest:render_digest"),
    Output("about.html", HTML, "about:render_about"),
    Output("tags/index.html", HTML, "about:render_tags"),
    Output("archive/index.html", HTML, "about:render_archive"),
)
TAG_OUTPUTS: tuple[Output, ...] = (  # of each tag's feed
    Output("tags/{}.atom", ATOM, "atom:render_atom"),
    Output("tags/{}.json", JSON, "jsonfeed:render_jsonfeed"),
    Output("tags/{}.html", HTML, "digest:render_digest"),
)
ARCHIVE_OUTPUTS: tuple[Output, ...] = (  # of each document of the archive
    Output("archive/{}.atom", ATOM, "atom:render_atom"),
    Output("archive/{}.html", HTML, "digest:render_month"),
)


def write_outputs(
    publication: Publication,
    folder: Path,
    others: Iterable[Publication] = (),
    pages: Pages | None = None,
    kept: Iterable[str] = (),
    written: Written | None = None,
) -> tuple[str, ...]:
    """Names of the files that changed, in the order of the tables; raises ExportError.

    All of the merged feed's are rendered before the first is written: a renderer that fails leaves the old
    set whole. `others`: tags' feeds and open archive documents, each written as it comes. Files of tags that
    are no more are removed; those named in `kept` are not. `written`: what earlier calls for this folder and
    these pages wrote of the others; kept up to date.
    """
    rendered = [(output.name, output.render(publication, pages)) for output in OUTPUTS]
    for place in ("", *OURS):
        make_folder(folder / place)
    changed = [name for name, data in rendered if write_changed(folder / name, data)]
    names = {name for name, _ in rendered} | set(kept)
    for other in others:
        named = _outputs(other)
        names |= {name for name, _ in named}
        if written is not None and written.get(other.place) == other and _stand(folder, named):
            continue
        for name, output in named:
            if write_changed(folder / name, output.render(other, pages)):
                changed.append(name)
        if written is not None:
            written[other.place] = other
    for place, ours in OURS.items():
        remove_stale(folder / place, ours, {name.rpartition("/")[2] for name in names})
    return tuple(changed)


def _outputs(publication: Publication) -> list[tuple[str, Output]]:
    place, _, name = publication.place.partition("/")
    outputs = {"tags": TAG_OUTPUTS, "archive": ARCHIVE_OUTPUTS}[place]
    return [(output.name.format(name), output) for output in outputs]


def _stand(folder: Path, named: Iterable[tuple[str, Output]]) -> bool:
    return all((folder / name).is_file() for name, _ in named)
