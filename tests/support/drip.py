"""Real feeds that go on: half of a captured document stands there at the start, the rest comes entry by entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

from lxml import etree

_DATES = {"pubDate", "published", "updated", "date", "issued", "modified", "created"}
_ENTRIES = {"item", "entry"}


@dataclass
class Drip:
    """One feed over the time of a simulation; a document that is not well-formed XML stays as it is."""

    body: bytes
    start: datetime
    length: timedelta
    _root: etree._Element | None = None
    _waiting: list[tuple[datetime, etree._Element]] = field(default_factory=list)  # the next one last
    _shown: bytes = b""

    def __post_init__(self) -> None:
        self._shown = self.body
        try:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            self._root = etree.fromstring(self.body, parser)
        except etree.XMLSyntaxError:
            return
        entries = [element for element in self._root.iter() if _name(element) in _ENTRIES]
        late = entries[: len(entries) // 2]  # feeds list the newest first
        for element in late:
            self._waiting.append((self._moment(element), element))
        self._waiting.sort(key=lambda pair: pair[0], reverse=True)
        self._first = entries[len(late)] if late else None
        for element in late:
            parent = element.getparent()
            assert parent is not None
            parent.remove(element)
        if late:
            self._show()

    @property
    def coming(self) -> int:
        return len(self._waiting)

    def at(self, now: datetime) -> bytes:
        """The document as it stands then; ask in the order of time."""
        came = False
        while self._waiting and self._waiting[-1][0] <= now:
            when, element = self._waiting.pop()
            assert self._first is not None
            _date(element, when)
            self._first.addprevious(element)
            self._first, came = element, True
        if came:
            self._show()
        return self._shown

    def _show(self) -> None:
        assert self._root is not None
        self._shown = etree.tostring(self._root.getroottree(), xml_declaration=True, encoding="utf-8")

    def _moment(self, element: etree._Element) -> datetime:
        """When the entry appears: any minute of the time, always the same."""
        hashed = int.from_bytes(sha256(etree.tostring(element)).digest()[:4], "big")
        minutes = int(self.length.total_seconds()) // 60
        return self.start + timedelta(minutes=1 + hashed % (minutes - 1))


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _date(element: etree._Element, when: datetime) -> None:
    """The entry is as new as it looks."""
    for child in element:
        if _name(child) in _DATES:
            child.text = format_datetime(when) if _name(child) == "pubDate" else when.isoformat()
