"""Which HTTP statuses bring a document, and what the others mean, for the feed's owner."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

_MEANINGS = {
    204: "the server sent nothing",
    206: "a part of the document, which we did not request",
    400: "the server rejects the request",
    401: "the server requires a name and a password (set `auth`)",
    402: "the server requires payment",
    403: "the server refuses access to this feed",
    404: "there is nothing at this address",
    406: "the server offers no format that we accept",
    410: "the feed was removed for good",
    418: "the server refuses to serve us",
    429: "the server asks for fewer requests",
    451: "blocked for legal reasons",
    500: "the fault is on the server",
    502: "the server behind this address does not answer",
    503: "the server is down or overloaded",
    504: "the server behind this address does not answer",
}
_CLASSES = {
    1: "the server wants another protocol",
    2: "a response without a document",
    3: "a response without a document",
    4: "the server refuses the request",
    5: "server error",
}


_RANGE = re.compile(r"bytes\s+0-(\d{1,15})/(\d{1,15})")


def is_whole(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the response carries a whole document: 200, 203 (as a proxy changed it), or 206 with all its bytes."""
    if status == 206:
        part = _RANGE.fullmatch(headers.get("content-range", "").strip())
        return part is not None and int(part[1]) + 1 == int(part[2])
    return status in (200, 203)


def status_message(status: int) -> str:
    """As "410 Gone: the feed was removed for good".

    The phrase is the standard's, not the server's: that one may say anything.
    """
    phrase = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
    meaning = _MEANINGS.get(status) or _CLASSES.get(status // 100, "unknown status")
    return f"{status}{phrase}: {meaning}"
