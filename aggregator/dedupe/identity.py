"""The Atom id that a story bears for ever."""

from __future__ import annotations

import re
import uuid

# What validators accept as it is: http(s) with a path, tag: (RFC 4151), urn:uuid: (RFC 9562). Anything else
# is wrapped in an id of our own. RFC 3986, 3.3: no brackets in a path, a percent sign before two digits only.
_CHARACTER = r"(?:[\w\-.~:/?@!$&'()*+,;=]|%[0-9a-f]{2})"
_GLOBAL = re.compile(
    rf"""^(?: https?://[\w.-]+(?::\d{{1,5}})?/(?!\Z){_CHARACTER}*(?:\#{_CHARACTER}*)?
         | tag:[\w.@-]+,\d{{4}}(?:-\d\d(?:-\d\d)?)?:{_CHARACTER}*
         | urn:uuid:[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}
        )\Z""",
    re.X | re.I | re.A,
)


def is_global(guid: str) -> bool:
    """Whether a source's id is an absolute IRI that names one thing in the world."""
    return len(guid) <= 1000 and bool(_GLOBAL.match(guid))


def atom_id(guid: str, feed_url: str, turn: int = 0, taken: bool = False) -> str:
    """The source's own id where it is an absolute IRI and free, else one minted from it (RFC 4287, 4.2.6).

    Minted ids are version 5 UUIDs of the feed's address and the raw id, so that the same entry gets the
    same id in a store made anew.
    """
    if is_global(guid) and not taken and not turn:
        return guid
    name = f"{feed_url}\n{guid}" + (f"\n{turn}" if turn else "")
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
