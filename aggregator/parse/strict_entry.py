"""One entry of a well-formed feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from aggregator.models import Enclosure, ParsedEntry, ParsedEpisode, Person, Text
from aggregator.parse.children import ChildReader, Found, Link, first, last, page_link, web_address
from aggregator.parse.elements import Element, Scope, local_name, medium
from aggregator.parse.namespaces import RDF
from aggregator.parse.texts import shows
from aggregator.parse.values import LINK, LIST, TEXT

_EPISODE = frozenset(
    {"duration", "episode number", "season", "episode kind", "explicit", "chapters", "transcript"}
)


_CONTENTS = (
    ("html content", "html"),
    ("xhtml content", "xhtml"),
    ("content", "text"),
)  # and their default type
_KIND_OF_POST = "http://schemas.google.com/g/2005#kind"  # Blogger's scheme: that it is a post


class EntryReader:
    """Reads the entries of one feed."""

    def __init__(self, children: ChildReader) -> None:
        self._children, self._reader = children, children.reader

    def read(self, element: Element, outer: Scope) -> ParsedEntry:
        """What the entry says, nothing repaired."""
        children = self._children
        scope = self._reader.scope(element, outer)
        found = children.of_entry(element)
        links = children.links(found, scope)
        media = list(self._media(found))
        title = self._title(found, media, scope)
        summary, content = self._summary_and_content(found, media, scope)
        guid, about = self._guid(found, scope), self._about(element)
        authors, source_title, source_url = self._source(found, scope)
        return ParsedEntry(
            id=guid or about,
            link=self._link(found, links, guid, about, scope),
            original_link=children.address(found, "original link", scope),
            title=title,
            summary=summary,
            content=content,
            published=children.text(found, "published") or children.text(found, "created"),
            updated=children.text(found, "updated"),
            authors=children.people(found, scope) or authors,
            tags=self._tags(found),
            enclosures=self._enclosures(found, links, media, scope),
            image=self._image(found, links, media, scope),
            language=children.text(found, "language")
            or (title.language if title else None)
            or (content.language if content else None),
            source_title=source_title,
            source_url=source_url,
            episode=self._episode(found, scope) if not _EPISODE.isdisjoint(found) else None,
        )

    # ---------------------------------------------------------------- id and link

    def _guid(self, found: Found, scope: Scope) -> str | None:
        """The last id; a guid that is no permalink is no address either, and xml:base does not touch it."""
        for element in reversed(found.get("id", ())):
            if guid := self._reader.link(element, scope if self._is_permalink(element) else Scope()):
                return guid
        return None

    def _is_permalink(self, guid: Element) -> bool:
        """A guid is a permalink unless it says otherwise (RSS 2.0)."""
        said = self._reader.attribute(guid, "isPermaLink") if guid.items() else None
        return said is None or said.lower() not in ("false", "0", "no")

    def _about(self, element: Element) -> str | None:
        about = element.get(f"{RDF}about") or element.get("about")
        return self._reader.problems.link("about", about) if about else None

    def _link(
        self, found: Found, links: list[Link], guid: str | None, about: str | None, scope: Scope
    ) -> str | None:
        """Atom's alternate, RSS's link, or a guid that is one.

        Most guids that do not say that they are no permalinks are no links at all. An empty <link/> beside
        a guid that is an address: the address is what was meant.
        """
        if page := page_link(links):
            return page
        alternates = [link for link in links if link.relation == "alternate"]
        if web_address(guid) and (alternates or self._is_permalink(found["id"][-1])):
            return guid
        elsewhere = (
            self._reader.link(each, scope, source)
            for each in found.get("content", ())
            if (source := each.get("src"))
        )
        return first(link.href for link in alternates) or first(elsewhere) or web_address(about)

    # ---------------------------------------------------------------- texts

    def _title(self, found: Found, media: list[Element], scope: Scope) -> Text | None:
        children = self._children
        return (
            children.title(found, ("title", "title else", "media title"), scope)
            or first(self._reader.rich(each, scope) for each in _of_groups(media, "title"))
            or children.title(found, ("itunes title",), scope)
        )

    def _summary_and_content(
        self, found: Found, media: list[Element], scope: Scope
    ) -> tuple[Text | None, Text | None]:
        """The entry's own description and its content. Where it has two descriptions, the second is the content."""
        contents = [
            text
            for key, default in _CONTENTS
            if key in found
            for element in found[key][:LIST]
            if (text := self._reader.rich(element, scope, TEXT, default))
        ]
        own = self._descriptions(found.get("summary", ()), scope)
        if own and not any(map(shows, contents)):  # an empty <div> beside the full text
            if len(own) > 1 and len(own[0].value) > 2 * len(own[1].value):  # the whole before its excerpt
                own.reverse()
            contents = own[1:]
        # A podcast's summary for its directory, or a film's description, for want of the entry's own.
        for_directories = (
            *found.get("dc summary", ()),
            *found.get("itunes summary", ()),
            *found.get("media summary", ()),
            *_of_groups(media, "description"),
        )
        if for_directories and not any(map(shows, own)):
            own = self._descriptions(for_directories, scope) or own
        summary = own[0] if own else self._children.title(found, ("subtitle",), scope)
        return summary, max(contents, key=lambda text: (text.is_html, len(text.value)), default=None)

    def _descriptions(self, elements: Sequence[Element], scope: Scope) -> list[Text]:
        description = self._children.description
        return [text for each in elements[:LIST] if (text := description(each, scope))]

    # ---------------------------------------------------------------- source, tags

    def _source(self, found: Found, scope: Scope) -> tuple[tuple[Person, ...], str | None, str | None]:
        """Authors, title and address of where an aggregated entry came from: RSS's source, or Atom's."""
        if "source" not in found:
            return (), None, None
        element = found["source"][-1]
        inside = self._children.of_channel(element)
        scope = self._reader.scope(element, scope)
        title = self._children.title(inside, ("title",), scope)
        address = page_link(self._children.links(inside, scope))
        return (
            self._children.people(inside, scope),
            (title.value if title else None if len(element) else self._reader.text(element)) or None,
            address or self._reader.attribute(element, "url", limit=LINK),
        )

    def _tags(self, found: Found) -> tuple[str, ...]:
        tags: dict[str, None] = {}
        elements = found.get("tag", ())
        if len(elements) > LIST:
            self._reader.problems.add(f"tags cut to the first {LIST:,}")
        for element in elements[:LIST]:
            if element.get("scheme") == _KIND_OF_POST:
                continue
            named = self._reader.attribute(element, "label", "term", "text") if element.items() else None
            if tag := named or self._reader.text(element):
                tags[tag] = None
        for element in found.get("tag list", ())[:LIST]:
            names = self._reader.text(element).split(",")
            tags.update((name.strip(), None) for name in names if name.strip())
        return tuple(tags)

    # ---------------------------------------------------------------- files and pictures

    def _media(self, found: Found) -> Iterator[Element]:
        """The files and thumbnails of Media RSS, however deep, and what a group says of its files.

        Some feeds put them into a link (BBC).
        """
        links = (link for link in found.get("link", ()) if len(link))
        for outermost in (*found.get("media", ()), *links):
            for each in outermost.iter(etree.Element):
                name = self._children.name(each)
                if name and name[0] == "media":
                    yield each

    def _enclosures(
        self, found: Found, links: list[Link], media: list[Element], scope: Scope
    ) -> tuple[Enclosure, ...]:
        """RSS's and Atom's enclosures, and what Media RSS has to hear and to watch; each address once."""
        elements = [(each, "length") for each in _enclosed(found, links)]
        if media:
            elements += [
                (each, "fileSize")
                for each in media[:LIST]
                if local_name(each) == "content" and medium(each) in ("audio", "video")
            ]
        enclosures: dict[str, Enclosure] = {}
        for element, length in elements:
            if enclosure := self._reader.enclosure(element, scope, length):
                enclosures.setdefault(enclosure.url, enclosure)
        return tuple(enclosures.values())

    def _episode(self, found: Found, scope: Scope) -> ParsedEpisode | None:
        """What the podcast vocabularies say of the entry: the last of each, and all transcripts."""
        text = self._children.text
        chapters = [
            self._reader.enclosure(each, scope, "length") for each in found.get("chapters", ())[:LIST]
        ]
        transcripts = [
            self._reader.enclosure(each, scope, "length") for each in found.get("transcript", ())[:LIST]
        ]
        episode = ParsedEpisode(
            duration=text(found, "duration"),
            number=text(found, "episode number"),
            season=text(found, "season"),
            kind=text(found, "episode kind"),
            explicit=text(found, "explicit"),
            chapters=last(chapters),
            transcripts=tuple(each for each in transcripts if each),
        )
        return episode if episode != ParsedEpisode() else None

    def _image(self, found: Found, links: list[Link], media: list[Element], scope: Scope) -> str | None:
        """Media RSS's thumbnail, else its picture, itunes:image, or an enclosed picture."""
        href = self._children.href
        if media:
            pictures = [each for each in media[:LIST] if local_name(each) == "thumbnail"]
            pictures += [
                each for each in media[:LIST] if local_name(each) == "content" and medium(each) == "image"
            ]
            if image := first(href(each, scope) for each in pictures):
                return image
        if "image" in found and (image := last(self._children.image(each, scope) for each in found["image"])):
            return image
        for each in _enclosed(found, links):
            if medium(each) == "image" and (image := href(each, scope)):
                return image
        return None


def _enclosed(found: Found, links: list[Link]) -> list[Element]:
    """RSS's and Atom's enclosures."""
    enclosed = [link.element for link in links if link.relation == "enclosure"]
    return [*found["enclosure"][:LIST], *enclosed] if "enclosure" in found else enclosed


def _of_groups(media: list[Element], name: str) -> list[Element]:
    """The elements of this name that a media:group has itself, and no file in it."""
    return [
        each
        for each in media
        if local_name(each) == name
        and (parent := each.getparent()) is not None
        and local_name(parent) == "group"
    ]
