"""The door through which values that nobody has typed come in: each checked, each cut to a length, what was cut told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from aggregator.models import Person, Text

Raw = dict[str, Any]  # feedparser's dictionaries and JSON's objects; read with dict.get, see Door

# Longest values kept, in characters; no publisher comes near them.
TITLE = 4_096
LINE = 1_000  # names, dates, tags
LINK = 8_000  # what browsers and servers take
TEXT = 1_000_000
# Most values kept of one entry.
LIST = 200

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_SURROGATE = re.compile("[\ud800-\udfff]")


class Door:
    """Takes values out of dictionaries whose every value may be of any type.

    Always by `dict.get`: feedparser's own `get` answers a question for `updated` with `published`.
    """

    def __init__(self, url: str) -> None:
        self.url = url  # of the document
        self.language: str | None = None  # of the feed; told of a text only where it differs
        self._told: dict[str, None] = {}

    def tell(self, what: str | None) -> None:
        """Notes what was cut, skipped or broken."""
        if what:
            self._told[what] = None

    @property
    def problem(self) -> str | None:
        return "; ".join(self._told) or None

    def text(self, raw: Raw, key: str, limit: int = LINE) -> str | None:
        """The text under this key, or None where it is empty or no text."""
        value = dict.get(raw, key)
        if not isinstance(value, str):
            return None
        if len(value) > limit:
            self.tell(f"{key} cut to {limit:,} characters")
            value = value[:limit]
        return _whole(value).strip() or None

    def link(self, raw: Raw, *keys: str) -> str | None:
        """The first link under these keys; one too long for any browser is none, since half a link leads nowhere."""
        for key in keys:
            value = dict.get(raw, key)
            if isinstance(value, str) and len(value) > LINK:
                self.tell(f"{key} of more than {LINK:,} characters left out")
            elif found := self.text(raw, key, LINK):
                return found
        return None

    def rich(self, raw: Raw, key: str, limit: int) -> Text | None:
        """The text under this key, with what feedparser tells of it under `<key>_detail`."""
        value = self.text(raw, key, limit)
        return self.described(value, self.item(raw, f"{key}_detail")) if value else None

    def described(self, value: str, detail: Raw) -> Text:
        base = self.text(detail, "base", LINK)
        language = self.text(detail, "language")
        return Text(
            value,
            is_html=dict.get(detail, "type") in _HTML_TYPES,
            base=_absolute(self.url, base) if base else None,
            language=language if language != self.language else None,
        )

    def item(self, raw: Raw, key: str) -> Raw:
        """The dictionary under this key, or an empty one."""
        value = dict.get(raw, key)
        return value if isinstance(value, dict) else {}

    def items(self, raw: Raw, key: str, limit: int = LIST) -> Iterator[Raw]:
        """The dictionaries in the list under this key."""
        for value in self.values(raw, key, limit):
            if isinstance(value, dict):
                yield value

    def values(self, raw: Raw, key: str, limit: int = LIST) -> list[Any]:
        value = dict.get(raw, key)
        if not isinstance(value, list):
            return []
        if len(value) > limit:
            self.tell(f"{key} cut to the first {limit:,}")
        return value[:limit]

    def count(self, raw: Raw, key: str) -> int | None:
        """The whole number under this key, 1 to 2^53."""
        value = (self.text(raw, key) or "").partition(".")[0]
        if not (value.isascii() and value.isdigit() and len(value) < 16):
            return None
        return int(value) or None

    def person(self, raw: Raw, link: str = "href") -> Person | None:
        name, email, url = self.text(raw, "name"), self.text(raw, "email"), self.link(raw, link)
        called = name or email or url
        return Person(called, url, email) if called else None


def _whole(value: str) -> str:
    """The text without halves of characters, which JSON can write ("\\ud800") and no store takes."""
    try:
        value.encode()  # several times as fast as looking for them
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", value)
    return value


def _absolute(url: str, base: str) -> str | None:
    try:
        joined = urljoin(url, base)
    except ValueError:
        return None
    return joined if joined != url else None
