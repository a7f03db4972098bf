"""Bytes to text: which encoding a document is in, by BOM, HTTP charset, XML declaration and its own bytes."""

from __future__ import annotations

import codecs
import re
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
# The same after white space, and how ISO 2022 shifts to another set: ESC stands in no document that is in UTF-8.
_BY_PATTERN = (
    (re.compile(rb"(?:[\t\n\r ]\0)+[<{]\0"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r ])+\0[<{]"), "utf-16-be"),
    (re.compile(rb"[\0-\x7f]*?\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"[\0-\x7f]*?\x1b\$[@B]"), "iso2022_jp_ext"),
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

# Labels of browsers and of programs that Python does not know.
_LABELS = {
    "windows-874": "cp874",
    "dos-874": "cp874",
    "windows-949": "cp949",
    "x-sjis": "cp932",
    "x-x-big5": "big5hkscs",
    "x-mac-roman": "mac_roman",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8_r": "koi8-r",
}
_WINDOWS_LABEL = re.compile(r"(?:x-)?(?:win|cp|windows)[-_]?(125\d)", re.I)

_UNICODE = frozenset({"utf-8", "utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le"})

_DEFAULT = "cp1252"  # what many a server labels everything as, by its name of Latin-1
_HALVES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
# Characters of UTF-8 to a byte that is none. In other encodings, sequences are good by chance: in GBK one of ten.
_RATIO = 4

_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
_DECLARED = re.compile(rb"<\?xml\b[^>]{0,500}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})")


def document(body: bytes, content_type: str | None, url: str) -> Document:
    """The document as text; bytes outside its encoding become U+FFFD and are told of in `problem`."""
    text, problem = _decoded(body, content_type or "")
    return Document(text.lstrip("\ufeff"), url, problem)


def _decoded(body: bytes, content_type: str) -> tuple[str, str | None]:
    names = list(_by_bytes(body) or _by_label(body, content_type))
    if names and names[0] not in _UNICODE and not body.isascii():
        # Text in another encoding is never good UTF-8 by chance.
        false_label = f"labelled as {names[0]}, and in UTF-8" if names[0] != _DEFAULT else None
        if (text := _as_utf_8(body)) is not None:
            return text, false_label
        if (text := _nearly_utf_8(body)) is not None:
            return text, false_label or "bytes that are not utf-8"
    for name in (*names, "utf-8"):
        try:
            return body.decode(name), None
        except (UnicodeError, LookupError):
            continue
    name = names[0] if names else "utf-8"
    if name == "utf-8":
        if (text := _as_utf_8(body)) is not None:
            return text, "emoji that are not written as UTF-8 has them"
        text = body.decode(name, "replace")
        # A feed without a label, in the publisher's Windows encoding: hardly a sequence is good UTF-8. One that
        # is UTF-8 but for a character cut in two, as excerpts are, has many good ones, and keeps them.
        good, bad = _counts(text)
        if bad >= good:
            return body.decode("cp1252", "replace"), "not in UTF-8, as it should be; read as windows-1252"
        return text, "bytes that are not utf-8"
    return body.decode(name, "replace"), f"bytes that are not {name}"


def _by_bytes(body: bytes) -> tuple[str, ...]:
    for first, name in _FIRST_BYTES:
        if body.startswith(first):
            return (name,)
    if b"\0" in body[:2] or (b"\x1b" in body and body.isascii()):
        return next(((name,) for pattern, name in _BY_PATTERN if pattern.match(body)), ())
    return ()


def _by_label(body: bytes, content_type: str) -> list[str]:
    """HTTP's charset before the document's own declaration (RFC 7303, 3.2), each as browsers understand it.

    But for Latin-1 by HTTP: that is the default of many a server, which has not looked into the document.
    """
    http = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:2000])
    labels = (http and http[1], declared and declared[1].decode("latin-1"))
    names = [name for label in labels if label and (name := _encoding(label))]
    if len(names) == 2 and names[0] == _DEFAULT and names[1] not in _UNICODE:
        names.reverse()
    return names


def _encoding(label: str) -> str | None:
    """Python's name for what the label means on the web; None for a label that it should not follow."""
    windows = _WINDOWS_LABEL.fullmatch(label)
    try:
        name = codecs.lookup(f"cp{windows[1]}" if windows else _LABELS.get(label.lower(), label)).name
    except LookupError:
        return None
    name = _AS_BROWSERS.get(name, name)
    return None if _NOT_BY_LABEL.match(name) else name


def _as_utf_8(body: bytes) -> str | None:
    """The text, where it is UTF-8; emoji may be two halves in three bytes each, as some databases write them."""
    try:
        return body.decode()
    except UnicodeError:
        pass
    if _HALVES.search(body):
        try:
            return (
                body.decode("utf-8", "surrogatepass")
                .encode("utf-16", "surrogatepass")
                .decode("utf-16", "replace")
            )
        except UnicodeError:
            pass
    return None


def _nearly_utf_8(body: bytes) -> str | None:
    """The text, where all but a few of its bytes are UTF-8: cut within a character, or with a piece from elsewhere."""
    text = body.decode("utf-8", "replace")
    good, bad = _counts(text)
    return text if good > _RATIO * bad else None


def _counts(text: str) -> tuple[int, int]:
    """How many characters are not ASCII, and how many stand for bytes that are no UTF-8."""
    bad = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - bad, bad
