"""Which ids are URIs that everyone accepts, and the one spelling by which they can be compared letter by letter.

And how to write the address of a database right.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

_USUAL_PORTS = {"http": "80", "https": "443"}
_PARTS = re.compile(r"([^:/?#]+):(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?", re.ASCII | re.DOTALL)
_HOST = re.compile(r"(?P<name>[a-z0-9._-]+?|\[[0-9a-f:.]+\])\.?(?::0*(?P<port>[0-9]{0,5}))?")
_REST = re.compile(r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")  # RFC 3986, 2.2 and 2.3
_WRITTEN = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+")
_TWICE = re.compile(r"%[0-9A-Fa-f]{2}")

# RFC 4151 and RFC 9562; validators want both in lower case as far as they are not the author's own.
_TAG = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:[^?#]*(?:\?[^#]*)?(?:#.*)?", re.A
)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:(?:[\w()+,.:=@;$!*'-]|%[0-9a-f]{2})+", re.I | re.A)
# What nearly all ids are: http in lower case, nothing escaped, no dot segment.
_PLAIN = re.compile(
    r"https?://[a-z0-9_-]+(?:\.[a-z0-9_-]+)+(?=/)(?:/[\w~-][\w.~-]*)*/?(?:\?[\w.~=&;/-]*)?", re.ASCII
)

_AUTHORITY = re.compile(r"postgres(?:ql)?://([^/?#]*)(.*)", re.DOTALL)
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:[0-9]*)?")
_UNREADABLE = re.compile(r"%(?!00)(?![0-9A-Fa-f]{2})|%00|[\[\]].*@", re.DOTALL)
_ESCAPES = (
    "write % @ : / ? # [ ] in its password as %25 %40 %3A %2F %3F %23 %5B %5D, or the password as ${PASSWORD}"
)


def is_sound(uri: str) -> bool:
    """Whether it can be an id as it is: http, https, tag or urn, valid, and in its canonical form."""
    if _PLAIN.fullmatch(uri):
        return True
    scheme, _, rest = uri.partition(":")
    if scheme == "tag":
        sound = _TAG.fullmatch(uri)
    elif scheme == "urn":
        sound = (_UUID if rest[:5].lower() == "uuid:" else _URN).fullmatch(uri)
    else:
        # Brackets, right as they are in a host, are an error to validators of feeds in an id.
        sound = re.match(r"https?://[^\[\]]+\Z", uri)
    return sound is not None and canonical(uri) == uri


def canonical(uri: str) -> str | None:
    """The URI normalised as RFC 3986 has it, in 6.2.2 and 6.2.3; None where it is none.

    None as well where programs do not agree on the form: octets that are not UTF-8, an escaped escape.
    """
    parts = _PARTS.fullmatch(uri)
    if parts is None:
        return None
    scheme, authority, path, query, fragment = (part or "" for part in parts.groups())
    scheme = scheme.lower()
    rest = (path, query[1:], fragment[1:])
    if not all(_REST.fullmatch(part) for part in rest):
        return None
    if parts[2] is not None:
        host = _authority(authority, scheme)
        if host is None:
            return None
        path = _without_dots(path) or "/"
        scheme, authority = f"{scheme}:", f"//{host}"
    else:
        scheme, authority = f"{scheme}:", ""
    try:
        return "".join((scheme, authority, _escaped(path), _escaped(query), _escaped(fragment)))
    except ValueError:
        return None


def _authority(authority: str, scheme: str) -> str | None:
    user, at, host = authority.rpartition("@")
    found = _HOST.fullmatch(host.lower())
    if found is None or not _REST.fullmatch(user):
        return None
    port = found["port"] or ""
    port = "" if port == _USUAL_PORTS.get(scheme) else port
    return (f"{user}@" if at and user not in ("", ":") else "") + found["name"] + (f":{port}" if port else "")


def _without_dots(path: str) -> str:
    """The path less its dot segments (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        elif segment not in (".", ".."):
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _escaped(part: str) -> str:
    """With only those characters escaped that must be, as %C3%A9; ValueError where it cannot be said."""

    def rewritten(run: re.Match[str]) -> str:
        if "%" not in run[0]:
            return run[0]
        text = unquote_to_bytes(run[0]).decode()
        if _TWICE.search(text):
            raise ValueError(run[0])
        return quote(unicodedata.normalize("NFC", text), safe="")

    return _WRITTEN.sub(rewritten, part)


def database_advice(url: str) -> str | None:
    """What to do about the address of a PostgreSQL database that is wrong; None for a right one.

    It repeats nothing of it: a password with characters that belong escaped ends where nobody expects it.
    """
    found = _AUTHORITY.fullmatch(url)
    if found is None:
        return "write it as postgresql://NAME:${PASSWORD}@HOST/DATABASE"
    user, _, hosts = found[1].rpartition("@")
    if "@" in user or "@" in found[2] or _UNREADABLE.search(url):
        return _ESCAPES
    if "${" not in hosts and not all(_HOST_AND_PORT.fullmatch(host) for host in hosts.split(",")):
        return f"its port should be a number; {_ESCAPES}"
    return None
