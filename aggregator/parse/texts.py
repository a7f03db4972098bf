"""Texts of feeds, told apart and put right: HTML or not, CDATA marks, characters read wrongly, texts that show nothing."""

from __future__ import annotations

import contextlib
import re

from aggregator.models import Text

_HTML = re.compile(r"</\w+>|&#?\w+;")


def looks_like_html(text: str) -> bool:
    """Whether a text that may be either has an end tag or a reference of HTML in it."""
    return ("</" in text or "&" in text) and _HTML.search(text) is not None


_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\](?:>|&gt;)", re.DOTALL | re.IGNORECASE)
_ESCAPED_CDATA = re.compile(r"&lt;!\[CDATA\[(.*?)\]\](?:>|&gt;)", re.DOTALL | re.IGNORECASE)
_OPEN_CDATA = re.compile(r"(?:<|&lt;)!\[CDATA\[", re.IGNORECASE)


def without_cdata(value: str) -> str:
    """The text without CDATA marks that were escaped themselves: &lt;![CDATA[text]]&gt;.

    Those that were escaped twice only where the text begins with them: elsewhere they are what it is about.
    """
    value = (_ESCAPED_CDATA if value.startswith("&lt;![") else _CDATA).sub(r"\1", value)
    if mark := _OPEN_CDATA.match(value):  # cut short by whoever wrote it
        value = value[mark.end() :].removesuffix("]]")
    return value.strip()


_C1 = re.compile("[\x80-\x9f]")


def as_meant(value: str) -> str:
    """The text, read once more where it is UTF-8 that some program took for Latin-1; C1 controls as windows-1252."""
    with contextlib.suppress(UnicodeError):
        value = value.encode("latin-1").decode()
    return _C1.sub(_windows, value)


def _windows(control: re.Match[str]) -> str:
    return control[0].encode("latin-1").decode("cp1252", "ignore") or control[0]


_LONG = 2_000  # characters; markup that shows nothing is shorter
_UNSEEN = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<img\b[^<>]*\b(?:width|height)=[\"']?[01]\b[^<>]*>", re.I | re.S
)
_HIDING = re.compile(r"<(?:!--|script|style)", re.I)
_WORD = re.compile(r"(?:^|>)[^<>&\w]*\w")  # outside of tags and references
_SHOWN = re.compile(r"<(?:img|picture|video|audio|iframe|object|embed|svg|math|hr)\b", re.I)
_TAG = re.compile(r"<[^<>]*>")
_NOTHING = re.compile(r"&(?:nbsp|zwnj|zwj|#160|#xa0|#8203|#x200b);|[\s\u200b-\u200f\u2060\ufeff]+", re.I)


def shows(text: Text) -> bool:
    """Whether a reader sees anything of this text: a word, a picture, a player; `<div> </div>` shows nothing."""
    value = text.value
    if not text.is_html or len(value) > _LONG:
        return True
    if _WORD.search(value) and not _HIDING.search(value):  # so with nearly all; the rest takes longer
        return True
    value = _UNSEEN.sub("", value)
    return bool(_NOTHING.sub("", _TAG.sub("", value))) or _SHOWN.search(value) is not None
