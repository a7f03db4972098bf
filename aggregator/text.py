"""Small pure tools on plain text: what may stand in XML and on a terminal, encodings, spaces, lengths, folding."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache


# These two are compiled when they are first needed: no others take as long, and most short commands need neither.
@cache
def _unprintable() -> re.Pattern[str]:
    """What XML 1.0 forbids (2.2 Char), C1 controls (terminals obey them), DEL, lone surrogates and noncharacters.

    NEL (U+0085), a line break, becomes the usual one.
    """
    return re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@cache
def _ignorable() -> re.Pattern[str]:
    """Accents, niqqud and harakat; and what only says where to break a line or which way to write."""
    return re.compile(
        "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670"
        "\u00ad\u0640\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe00-\ufe0f\ufeff]"
    )


# Apart from the others: one class with characters of both kinds is five times slower on all text.
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ASTRAL_UNPRINTABLE = re.compile(
    "["
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)


# UTF-8 that some program took for Latin-1: "Ã¼" was meant to be "ü".
_TWICE_ENCODED = re.compile("[\xc2-\xf4][\x80-\xbf]")
# What of all this a text may hold, by its UTF-8, in which it is found many times as fast: control characters, and
# expressions beside the byte without which none of them is found.
_CONTROL = bytes([*range(9), 11, 12, *range(14, 32), 127])
_SUSPECT = (
    (b"\xc2", re.compile(rb"\xc2[\x80-\x9f]")),  # C1
    (b"\xc2", re.compile(rb"\xc3[\x82-\xb4]\xc2")),  # encoded twice
    (b"\xb7", re.compile(rb"\xef\xb7[\x90-\xaf]")),  # noncharacters
    (b"\xbf", re.compile(rb"\xbf[\xbe\xbf]")),
)
_PIECE = re.compile("[^\n<>&]+")


def encoded_once(text: str) -> str:
    """The text as it was meant, in those pieces between tags that are nothing but UTF-8 read as Latin-1."""
    return text if text.isascii() else _PIECE.sub(lambda piece: _reread(piece[0]), text)


def _reread(piece: str) -> str:
    while _TWICE_ENCODED.search(piece):
        try:
            piece = piece.encode("latin-1").decode()
        except UnicodeError:
            break
    return piece


def printable(text: str) -> str:
    """The text without characters that XML 1.0 forbids or that steer a terminal; NEL (U+0085) is a line break."""
    if text.replace("\n", "").isprintable():
        return text
    text = _unprintable().sub("", text.replace("\x85", "\n"))
    return _ASTRAL_UNPRINTABLE.sub("", text) if _ASTRAL.search(text) else text


def clean_characters(text: str) -> str:
    """The text encoded once and printable; doing it again changes nothing.

    One step can make work for the other: `Â\\x1f¡` is double encoded only without its control character. So
    both are repeated until nothing changes, which takes few rounds: each layer of encoding doubles the text.
    """
    if _is_clean(text):  # as nearly all
        return text
    while True:
        again = printable(encoded_once(text))
        if again == text:
            return text
        text = again


def _is_clean(text: str) -> bool:
    """Whether the text is certainly encoded once and printable."""
    if text.isascii():
        return text.isprintable() or len(text.encode().translate(None, _CONTROL)) == len(text)
    try:
        data = text.encode()
    except UnicodeEncodeError:  # halves of characters
        return False
    if len(data.translate(None, _CONTROL)) < len(data):
        return False
    for byte, pattern in _SUSPECT:  # noqa: SIM110 - a generator would take longer than all that it asks
        if byte in data and pattern.search(data):
            return False
    return True


def squeeze(text: str) -> str:
    """The text on one line: every run of white space is one space, none at the ends."""
    return " ".join(text.split())


def one_line(text: str) -> str:
    """Plain text fit for a title, a log or a terminal: printable, on one line."""
    if text.isprintable() and "  " not in text:  # as nearly all; no other white space is printable
        return text.strip(" ")
    return squeeze(printable(text))


def counted(number: int, one: str, many: str = "") -> str:
    """The number with its noun: "1 feed", "1,140 entries" (`many` where the plural is irregular)."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The names as a sentence has them: "A", "A and B", "A, B and C"; beyond `most`, "A, B and 4 more"."""
    shown, more = (names, 0) if len(names) <= most else (names[: most - 1], len(names) - most + 1)
    words = [*shown, f"{more} more"] if more else list(shown)
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where one ends near, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    if space > limit * 2 // 3:
        cut = cut[:space]
    return cut.rstrip(" ,;:.–—-") + "…"


def unescape(text: str, times: int = 1) -> str:
    """HTML character references replaced, at most `times` over (feeds escape titles twice)."""
    for _ in range(times):
        if "&" not in text:
            break
        import html  # late, since its table takes long

        text = html.unescape(text)
    return text


_ANY_TAG = re.compile(r"<[^<>]*>")


def visible_text(clean_html: str) -> str:
    """The text that a reader sees of clean HTML, on one line; each tag parts words."""
    if "<" in clean_html:
        clean_html = _ANY_TAG.sub(" ", clean_html)
    return squeeze(unescape(clean_html))


def fold(text: str) -> str:
    """The text for comparing: no capitals, accents, compatibility forms or invisible characters; idempotent.

    Case folding can undo NFKC and the other way round (U+0345, U+1E9E), so it stands between two
    normalisations, as Unicode's toNFKC_Casefold has it.
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    bare = _ignorable().sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare).casefold()


def tag_key(tag: str) -> str:
    """What spellings of one tag have in common: no capitals, no compatibility forms, one way to write an accent.

    Accents count: a résumé is no resume. Idempotent (Unicode's toNFKC_Casefold).
    """
    tag = one_line(tag)
    if tag.isascii():
        return tag.lower()
    for form in ("NFD", "NFKC"):  # once is not enough, see `fold`
        tag = unicodedata.normalize("NFKC", unicodedata.normalize(form, tag).casefold())
    return squeeze(tag)
