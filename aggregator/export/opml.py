"""The list of sources as OPML 2.0, for other readers to import."""

from __future__ import annotations

from aggregator.export.values import language_tag, name_of, web_link
from aggregator.export.xml import XmlWriter, document
from aggregator.models import Publication, Source
from aggregator.text import one_line


def render_opml(publication: Publication) -> bytes:
    """The whole list in UTF-8, in the order of feeds.yaml; without dates, which would change it for nothing."""

    def write(xml: XmlWriter) -> None:
        with xml.element("head"):
            xml.leaf("title", one_line(publication.title) or "News Feed")
        with xml.element("body"):
            for source in publication.sources:
                _outline(xml, source)

    return document("opml", "", write, version="2.0")


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
