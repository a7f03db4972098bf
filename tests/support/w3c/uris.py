"""Which addresses and ids the W3C feed validator accepts, and which it finds canonical."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, unquote

_LEGAL = r"0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#"
_REFERENCE = re.compile(rf"(?:[a-zA-Z][0-9a-zA-Z+.-]*:)?/{{0,2}}(?:\[[0-9A-Fa-f:]+\])?[{_LEGAL}]*")
_FULL = re.compile(rf"[a-zA-Z][0-9a-zA-Z+.-]*:(?://)?[{_LEGAL}]+")
_CHARACTER = re.compile(f"[{_LEGAL}]")
_TAG = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d{2}(?:-\d{2})?)?:"
    r"[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*(?:#[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*)?",
    re.ASCII,
)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:(?:[a-z0-9()+,.:=@;$_!*'-]|%[0-9a-f]{2})+", re.I)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
# Of the schemes that it knows, those that occur; every other in letters alone is warned of.
_SCHEMES = frozenset("http https ftp mailto news urn tag data file info dns cid mid tel xmpp".split())


def complaint(uri: str, full: bool = False) -> str | None:
    """What is wrong with a reference, or with a `full` URI, by the validator's name for it."""
    scheme = uri.partition(":")[0].lower()
    if scheme == "tag":
        return None if _TAG.fullmatch(uri) else "InvalidTAG"
    if scheme == "urn":
        if uri.lower().startswith("urn:uuid:"):
            return None if _UUID.fullmatch(uri) else "InvalidUUID"
        return None if _URN.fullmatch(uri) else "InvalidURN"
    if not (_FULL if full else _REFERENCE).fullmatch(uri):
        if any(ord(c) < 128 and not _CHARACTER.match(c) for c in uri):
            return "InvalidUriChar"
        return "InvalidFullLink" if full else "InvalidIRI"
    if scheme in ("http", "ftp") and not re.match(r"\w+://[^/]", uri):
        return "InvalidFullLink" if full else "InvalidIRI"
    if ":" in uri and scheme.isalpha() and scheme not in _SCHEMES:
        return "SchemeNotIANARegistered"
    return None


# ---------------------------------------------------------------- the canonical form

_SUB = "!$&'()*+,;="
_IN_PATH = "-._~" + _SUB + ":@"
_RESERVED = ":/?#[]@" + _SUB
_PORTS = {"http": 80, "https": 443, "ftp": 21, "gopher": 70, "news": 119, "nntp": 119}
_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_OCTET = re.compile(r"[^%]|%[0-9a-fA-F]{2}", re.DOTALL)


class _Bad(ValueError):
    """No URI at all."""


def canonical(uri: str) -> str | None:
    """The form that an id should have to be compared letter by letter; None where there is none."""
    try:
        return _canonical(uri)
    except ValueError:  # a UnicodeDecodeError among them
        return None


def _canonical(uri: str) -> str | None:
    parts = _PARTS.fullmatch(uri)
    assert parts is not None
    scheme, authority, path, query, fragment = parts.groups()
    if scheme is None and authority is None and not path.startswith("/"):
        return None
    scheme = scheme.lower() if scheme else scheme
    if authority is not None or scheme is None or path.startswith("/"):
        path = _path(path)
    else:
        path = _quoted(path, _IN_PATH + "/")
    return "".join(
        (
            f"{scheme}:" if scheme else "",
            f"//{_authority(authority, _PORTS.get(scheme or ''))}" if authority is not None else "",
            path,
            f"?{_quoted(query, _IN_PATH + '/?')}" if query is not None else "",
            f"#{_quoted(fragment, _IN_PATH + '/?')}" if fragment is not None else "",
        )
    )


def _authority(authority: str, usual: int | None) -> str:
    user, at, host = authority.rpartition("@")
    host = host.lower()
    port = usual
    if found := re.search(r":(\d*)\Z", host):
        port = int(found[1]) if found[1] else usual
        host = host[: found.start()]
    if host.endswith(".") and "." in host[:-2]:
        host = host[:-1]
    if host.startswith("[") != host.endswith("]"):
        raise _Bad(authority)
    user = f"{user}@" if at and user not in ("", ":") else ""
    return user + host + (f":{port}" if port != usual else "")


def _path(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for number, segment in enumerate(segments):
        if segment not in (".", ".."):
            kept.append(segment)
            continue
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if number == len(segments) - 1:
            kept.append("")
    if kept == [""]:
        kept = ["", ""]
    return "/".join(_quoted(segment, _IN_PATH) for segment in kept)


def _octets(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    while at < len(text):
        found = _OCTET.match(text, at)
        if found is None:
            raise _Bad(text)
        at = found.end()
        if len(found[0]) == 3:
            yield found[0].upper(), int(found[0][1:], 16)
        else:
            yield found[0], ord(found[0])


def _quoted(text: str, safe: str) -> str:
    made, waiting = "", bytearray()
    for written, octet in _octets(text):
        if chr(octet) in _RESERVED and chr(octet) in safe:
            made += _flushed(waiting, safe) + written
            waiting = bytearray()
        else:
            waiting.append(octet)
    return made + _flushed(waiting, safe)


def _flushed(octets: bytearray, safe: str) -> str:
    # Decoded twice, as the validator does: "%2541" is "A" to it.
    return quote(unicodedata.normalize("NFC", unquote(octets.decode())).encode(), safe)
