"""The canonical key by which links are compared; never shown to readers."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import unquote

from aggregator import lists
from aggregator.links.tracking import is_tracking
from aggregator.links.urls import WEB, bare_host, is_redirector, parse_url


def link_key(
    url: str | None, own_hosts: frozenset[str] = frozenset(), keep_fragment: bool = False
) -> str | None:
    """The canonical form by which links are compared, or None where the link tells nothing.

    Never shown to readers. Idempotent: the key of "https://" + key is the key. `keep_fragment` for feeds
    whose links differ only there.
    """
    parsed = parse_url(url.strip()) if url else None
    for _ in range(3):  # a wrapper in a wrapper in a wrapper
        inner = _unwrapped(parsed) if parsed is not None else None
        if inner is None:
            break
        parsed = parse_url(inner)
    if parsed is None or parsed.protocol not in WEB:
        return None
    name = bare_host(parsed.hostname)
    if not name or is_redirector(name):
        return None
    path = _SLASHES.sub("/", parsed.pathname)
    special = _special_key(name, path, parsed.search)
    if special:
        return special
    path = _path_key(path)
    query = _query_key(parsed.search, own_hosts)
    fragment = parsed.hash if keep_fragment or parsed.hash.startswith("#!") else ""
    if len(fragment) < 2:
        fragment = ""
    if not (path or query or fragment):
        return None  # a home page
    port = parsed.port if parsed.port not in ("80", "443") else ""
    return f"{name}{':' if port else ''}{port}{path or '/'}{query}{fragment}"


# ---------------------------------------------------------------- wrappers


@cache
def _wrappers() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    split = (row.split() for row in lists.rows("wrappers"))
    return tuple((name, path, tuple(where)) for name, path, *where in split)


@cache
def _wrapper_words() -> re.Pattern[str]:
    """One look tells that a host is none of the wrappers', which nearly all are."""
    return re.compile("|".join(sorted({re.escape(name) for name, _, _ in _wrappers()})))


def _unwrapped(parsed: Any) -> str | None:
    name = parsed.hostname
    if not _wrapper_words().search(name):
        return None
    for wrapper, path, places in _wrappers():
        if not (name == wrapper or name.endswith("." + wrapper)) or not parsed.pathname.startswith(path):
            continue
        for place in places:
            if place == "path":
                rest = parsed.pathname[len(path) :] + parsed.search
                target = rest if rest.startswith(("http://", "https://")) else f"https://{rest}"
            else:
                target = _parameter(parsed.search, place[1:])
            found = parse_url(target) if target else None
            if found is not None and found.protocol in WEB and "." in found.hostname:
                return target
    return None


def _parameter(search: str, name: str) -> str:
    for part in search[1:].split("&"):
        key, _, value = part.partition("=")
        if key == name:
            return unquote(value)
    return ""


# ---------------------------------------------------------------- keys of works with an identity of their own

_YOUTUBE_PATH = re.compile(r"^/(?:shorts|embed|v|live)/([\w-]{11})(?:$|/)")
_YOUTUBE_QUERY = re.compile(r"[?&]v=([\w-]{11})(?:$|&)")
_ARXIV = re.compile(
    r"^/(?:abs|pdf|html|format|ps)/([a-z.-]+/\d{7}|\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?/?$", re.I
)
_DOI = re.compile(r"(?:^|[/=:])(10\.\d{4,9}/[^?#&]+)")
_DOI_TAIL = re.compile(
    r"(?:/(?:full|fulltext|pdf|epdf|abstract|abs|meta|html|summary|references)|\.pdf|\.full|\.abstract)+/?$",
    re.I,
)
_DOI_VERSION = re.compile(r"(?<=\d)v\d+$")  # bioRxiv and medRxiv name it in their links
_DOI_ARXIV = re.compile(r"^10\.48550/arxiv\.(.+)$")


def _special_key(name: str, path: str, search: str) -> str | None:
    found: re.Match[str] | None
    if name == "youtu.be":
        found = re.match(r"^/([\w-]{11})/?$", path)
        return f"youtube:{found[1]}" if found else None
    if name in ("youtube.com", "youtube-nocookie.com", "music.youtube.com"):
        found = _YOUTUBE_PATH.match(path) or (
            _YOUTUBE_QUERY.search(search) if path.rstrip("/") == "/watch" else None
        )
        return f"youtube:{found[1]}" if found else None
    if name in ("arxiv.org", "export.arxiv.org"):
        found = _ARXIV.match(path)
        return f"arxiv:{found[1].lower()}" if found else None
    if "10." in path or "10." in search:
        found = _DOI.search(unquote(path)) or _DOI.search(unquote(search))
        if found:
            doi = _DOI_TAIL.sub("", found[1].rstrip("/.")).lower()
            preprint = _DOI_ARXIV.match(doi)
            if preprint:
                return f"arxiv:{re.sub(r'v[0-9]+$', '', preprint[1])}"
            return f"doi:{_DOI_VERSION.sub('', doi) if doi.startswith('10.1101/') else doi}"
    return None


# ---------------------------------------------------------------- path and query

_SLASHES = re.compile("//+")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.I)
_AMP_TAIL = re.compile(r"/amp$|\.amp(?=$|\.html?$)", re.I)
_TAIL = len(".amp.html")


def _unescaped(text: str) -> str:
    """Escapes of unreserved characters decoded, others in upper case (RFC 3986, 6.2.2)."""

    def one(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return _ESCAPE.sub(one, text) if "%" in text else text


@cache
def _index_pages() -> frozenset[str]:
    return frozenset(lists.rows("index-pages"))


def _path_key(path: str) -> str:
    path = _SESSION.sub("", _unescaped(path)) if ";" in path else _unescaped(path)
    path = _SLASHES.sub("/", path)
    while True:
        before = path
        path = path.rstrip("/")
        if "/." in path:
            path = _resolved(path)
        if path.startswith("/amp/"):
            path = path[len("/amp") :]
        head, _, last = path.rpartition("/")
        if last.lower() in _index_pages():
            path = head
        path = path[:-_TAIL] + _AMP_TAIL.sub("", path[-_TAIL:])
        if path == before.rstrip("/"):
            return path


def _resolved(path: str) -> str:
    """Without dot segments, which a cut can leave: "/..amp", "/.;sid=1"."""
    kept: list[str] = []
    for part in path.split("/")[1:]:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    return "/" + "/".join(kept)


def _query_key(search: str, own_hosts: frozenset[str]) -> str:
    if len(search) < 2:
        return ""
    parts = [part for part in search[1:].split("&") if part and not is_tracking(part, own_hosts)]
    parts = [part for part in parts if part.lower() not in ("amp", "amp=1", "amp=true", "outputtype=amp")]
    return "?" + "&".join(sorted(_unescaped(part.replace("+", "%20")) for part in parts)) if parts else ""
