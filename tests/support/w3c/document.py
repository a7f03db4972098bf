"""The W3C feed validator's walk through an Atom document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import cast

from lxml import etree

from support.w3c import texts, uris
from support.w3c.tables import ATTRIBUTES, HISTORY_LINKS, LANGUAGES, LINKS, MEDIA_TYPE, MOMENT, NAMESPACES
from support.w3c.texts import Complaint

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML = "{http://www.w3.org/XML/1998/namespace}"
LARGEST = 5_000_000  # bytes; more are not read
EXCUSED = "DuplicateUpdated"  # two stories of one moment are two stories of one moment


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the validator's report."""

    name: str
    where: str  # as "entry/title"
    about: str

    def __str__(self) -> str:
        return f"{self.name} at {self.where}: {self.about}"


def problems(data: bytes, address: str | None = None, now: datetime | None = None) -> list[str]:
    """Errors and warnings but equal dates; `address`: where the document is served, where that is known."""
    return [str(each) for each in found(data, address, now) if each.name != EXCUSED]


def found(data: bytes, address: str | None = None, now: datetime | None = None) -> list[Finding]:
    """Everything that the validator would report."""
    if len(data) > LARGEST:
        return [Finding("ValidatorLimit", "feed", f"{len(data)} bytes")]
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    walk = _Walk(address, now or datetime.now(UTC), data.split(b"\n"))
    if root.tag != ATOM + "feed":
        return [Finding("InvalidNamespace", "root", str(root.tag))]
    for prefix, namespace in root.nsmap.items():
        if NAMESPACES.get(namespace) != (prefix or ""):
            walk.note("feed", ("UnknownNamespace", namespace))
    walk.element(root, "")
    walk.feed(root)
    return walk.findings


class _Walk:
    def __init__(self, address: str | None, now: datetime, lines: list[bytes]) -> None:
        self.findings: list[Finding] = []
        self._address = address
        self._lines = lines
        self._tomorrow = f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"

    def note(self, where: str, *complaints: Complaint) -> None:
        self.findings += [Finding(name, where, about) for name, about in complaints]

    # ---- any element

    def element(self, element: etree._Element, above: str) -> None:
        """What holds everywhere: known children, attributes and characters; then each child's own rules."""
        name = _name(element)
        where = f"{above}/{name}".lstrip("/")
        allowed = ATTRIBUTES.get(name, frozenset())
        for key, value in element.attrib.items():
            attribute = str(key).replace(XML, "xml:")
            if attribute not in allowed and attribute != "xml:lang":
                self.note(where, ("UnexpectedAttribute", attribute))
            self.note(where, *texts.characters(str(value)))
        language = element.get(XML + "lang")
        if language and language.partition("-")[0].lower() not in LANGUAGES:
            self.note(where, ("InvalidLanguage", language))
        self.note(where, *texts.characters(element.text or ""))
        rule = _RULES.get(name)
        if name in _PARENTS:
            if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
                self.note(where, ("UnexpectedText", (element.text or "").strip()))
            for child in element:
                if _name(child) not in _PARENTS[name]:
                    self.note(where, ("UndefinedElement", _name(child)))
                self.element(child, where)
            self._once(element, where, name)
        elif len(element):
            self.note(where, ("UndefinedElement", _name(element[0])))
        if rule is not None:
            complaints = rule(element, element.text or "")
            self.note(where, *(each for each in complaints if not self._passes(each, element)))
        if name in ("updated", "published"):
            self._moment(element.text or "", where)

    def _passes(self, complaint: Complaint, element: etree._Element) -> bool:
        """References in plain text pass on a line that has a numeric one: its author knows what they are."""
        if complaint[0] not in ("ContainsUndeclaredHTML", "ContainsHTML") or not complaint[1].startswith("&"):
            return False
        return b"&#x" in self._lines[cast(int, element.sourceline) - 1]

    def _once(self, element: etree._Element, where: str, name: str) -> None:
        for child, times in Counter(_name(child) for child in element).items():
            if times > 1 and child not in _MANY:
                self.note(where, ("DuplicateElement", child))
        if name == "author" and element.find(ATOM + "name") is None:
            self.note(where, ("MissingElement", "name"))

    def _moment(self, text: str, where: str) -> None:
        if not MOMENT.fullmatch(text):
            self.note(where, ("InvalidRFC3339Date", text))
            return
        try:
            datetime.fromisoformat(text)
        except ValueError:
            self.note(where, ("InvalidRFC3339Date", text))
        if text < "1990-01-01" or text > self._tomorrow:
            self.note(where, ("ImplausibleDate", text))

    # ---- feed, entry, source

    def feed(self, feed: etree._Element) -> None:
        entries = feed.findall(ATOM + "entry")
        names = [_name(child) for child in feed]
        if "entry" in names and not {"entry", "at:deleted-entry"}.issuperset(names[names.index("entry") :]):
            self.note("feed", ("MisplacedMetadata", "after the first entry"))
        self._head(feed, "feed", "MissingElement")
        links = _links(feed)
        if "self" not in links:
            self.note("feed", ("MissingSelf", ""))
        for link in feed.findall(f"{ATOM}link[@rel='self']"):
            if self._address is not None and link.get("href") != self._address:
                self.note("feed/link", ("SelfDoesntMatchLocation", link.get("href", "")))
        if feed.find(HISTORY + "archive") is not None and feed.find(HISTORY + "complete") is None:
            if not {"prev-archive", "next-archive"} & set(links):
                self.note("feed", ("ArchiveIncomplete", ""))
            if "current" not in links:
                self.note("feed", ("MissingCurrentInArchive", ""))
        for name, tag in (("DuplicateEntries", "id"), ("DuplicateUpdated", "updated")):
            values = Counter(entry.findtext(ATOM + tag) for entry in entries)
            self.note("entry", *((name, str(value)) for value, times in values.items() if times > 1))
        for entry in entries:
            self._entry(entry, feed)
        self._deleted(feed, entries)

    def _deleted(self, feed: etree._Element, entries: list[etree._Element]) -> None:
        """RFC 6721, 3: each says what was deleted and when; what is shown has changed since, or is not deleted."""
        shown = {entry.findtext(ATOM + "id"): entry.findtext(ATOM + "updated") or "" for entry in entries}
        seen: set[tuple[str, str]] = set()
        for tombstone in feed.findall(TOMBSTONES + "deleted-entry"):
            ref, when = tombstone.get("ref", ""), tombstone.get("when") or ""
            self._moment(when, "at:deleted-entry")
            if complaint := uris.complaint(ref, full=True):
                self.note("at:deleted-entry", (complaint, f"ref {ref}"))
            if (ref, when) in seen:
                self.note("at:deleted-entry", ("DuplicateEntries", ref))
            if when > shown.get(ref, "9"):
                self.note("at:deleted-entry", ("DeletedEntryShown", ref))
            seen.add((ref, when))

    def _entry(self, entry: etree._Element, feed: etree._Element) -> None:
        where = f"entry {entry.findtext(ATOM + 'id')}"
        self._head(entry, where, "MissingElement")
        source = entry.find(ATOM + "source")
        if all(each is None or each.find(ATOM + "author") is None for each in (entry, feed, source)):
            self.note(where, ("MissingElement", "author"))
        links = _links(entry)
        self.note(where, *(("FeedHistoryRelInEntry", rel) for rel in links if rel in HISTORY_LINKS))
        if entry.find(ATOM + "content") is None:
            if entry.find(ATOM + "summary") is None:
                self.note(where, ("MissingTextualContent", ""))
            if "alternate" not in links:
                self.note(where, ("MissingContentOrAlternate", ""))
        if source is not None:
            self._head(source, f"{where}/source", "MissingSourceElement")

    def _head(self, parent: etree._Element, where: str, missing: str) -> None:
        for tag in ("id", "title", "updated"):
            if parent.find(ATOM + tag) is None:
                self.note(where, (missing, tag))
        alternates = Counter(
            (link.get("type"), link.get("hreflang"))
            for link in parent.findall(ATOM + "link")
            if link.get("rel", "alternate") == "alternate"
        )
        self.note(where, *(("DuplicateAtomLink", str(key)) for key, times in alternates.items() if times > 1))


# ---------------------------------------------------------------- each element's own rules


def _id(element: etree._Element, text: str) -> Iterator[Complaint]:
    if text != text.strip():
        yield "UnexpectedWhitespace", repr(text)
    complaint = uris.complaint(text.strip(), full=True)
    if complaint:
        yield complaint, text
    elif uris.canonical(text.strip()) != text:
        yield "NonCanonicalURI", f"{text} should be {uris.canonical(text.strip())}"


def _link(element: etree._Element, text: str) -> Iterator[Complaint]:
    rel, kind = element.get("rel", "alternate"), element.get("type")
    if text.strip():
        yield "AtomLinkNotEmpty", text
    if rel not in LINKS and uris.complaint(rel, full=True):
        yield "UnregisteredAtomLinkRel", rel
    if kind is not None and not MEDIA_TYPE.fullmatch(kind):
        yield "InvalidMIMEType", kind
    elif (
        kind
        and rel == "self"
        and kind.partition(";")[0] not in ("application/atom+xml", "application/rss+xml")
    ):
        yield "SelfNotAtom", kind
    if (title := element.get("title")) is not None:
        if not title:
            yield "AttrNotBlank", "title"
        yield from texts.plain(title, "ContainsHTML")
    if (length := element.get("length")) is not None and not re.fullmatch(r"\d+", length, re.ASCII):
        yield "InvalidNonNegativeInteger", length
    if (language := element.get("hreflang")) is not None and language.partition("-")[
        0
    ].lower() not in LANGUAGES:
        yield "InvalidLanguage", language
    href = element.get("href")
    if href is None:
        yield "MissingHref", rel
    elif complaint := uris.complaint(href):
        yield complaint, href
    elif not re.match(r"\w+:", href):
        yield "ContainsRelRef", href  # not of its own accord: we promise absolute links


def _text(element: etree._Element, text: str) -> Iterator[Complaint]:
    kind = element.get("type", "text")
    if kind == "html":
        yield from texts.html(text)
    elif kind == "text":
        yield from texts.plain(text)
    else:
        yield "InvalidTextType", kind
    if not text:
        yield "NotBlank", _name(element)


def _uri(element: etree._Element, text: str) -> Iterator[Complaint]:
    if not text:
        yield "NotBlank", "uri"
    if complaint := uris.complaint(text):
        yield complaint, text


def _category(element: etree._Element, text: str) -> Iterator[Complaint]:
    term = element.get("term")
    if term is None:
        yield "MissingAttribute", "term"
    elif not term:
        yield "NotBlank", "term"


def _generator(element: etree._Element, text: str) -> Iterator[Complaint]:
    if not text:
        yield "NotBlank", "generator"
    yield from texts.plain(text, "ContainsHTML")


def _thumbnail(element: etree._Element, text: str) -> Iterator[Complaint]:
    if complaint := uris.complaint(element.get("url", "")):
        yield complaint, element.get("url", "")


def _person_name(element: etree._Element, text: str) -> Iterator[Complaint]:
    yield from texts.name(text)


_RULES: dict[str, Callable[[etree._Element, str], Iterator[Complaint]]] = {
    "id": _id,
    "link": _link,
    "category": _category,
    "generator": _generator,
    "name": _person_name,
    "uri": _uri,
    "icon": _uri,
    "media:thumbnail": _thumbnail,
    **dict.fromkeys(("title", "subtitle", "rights", "summary", "content"), _text),
}
_HEAD = frozenset(
    "author category contributor generator icon id link logo rights subtitle title updated".split()
)
_PARENTS = {
    "feed": _HEAD | {"entry", "fh:archive", "fh:complete", "at:deleted-entry"},
    "source": _HEAD,
    "entry": frozenset(
        "author category content contributor id link media:thumbnail published rights source summary title updated".split()
    ),
    "author": frozenset({"name", "uri", "email"}),
    "contributor": frozenset({"name", "uri", "email"}),
}
_MANY = frozenset({"at:deleted-entry", "entry", "author", "contributor", "category", "link"})


def _name(element: etree._Element) -> str:
    return (
        str(element.tag)
        .replace(ATOM, "")
        .replace(HISTORY, "fh:")
        .replace(MEDIA, "media:")
        .replace(TOMBSTONES, "at:")
    )


def _links(parent: etree._Element) -> list[str]:
    return list(chain.from_iterable([link.get("rel", "alternate")] for link in parent.findall(ATOM + "link")))
