"""The longest values that are kept of a document, and the list of what was cut, skipped or mended in it."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin

from aggregator.models import ParsedEntry

# Longest values kept, in characters; no publisher comes near them.
TITLE = 4_096
LINE = 1_000  # names, dates, tags
LINK = 8_000  # what browsers and servers take
TEXT = 1_000_000
# Most values kept of one entry, and most entries of one document.
LIST = 200
ENTRIES = 5_000

_SURROGATE = re.compile("[\ud800-\udfff]")
_EXTRA_SLASHES = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)/+")


class Problems:
    """What is wrong with a document that was read all the same; each told once, in the order found."""

    def __init__(self, *first: str | None) -> None:
        self._found: dict[str, None] = {}
        self.add(*first)

    def add(self, *words: str | None) -> None:
        self._found.update((each, None) for each in words if each)

    def __str__(self) -> str:
        return "; ".join(self._found)

    def cut(self, name: str, value: str, limit: int) -> str:
        """The value, whole to the last character, cut to the limit, without white space around."""
        if len(value) > limit:
            self.add(f"{name} cut to {limit:,} characters")
            value = value[:limit]
        return without_surrogates(value).strip()

    def link(self, name: str, value: str) -> str | None:
        """The link; one that is too long for any browser is none, since half a link leads nowhere."""
        if len(value) > LINK:
            self.add(f"{name} of more than {LINK:,} characters left out")
            return None
        return without_surrogates(value).strip() or None


def without_surrogates(value: str) -> str:
    """The text without halves of characters, which JSON can write ("\\ud800") and no store takes."""
    try:
        value.encode()  # several times as fast as looking for them
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", value)
    return value


_WHOLE = re.compile(r"https?://[\w.:@-]+(?:/\S*[^?#\s])?")


def join(base: str, link: str) -> str:
    """The link as xml:base makes it; "" where it is none."""
    if _WHOLE.fullmatch(link):
        return link
    try:
        return urljoin(base, _EXTRA_SLASHES.sub(r"\1", link))
    except ValueError:
        return ""


def base_beyond(url: str, base: str) -> str | None:
    """The absolute base, where it differs from the document's address."""
    try:
        joined = urljoin(url, base)
    except ValueError:
        return None
    return joined if joined != url else None


_MEDIA = {
    "image": "jpg jpeg png gif webp avif",
    "audio": "mp3 m4a aac ogg oga opus flac wav",
    "video": "mp4 m4v webm mov ogv mkv",
}
_BY_ENDING = {ending: medium for medium, endings in _MEDIA.items() for ending in endings.split()}


def medium_by_name(url: str) -> str:
    """The kind of a file by the ending of its name; "" where that does not tell."""
    return _BY_ENDING.get(url.partition("?")[0].rpartition(".")[2].lower(), "")


def whole_number(value: str | None) -> int | None:
    """A whole number of 1 to 10^15; what stands after a point is left out."""
    digits = (value or "").strip().partition(".")[0]
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def says_something(entry: ParsedEntry) -> bool:
    """Whether anything stands in the entry but a language or a link for tracking, as in an item inside of an item."""
    return bool(
        entry.id
        or entry.title
        or replace(entry, original_link=None, language=None, episode=None) != ParsedEntry()
    )
