"""Links as browsers read them (WHATWG URL), cleaned for readers, and the canonical key to compare them by."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import can_ada

from aggregator import lists
from aggregator.text import one_line

_WEB = ("http:", "https:")
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}")
_SECRET_WORDS = frozenset(  # of a parameter's name: access_token, apiKey, X-Amz-Signature
    "key apikey authkey token auth authtoken sig signature secret pass passwd password pwd credential jwt hmac".split()
)
_LONGEST = 8_000  # characters; what browsers and servers take


def _parse(url: str, base: str | None = None) -> Any | None:
    if len(url) > _LONGEST:
        return None
    try:
        return can_ada.parse(base) + url if base else can_ada.parse(url)
    except (ValueError, TypeError):  # TypeError: a lone surrogate
        return None


def absolute(url: str, base: str | None = None) -> str | None:
    """The absolute http or https URL that `url` means on a page at `base`, or None where there is none.

    None, too, for one that is too long once it is written out, and for one without a host but dots.
    """
    url = url.strip()
    if not url:
        return None
    parsed = _parse(url, base) or _parse(url)
    if parsed is None or parsed.protocol not in _WEB or not parsed.hostname.strip("."):
        return None
    found = str(parsed.href)
    return found if len(found) <= _LONGEST else None


def host(url: str) -> str:
    """The host of an absolute URL in ASCII lower case, without port; "" where it has none."""
    parsed = _parse(url)
    return str(parsed.hostname).rstrip(".") if parsed is not None else ""


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine only (RFC 6761, 6.3; RFC 1122, 3.2.1.3; RFC 4291, 2.5.3)."""
    name = host(url)
    return (
        name in ("localhost", "[::1]") or name.endswith(".localhost") or _LOOPBACK.fullmatch(name) is not None
    )


def feed_name(name: str | None, title: str | None, url: str) -> str:
    """What readers call a feed: its name in feeds.yaml, else its own title, else its host; on one line."""
    return one_line(name or "") or one_line(title or "") or host(url) or url


def site(url: str) -> str:
    """The host by which sites are compared: without www, m, mobile and amp; "" for one that only redirects."""
    name = _bare_host(host(url))
    return "" if _is_redirector(name) else name


def without_credentials(url: str) -> str:
    """The URL without user name and password, for every eye but the server's."""
    parsed = _parse(url)
    if parsed is None:
        return re.sub(r"//[^/@\s]*@", "//", url)
    if parsed.has_credentials:
        parsed.username = parsed.password = ""
        return str(parsed.href)
    return url


def without_secrets(url: str) -> str:
    """The URL as it can be published and logged: without user name, password, and parameters named like a secret."""
    url = without_credentials(url)
    head, sharp, fragment = url.partition("#")
    path, mark, query = head.partition("?")
    if not mark:
        return url
    kept = [part for part in query.split("&") if not _is_secret(part)]
    if len(kept) == query.count("&") + 1:
        return url
    return f"{path}?{'&'.join(kept)}{sharp}{fragment}" if kept else f"{path}{sharp}{fragment}"


def secrets_in(url: str) -> tuple[str, ...]:
    """Values of the URL's parameters that are named like a secret, as they stand in it; none shorter than 6."""
    query = url.partition("#")[0].partition("?")[2]
    values = (part.partition("=")[2] for part in query.split("&") if _is_secret(part))
    return tuple(value for value in values if len(value) >= 6)


def _is_secret(part: str) -> bool:
    name, _, value = part.partition("=")
    words = re.findall("[A-Z]?[a-z]+|[A-Z]+", unquote(name))
    return bool(value) and not _SECRET_WORDS.isdisjoint(word.lower() for word in words)


def clean(url: str, own_hosts: frozenset[str] = frozenset()) -> str:
    """A publisher's link less its tracking parameters; the rest stays to the letter.

    `own_hosts`: hosts of the feed and its site; `ref=` and the like go when they name one of them.
    """
    head, sharp, fragment = url.partition("#")
    path, mark, query = head.partition("?")
    if mark:
        kept = [part for part in query.split("&") if not _is_tracking(part, own_hosts)]
        head = f"{path}?{'&'.join(kept)}" if kept or not query else path
    if sharp and fragment and all(_is_tracking(part, own_hosts) for part in fragment.split("&")):
        return head
    return head + sharp + fragment


def link_key(
    url: str | None, own_hosts: frozenset[str] = frozenset(), keep_fragment: bool = False
) -> str | None:
    """The canonical form by which links are compared, or None where the link tells nothing.

    Never shown to readers. Idempotent: the key of "https://" + key is the key. `keep_fragment` for feeds
    whose links differ only there.
    """
    parsed = _parse(url.strip()) if url else None
    for _ in range(3):  # a wrapper in a wrapper in a wrapper
        inner = _unwrapped(parsed) if parsed is not None else None
        if inner is None:
            break
        parsed = _parse(inner)
    if parsed is None or parsed.protocol not in _WEB:
        return None
    name = _bare_host(parsed.hostname)
    if not name or _is_redirector(name):
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


# ---------------------------------------------------------------- host


def _bare_host(name: str) -> str:
    name = name.rstrip(".")
    while True:
        first, dot, rest = name.partition(".")
        # "off where three labels remain": m.ex.com loses its m, m.com does not.
        if not dot or "." not in rest or first not in ("www", "amp", "m", "mobile"):
            return name
        name = rest


@cache
def _redirectors() -> frozenset[str]:
    return frozenset(lists.rows("redirectors"))


def _is_redirector(name: str) -> bool:
    known = _redirectors()
    while name:
        if name in known:
            return True
        name = name.partition(".")[2]
    return False


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
            found = _parse(target) if target else None
            if found is not None and found.protocol in _WEB and "." in found.hostname:
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
    parts = [part for part in search[1:].split("&") if part and not _is_tracking(part, own_hosts)]
    parts = [part for part in parts if part.lower() not in ("amp", "amp=1", "amp=true", "outputtype=amp")]
    return "?" + "&".join(sorted(_unescaped(part.replace("+", "%20")) for part in parts)) if parts else ""


def _is_tracking(part: str, own_hosts: frozenset[str]) -> bool:
    name, _, value = part.partition("=")
    name = name.lower()
    whole, prefixes = lists.names("tracking")
    if name in whole or name.startswith(prefixes):
        return True
    if name not in lists.names("ambiguous")[0]:
        return False
    value = unquote(value).lower()
    channels, channel_prefixes = lists.names("channels")
    if value in channels or value.startswith(channel_prefixes):
        return True
    named = host(value) if "://" in value else value.removeprefix("www.").strip("/")
    return bool(named) and named in own_hosts
