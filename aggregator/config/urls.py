"""Addresses as people write them: read, or answered with what they should look like."""

from __future__ import annotations

import re

from aggregator import links
from aggregator.config.issues import InvalidValue, redact

_LIKE_A_HOST = re.compile(r"(?:localhost|[\w-]+(?:\.[\w-]+)+)(?::[0-9]+)?(?:[/?#]|$)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_READER_SCHEMES = frozenset({"feed", "rss", "itpc", "pcast", "podcast"})  # "open this in a feed reader"

# What stands under base_url; anything else there, such as the site's own blog, may well be followed.
_OUTPUT = re.compile(r"(?:feed\.(?:atom|json)|index\.html|tags/[\w-]+\.(?:atom|json)|archive/[\d-]+\.atom)")

URL_PATTERN = r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$"
_EXAMPLE = "https://example.org/feed"


def feed_url(url: str) -> str:
    """The URL as it is, where it is absolute and http or https. Raises InvalidValue."""
    if "${" in url or (url.startswith("file:") and "/" not in url[5:6]):
        raise InvalidValue(
            "secrets are not looked up in a URL, which is stored and published", "use `auth` or `headers`"
        )
    _refuse_odd_characters(url)
    scheme, rest = _split(url)
    if scheme in _READER_SCHEMES:
        inner = rest if rest.startswith(("http://", "https://")) else _https(rest)
        raise InvalidValue(f"`{scheme}:` is only for opening a feed reader", f"write {redact(inner)}")
    if not scheme:
        raise InvalidValue(f"`{redact(url)}` does not start with https:// or http://", _proposal(rest))
    if scheme not in ("http", "https") and "@" in url:  # user:password@example.org
        raise InvalidValue(
            f"`{redact(url)}` does not start with https:// or http://", "write https:// before the user name"
        )
    if scheme not in ("http", "https"):
        raise InvalidValue(
            f"`{redact(url)}` is not an http(s) URL", "a feed URL starts with https:// or http://"
        )
    if not rest.startswith("//"):
        raise InvalidValue(f"`{redact(url)}` has no // after {scheme}:", _proposal(rest))
    if rest[2:3] in ("", "/", "?", "#", ":"):
        raise InvalidValue(f"`{redact(url)}` has no host", f"write the full URL, for example {_EXAMPLE}")
    if links.absolute(url) is None:
        raise InvalidValue(
            f"`{redact(url)}` is not a valid URL", f"check the host and port; for example {_EXAMPLE}"
        )
    return url


def repaired_url(text: str) -> str:
    """The URL that is meant, as a feed's address: from lists and command lines of other programs.

    `feed:` and its kind, a missing https:// and spaces are repaired. Raises InvalidValue for the rest.
    """
    url = "".join(text.split("\n")).strip().replace(" ", "%20")
    scheme, rest = _split(url)
    if scheme in _READER_SCHEMES:
        url = rest if rest.startswith(("http://", "https://")) else _https(rest)
    elif not scheme and _LIKE_A_HOST.match(rest.lstrip("/")):
        url = _https(rest)
    return feed_url(url)


def base_url(url: str) -> str:
    """The URL with a slash at its end, where it is fit to put names of files behind it. Raises InvalidValue."""
    feed_url(url)
    for mark, name in (("?", "a query"), ("#", "a fragment")):
        if mark in url:
            raise InvalidValue(f"has {name}", f"remove everything from the `{mark}`")
    if "@" in url.split("/")[2]:
        raise InvalidValue("contains a user name or password, which every subscriber would see", "remove it")
    return url if url.endswith("/") else url + "/"


def feed_key(url: str) -> str:
    """By what two addresses are one feed: http is https, www. is none, and a last slash does not count."""
    address = links.absolute(url) or url
    rest = address.partition("://")[2].partition("#")[0]
    path, mark, query = rest.partition("?")
    if "www." in path:
        path = re.sub(r"^([^/]*@)?www\.", r"\1", path)
    return path.rstrip("/") + mark + query


def is_ours(url: str, base: str) -> bool:
    """Whether it is one of the addresses at which our own outputs are served."""
    return is_ours_by_key(feed_key(url), feed_key(base))


def is_ours_by_key(key: str, ours: str) -> bool:
    """The same of two addresses by their keys, where there are many."""
    theirs = key.partition("?")[0]
    return theirs == ours or (
        theirs.startswith(f"{ours}/") and _OUTPUT.fullmatch(theirs[len(ours) + 1 :]) is not None
    )


def _refuse_odd_characters(url: str) -> None:
    if not url:
        raise InvalidValue("is empty", f"write a URL, for example {_EXAMPLE}")
    for character in "" if url.isascii() and url.isprintable() and " " not in url else url:
        if character.isspace():
            fix = "indent all feeds equally" if " - " in url else "remove it, or write it as %20"
            raise InvalidValue(f"`{redact(url)}` contains a space", fix)
        if not character.isprintable():
            raise InvalidValue(
                f"contains the invisible character U+{ord(character):04X}", "type the URL again"
            )


def _split(url: str) -> tuple[str, str]:
    """Scheme in lower case, or "", and what comes after its colon; example.org:8080 has none."""
    found = None if _LIKE_A_HOST.match(url) else _SCHEME.match(url)
    return (found[1].lower(), url[found.end() :]) if found else ("", url)


def _https(rest: str) -> str:
    return "https://" + rest.lstrip("/")


def _proposal(rest: str) -> str:
    if _LIKE_A_HOST.match(rest.lstrip("/")):
        return f"write {redact(_https(rest))}"
    return f"write the full URL, for example {_EXAMPLE}"
