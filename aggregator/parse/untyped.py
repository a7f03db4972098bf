"""Values that nobody has typed: each checked, each cut to a length, what was cut told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aggregator.models import Person, Text
from aggregator.parse.texts import without_cdata
from aggregator.parse.values import LINE, LINK, LIST, Problems, base_beyond, whole_number

Raw = dict[str, Any]  # feedparser's dictionaries and JSON's objects; read with dict.get, see UntypedReader

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class UntypedReader:
    """Takes values out of dictionaries whose every value may be of any type.

    Always by `dict.get`: feedparser's own `get` answers a question for `updated` with `published`.
    """

    def __init__(self, url: str, problems: Problems | None = None) -> None:
        self.url = url  # of the document
        self.language: str | None = None  # of the feed; told of a text only where it differs
        self.problems = problems or Problems()

    def text(self, raw: Raw, key: str, limit: int = LINE) -> str | None:
        """The text under this key, or None where it is empty or no text."""
        value = dict.get(raw, key)
        if not isinstance(value, str):
            return None
        if "![" in value:
            value = without_cdata(value)
        return self.problems.cut(key, value, limit) or None

    def link(self, raw: Raw, *keys: str) -> str | None:
        """The first link under these keys; one too long for any browser is none, since half a link leads nowhere."""
        for key in keys:
            value = dict.get(raw, key)
            if isinstance(value, str) and (found := self.problems.link(key, value)):
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
            base=base_beyond(self.url, base) if base else None,
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
            self.problems.add(f"{key} cut to the first {limit:,}")
        return value[:limit]

    def count(self, raw: Raw, key: str) -> int | None:
        """The whole number under this key, 1 to 2^53."""
        return whole_number(self.text(raw, key))

    def person(self, raw: Raw, link: str = "href") -> Person | None:
        name, email, url = self.text(raw, "name"), self.text(raw, "email"), self.link(raw, link)
        called = name or email or url
        return Person(called, url, email) if called else None
