"""What a status other than 200 and 304 means, in words for the feed's owner."""

from __future__ import annotations

from http import HTTPStatus

_MEANINGS = {
    204: "the server has nothing to give",
    206: "the server sent a part that nobody asked for",
    400: "the server does not understand the request",
    401: "the server asks for a name and a password",
    402: "the server asks for money",
    403: "the server refuses to give this feed to us",
    404: "nothing is found at this address",
    406: "the server has no form of this feed that we asked for",
    410: "the server says this feed is gone for good",
    418: "the server jokes, or refuses to serve us",
    429: "the server asks us to come less often",
    451: "the server withholds this feed for legal reasons",
    500: "the server failed",
    502: "the server is not available at the moment",
    503: "the server is not available at the moment",
    504: "the server is not available at the moment",
}
_CLASSES = {
    1: "the server wants to speak another protocol",
    2: "this is not an answer with a document",
    3: "this is not an answer with a document",
    4: "the server refuses the request",
    5: "the server failed",
}


def status_message(status: int) -> str:
    """As "410 Gone: the server says this feed is gone for good".

    The phrase is the standard's, not the server's: that one may say anything.
    """
    phrase = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
    meaning = _MEANINGS.get(status) or _CLASSES.get(status // 100, "no such status is known")
    return f"{status}{phrase}: {meaning}"
