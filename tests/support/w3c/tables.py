"""The tables of the W3C feed validator that matter to us."""

from __future__ import annotations

import re

from aggregator import lists

NAMESPACES = {
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/atompub/tombstones/1.0": "at",
}

LINKS = frozenset(
    "alternate current describedby edit edit-media enclosure first hub last license next next-archive payment"
    " prev-archive previous related replies search self service up via".split()
)
HISTORY_LINKS = frozenset("current first last next next-archive prev-archive previous".split())

ATTRIBUTES = {
    "link": frozenset("href rel type hreflang title length".split()),
    "category": frozenset("term scheme label".split()),
    "at:deleted-entry": frozenset({"ref", "when"}),
    "generator": frozenset("uri version".split()),
    "media:thumbnail": frozenset("url height width time".split()),
    **dict.fromkeys(("title", "subtitle", "rights", "summary", "content"), frozenset({"type", "src"})),
}

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d*)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_TOKEN = r'[^\s()<>,;:\\"/\[\]?=]+'
MEDIA_TYPE = re.compile(rf'{_TOKEN}/{_TOKEN}(?:\s*;\s*{_TOKEN}=(?:"(?:\\"|[^"])*"|{_TOKEN}))*')

# ISO 639-1 and 639-2, and nothing of 639-3; the first code of each row, as we write no other.
LANGUAGES = frozenset(row.split()[0] for row in lists.rows("languages"))
