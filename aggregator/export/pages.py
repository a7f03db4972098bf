"""The door to jinja2: pages from templates, the operator's own where there are some, else the program's.

docs/templates.md tells which variables each of them is given.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError

from aggregator import __version__
from aggregator.errors import ExportError
from aggregator.export.compiled import CompiledTemplates
from aggregator.export.manifest import tree_stamp
from aggregator.export.places import atom_name, index_name, json_name, podcast_name, root_prefix
from aggregator.export.values import language_tag, web_link
from aggregator.models import Publication
from aggregator.text import counted, one_line

_PLAIN_ORIGIN = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]+)?(?=[/?]|$)")  # else it could end the directive
_AVATAR, _SOURCE = attrgetter("avatar"), attrgetter("source")
_STYLE, _THEME = "style.css", "theme.css"
PLAIN = "plain"  # the theme without a folder


class Pages:
    """Renders templates. Raises ExportError, with file and line, where one is broken."""

    def __init__(self, folder: Path | None = None, theme: str = PLAIN) -> None:
        """`folder`: the operator's templates; a file there takes the place of the theme's or ours with that name."""
        own: list[BaseLoader] = [FileSystemLoader(folder)] if folder else []
        if theme != PLAIN:
            own.append(PackageLoader("aggregator.export", f"themes/{theme}"))
        self._templates = Environment(
            loader=ChoiceLoader([*own, PackageLoader("aggregator.export")]),
            autoescape=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=None if folder else CompiledTemplates(),
        )

    def render(self, name: str, publication: Publication, root: str | None = None, **variables: Any) -> bytes:
        """A page about the publication, in UTF-8. `root`: from the page to the public folder, as "../"."""
        variables = {**common(publication, root_prefix(publication) if root is None else root), **variables}
        try:
            style, named = self._style
            policy = _policy(
                named,
                publication.images,
                forms=publication.search or name == "search.html",
                icon=publication.icon.startswith("icon-"),
                faces=face_origins(publication),
            )
            text = self._templates.get_template(name).render(style=style, policy=policy, **variables)
        except TemplateNotFound as error:
            raise ExportError(f"there is no template {error.name}, which {name} asks for") from error
        except TemplateSyntaxError as error:
            raise ExportError(
                f"the template {error.filename or error.name}, line {error.lineno}: {error.message}"
            ) from error
        except UnicodeDecodeError as error:
            raise ExportError(f"the template {name}, or one that it uses, is not UTF-8: {error}") from error
        except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            raise ExportError(f"the template {_where(error, name)}: {error}") from error
        return text.encode("utf-8", "replace")

    def broken(self, names: Iterable[str]) -> Iterator[tuple[str, int, str]]:
        """Which of these templates cannot be compiled: the file, the line, or 0 for all of it, and why."""
        for name in names:
            try:
                self._templates.get_template(name)
            except TemplateSyntaxError as error:
                yield error.filename or name, error.lineno, error.message or "wrong syntax"
            except UnicodeDecodeError as error:
                yield name, 0, f"the template {name} is not UTF-8: {error}"

    @cached_property
    def _style(self) -> tuple[str, str]:
        """The style of all pages, and what a policy calls it."""
        style = f"{self._source(_STYLE)}\n{self._source(_THEME)}".strip()
        return style, b64encode(sha256(style.encode()).digest()).decode()

    def _source(self, name: str) -> str:
        loader = self._templates.loader
        assert loader is not None  # noqa: S101 - we gave it one
        return loader.get_source(self._templates, name)[0]


def pages_in(folder: Path | None, theme: str = PLAIN) -> Pages:
    """The templates in that folder and of that theme, compiled once, and again once a file there has changed."""
    return _pages_of(folder, theme, tree_stamp(folder) if folder else "")


@lru_cache(4)
def _pages_of(folder: Path | None, theme: str, stamp: str) -> Pages:
    return Pages(folder, theme)


def own_pages() -> Pages:
    """The program's own templates."""
    return pages_in(None)


def common(publication: Publication, root: str) -> dict[str, Any]:
    """What every template is given."""
    title = one_line(publication.title) or "News Feed"
    heading = one_line(publication.heading)
    return {
        "title": title,
        "site": title.removesuffix(f": {heading}") if heading else title,
        "description": one_line(publication.description) or _description(publication),
        "language": language_tag(publication.language),
        "root": root,
        "heading": heading or None,
        "here": None if publication.place else "index.html",
        "place": publication.place,
        "atom": root + atom_name(publication),
        "json": None if publication.place.startswith("archive/") else root + json_name(publication),
        "podcast": root + podcast_name(publication) if publication.podcast else None,
        "page_name": index_name(publication),
        "base_url": publication.base_url,
        "icon": root + publication.icon if publication.icon.startswith("icon-") else None,
        "robots": None,
        "timezone": publication.timezone,
        "has_tags": bool(publication.tags),
        "has_search": publication.search,
        "members": publication.members,
        "version": __version__,
    }


def _description(publication: Publication) -> str:
    if publication.place:  # which must not change with the number of feeds: closed months never do
        return f"Stories from {one_line(publication.title) or 'News Feed'}."
    return f"The newest stories from {counted(len(publication.sources), 'feed')}, each shown once."


def face_origins(publication: Publication) -> Sequence[str]:
    """Where the pictures are that feeds.yaml names for the sources."""
    # There may be thousands, and each page asks.
    named = map(_AVATAR, chain(publication.sources, map(_SOURCE, publication.stories)))
    found = set(map(web_link, filter(None, set(named))))
    return sorted({"/".join(url.split("/")[:3]) for url in found if url and _PLAIN_ORIGIN.match(url)})


def _policy(named: str, images: bool, forms: bool, icon: bool, faces: Sequence[str] = ()) -> str:
    """The style of this name and nothing else; the page could hold whatever it likes, and a browser would not run it."""
    more = " https: http:" if images else "".join(f" {origin}" for origin in faces)
    own = " 'self'" if icon else ""
    target = "'self'" if forms else "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{named}'; img-src data:{own}{more};"
        f" base-uri 'none'; form-action {target}"
    )


def _where(error: BaseException, name: str) -> str:
    """The last line of a template on the way to the error; jinja2 puts them into the traceback."""
    place, trace = name, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".html"):
            place = f"{file}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
