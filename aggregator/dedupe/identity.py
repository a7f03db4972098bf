"""The Atom id that a story bears for ever."""

from __future__ import annotations

import re
import uuid
from hashlib import sha1

from aggregator.uris import is_sound

# Ids by which entries of several feeds can be told to be the same: http(s) with a path, tag: (RFC 4151),
# urn:uuid: (RFC 9562). What of these is no sound URI is good enough for that, but not to be published.
_GLOBAL = re.compile(
    r"""^(?: https?://[\w.-]+(?::\d+)?/[\w\-.~:/?\#\[\]@!$&'()*+,;=%]+
         | tag:[\w.@-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:[\w\-.~:/?@!$&'()*+,;=%]*
         | urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
        )\Z""",
    re.X | re.I | re.A,
)

_NAMESPACE = uuid.NAMESPACE_URL.bytes


def is_global(guid: str) -> bool:
    """Whether a source's id names one thing in the world."""
    return len(guid) <= 1000 and bool(_GLOBAL.match(guid))


def atom_id(guid: str, feed_url: str, turn: int = 0, taken: bool = False) -> str:
    """The source's own id where it is a sound URI and free, else one minted from it (RFC 4287, 4.2.6).

    Minted ids are version 5 UUIDs of the feed's address and the raw id, so that the same entry gets the
    same id in a store made anew.
    """
    if not taken and not turn and is_global(guid) and is_sound(guid):
        return guid
    return _minted(f"{feed_url}\n{guid}" + (f"\n{turn}" if turn else ""))


def _minted(name: str) -> str:
    """As `uuid.uuid5` makes it (RFC 9562, 5.5), in half the time; one is made for each new entry."""
    digest = sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"urn:uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
