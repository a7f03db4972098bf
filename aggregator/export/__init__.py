"""What subscribers get: one table of outputs, each a pure function from a Publication to bytes.

A row names its renderer instead of importing it, as entry points do, so that a command that renders
nothing does not pay for lxml and jinja2.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from aggregator.export.files import make_folder, write_changed
from aggregator.models import Publication


@dataclass(frozen=True, slots=True)
class Output:
    """One file that subscribers can fetch."""

    name: str  # in the public folder, and in the public URL after base_url
    media_type: str  # without parameters
    renderer: str  # "module:function" of a function from Publication to bytes

    def render(self, publication: Publication) -> bytes:
        """The whole file; equal publications give equal bytes."""
        module, _, function = self.renderer.partition(":")
        data: bytes = getattr(import_module(module), function)(publication)
        return data


OUTPUTS: tuple[Output, ...] = (
    Output("feed.atom", "application/atom+xml", "aggregator.export.atom:render_atom"),
    Output("feed.json", "application/feed+json", "aggregator.export.jsonfeed:render_jsonfeed"),
    Output("subscriptions.opml", "text/x-opml", "aggregator.export.opml:render_opml"),
    Output("index.html", "text/html", "aggregator.export.digest:render_digest"),
)


def write_outputs(publication: Publication, folder: Path) -> tuple[str, ...]:
    """Names of the files that changed, in the order of the table; raises ExportError.

    All are rendered before the first is written: a renderer that fails leaves the old set whole.
    """
    rendered = [(output.name, output.render(publication)) for output in OUTPUTS]
    make_folder(folder)
    return tuple(name for name, data in rendered if write_changed(folder / name, data))
