"""Bytes to text: which encoding a document is in, by BOM, HTTP charset, XML declaration and its own bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A document as text, without BOM."""

    text: str
    url: str
    problem: str | None = None  # bytes that its encoding does not know


# How a document without a label shows its encoding: a BOM, else how "<" and "{" begin (XML 1.0, app. F;
# RFC 4627, 3). The order matters: UTF-32's BOM begins with UTF-16's.
_FIRST_BYTES = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)

# What a label means on the web (WHATWG Encoding, 4.2): labels of small sets stand for their supersets.
_AS_BROWSERS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# Python's own, quadratic or no encoding of text; and those that only their bytes can prove.
_NOT_BY_LABEL = re.compile(
    r"punycode|idna|.*unicode.escape|undefined|base64|bz2|hex|quopri|rot.?13|uu|zlib|utf-7|utf-(16|32)"
)

_UNICODE = frozenset({"utf-8", "utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le"})

_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
_DECLARED = re.compile(rb"<\?xml\b[^>]{0,500}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})")


def document(body: bytes, content_type: str | None, url: str) -> Document:
    """The document as text; bytes outside its encoding become U+FFFD and are told of in `problem`."""
    text, problem = _decoded(body, content_type or "")
    return Document(text.lstrip("\ufeff"), url, problem)


def _decoded(body: bytes, content_type: str) -> tuple[str, str | None]:
    names = list(_by_bytes(body) or _by_label(body, content_type))
    if names and names[0] not in _UNICODE and not body.isascii() and (text := _as_utf_8(body)) is not None:
        # Text in another encoding is never good UTF-8 by chance.
        told = names[0] != "cp1252"  # the default of many a server, whatever it serves
        return text, f"labelled as {names[0]}, and in UTF-8" if told else None
    for name in (*names, "utf-8"):
        try:
            return body.decode(name), None
        except (UnicodeError, LookupError):
            continue
    name = names[0] if names else "utf-8"
    text = body.decode(name, "replace")
    # A feed without a label, in the publisher's Windows encoding: hardly a sequence is good UTF-8. One that
    # is UTF-8 but for a character cut in two, as excerpts are, has many good ones, and keeps them.
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    if name == "utf-8" and bad >= good:
        text = body.decode("cp1252", "replace")
        return text, "not in UTF-8, as it should be; read as windows-1252"
    return text, f"bytes that are not {name}"


def _by_bytes(body: bytes) -> tuple[str, ...]:
    return next(((name,) for first, name in _FIRST_BYTES if body.startswith(first)), ())


def _by_label(body: bytes, content_type: str) -> Iterator[str]:
    """HTTP's charset before the document's own declaration (RFC 7303, 3.2), each as browsers understand it."""
    http = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:2000])
    for label in (http and http[1], declared and declared[1].decode("latin-1")):
        try:
            name = codecs.lookup(label).name if label else ""
        except LookupError:
            continue
        name = _AS_BROWSERS.get(name, name)
        if not name or _NOT_BY_LABEL.match(name):
            continue
        yield name


def _as_utf_8(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeError:
        return None
