"""The list of sources as OPML 2.0, for other readers to import."""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.export.values import language_tag, name_of, web_link
from aggregator.export.xml import XmlWriter, document
from aggregator.models import Publication, Source
from aggregator.text import one_line, tag_key


def render_opml(publication: Publication) -> bytes:
    """The whole list in UTF-8, in folders by first tag; without dates, which would change it for nothing."""

    def write(xml: XmlWriter) -> None:
        with xml.element("head"):
            xml.leaf("title", one_line(publication.title) or "News Feed")
        with xml.element("body"):
            for tag, sources in _by_first_tag(publication.sources).items():
                if tag is None or publication.place:
                    for source in sources:
                        _outline(xml, source)
                else:
                    with xml.element("outline", text=tag, title=tag):
                        for source in sources:
                            _outline(xml, source)

    return document("opml", "", write, version="2.0")


def _by_first_tag(sources: Iterable[Source]) -> dict[str | None, list[Source]]:
    """Folders as other readers have them: each source is in that of its first tag, those without a tag come last."""
    folders: dict[str, tuple[str, list[Source]]] = {}
    loose: list[Source] = []
    for source in sources:
        tag = next(filter(None, map(one_line, source.tags)), None)
        if web_link(source.url) is None:
            continue
        if tag is None:
            loose.append(source)
        else:
            folders.setdefault(tag_key(tag), (tag, []))[1].append(source)
    found: dict[str | None, list[Source]] = dict(folders.values())
    if loose:
        found[None] = loose
    return found


def _outline(xml: XmlWriter, source: Source) -> None:
    url = web_link(source.url)
    if url is None:
        return
    name = name_of(source)
    # `type` is "rss" for Atom too: the specification knows no other, and importers look for it.
    xml.leaf(
        "outline",
        type="rss",
        text=name,
        title=name,
        xmlUrl=url,
        htmlUrl=web_link(source.link),
        category=_category(source.tags),
        language=language_tag(source.language),
    )


def _category(tags: tuple[str, ...]) -> str | None:
    """Tags with commas between them; one within a tag would make two of it."""
    lines = (one_line(tag.replace(",", " ")) for tag in tags)
    return ",".join(dict.fromkeys(line for line in lines if line)) or None
