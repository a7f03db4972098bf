"""Where a request goes: a URL as browsers read it, with what to sign in with kept apart from it."""

from __future__ import annotations

import base64
import re

from aggregator import links
from aggregator.fetch.errors import FetchProblem
from aggregator.fetch.httpx_door import httpx
from aggregator.records import dataclass

# Fetch standard, "port blocking": ports where a GET request could be taken for mail, news or a shell.
_BLOCKED = """
    0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115
    117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563
    587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667
    6668 6669 6679 6697 10080
"""
_BLOCKED_PORTS = frozenset(map(int, _BLOCKED.split()))


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https URL without credentials and fragment."""

    url: httpx.URL
    text: str  # the same
    authorization: bytes | None = None  # for the origin of this URL, and no other

    @property
    def origin(self) -> tuple[str, bytes, int | None]:
        return self.url.scheme, self.url.raw_host, self.url.port

    def shown(self) -> str:
        """The URL for messages: without its query, which may hold a key, and not too long."""
        return self.text.partition("?")[0][:100]


def address_of(url: str, base: Address | None = None) -> Address:
    """The address that a URL means, on a page at `base` where it is relative; raises FetchProblem if it is not to be used."""
    absolute = links.absolute(url, base.text if base else None)
    if absolute is None:
        raise FetchProblem("address", "not an http(s) URL with a host")
    try:
        full = httpx.URL(absolute.partition("#")[0])
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchProblem("address", "not a valid URL") from error
    if full.port in _BLOCKED_PORTS:
        raise FetchProblem("address", f"port {full.port} is reserved for another protocol")
    bare = full.copy_with(userinfo=b"") if full.userinfo else full
    return Address(bare, str(bare), _basic(full))


def without_credentials(url: str) -> str:
    """Any text meant as a URL, without what might be a name and password."""
    return re.sub(r"//.*@", "//", url, flags=re.DOTALL)


def _basic(url: httpx.URL) -> bytes | None:
    """HTTP Basic (RFC 7617), in UTF-8."""
    if not url.userinfo:
        return None
    return b"Basic " + base64.b64encode(f"{url.username}:{url.password}".encode())
