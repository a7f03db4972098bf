"""URLs as browsers read them (WHATWG URL): absolute, by host and site, and without credentials."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import can_ada

from aggregator import lists
from aggregator.text import one_line

WEB = ("http:", "https:")
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}")
_LONGEST = 8_000  # characters; what browsers and servers take


def parse_url(url: str, base: str | None = None) -> Any | None:
    """The URL as can_ada has it, read on a page at `base`; None where it is none."""
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
    parsed = parse_url(url, base) or parse_url(url)
    if parsed is None or parsed.protocol not in WEB or not parsed.hostname.strip("."):
        return None
    found = str(parsed.href)
    return found if len(found) <= _LONGEST else None


def host(url: str) -> str:
    """The host of an absolute URL in ASCII lower case, without port; "" where it has none."""
    parsed = parse_url(url)
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
    name = bare_host(host(url))
    return "" if is_redirector(name) else name


def without_credentials(url: str) -> str:
    """The URL, as `absolute` writes it, without user name and password, for every eye but the server's."""
    parsed = parse_url(url)
    if parsed is None:
        return re.sub(r"//[^/@\s]*@", "//", url)
    if "@" in url:  # most have none, and to take them out takes as long as all else
        parsed.username = parsed.password = ""
    return str(parsed.href)


def bare_host(name: str) -> str:
    """The host without www, m, mobile and amp."""
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


def is_redirector(name: str) -> bool:
    """Whether the host only leads to others, as shorteners do."""
    known = _redirectors()
    while name:
        if name in known:
            return True
        name = name.partition(".")[2]
    return False
