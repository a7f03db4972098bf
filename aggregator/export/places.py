"""Where each output lies: addresses of feeds and pages, and a slug and an id for any tag.

All of it depends on the tag alone, never on the other tags: what someone subscribed to stays where it is.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from hashlib import sha256

from aggregator.links import host
from aggregator.models import Publication, TagFeed
from aggregator.text import one_line

FEED = "feed.atom"  # the merged one

# What we write below the public folder's top; anything else that lies there is not ours to remove.
SLUG = "[a-z0-9][a-z0-9_-]*"
OURS = {
    "": re.compile(
        r"(?:index|compact|about)\.\d+\.html|icon(?:-[0-9a-f]{8})?\.(?:svg|png|ico)|favicon\.ico|feed\.css"
    ),
    "tags": re.compile(rf"{SLUG}(?:\.\d+)?\.(?:atom|json|html|opml|rss)"),
    "sources": re.compile(rf"{SLUG}(?:\.\d+)?\.html"),
    "archive": re.compile(r"(?:\d{4}-\d\d(?:-\d+)?(?:\.\d+)?\.(?:atom|html)|index\.html)"),
}

# Such a slug says all of its tag; a tag with other letters in it is told from its like by a hash.
_PLAIN = re.compile(r"[a-z0-9]+(?:[ -][a-z0-9]+)*")
_LIKE_HASHED = re.compile(r".*-[0-9a-f]{8}")
_LONGEST = 40


def _address_key(tag: str) -> str:
    """What addresses and ids of tags are made of. Narrower than text.tag_key, and never changed: people subscribed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", one_line(tag)).casefold())


def slug(tag: str) -> str:
    """The tag in a file name and an address: ASCII, and different for different tags."""
    key = _address_key(tag)
    plain = key.replace(" ", "_")
    if len(key) <= _LONGEST and key != "index" and _PLAIN.fullmatch(key) and not _LIKE_HASHED.fullmatch(key):
        return plain
    bare = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", bare)[:_LONGEST].strip("-")
    return f"{words or 'tag'}-{sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}"


def source_slug(url: str) -> str:
    """The page of the feed at that address: its host and a hash of the address."""
    words = re.sub(r"[^a-z0-9]+", "-", (host(url) or "").removeprefix("www."))[:_LONGEST].strip("-")
    return f"{words or 'feed'}-{sha256(url.encode('utf-8', 'replace')).hexdigest()[:8]}"


def numbered(name: str, page: int | str) -> str:
    """The file of a further page: of "index.html" the second is "index.2.html"."""
    stem, _, suffix = name.rpartition(".")
    return name if page == 1 else f"{stem}.{page}.{suffix}"


def tag_feed(publication_id: str, tag: str) -> TagFeed:
    """The tag's feed; its id is a UUID of version 5 in the publication's own name space."""
    try:
        space = uuid.UUID(publication_id.removeprefix("urn:uuid:"))
    except ValueError:  # any other id that feeds.yaml names
        space = uuid.uuid5(uuid.NAMESPACE_URL, publication_id)
    return TagFeed(one_line(tag), slug(tag), f"urn:uuid:{uuid.uuid5(space, _address_key(tag))}")


def atom_name(publication: Publication) -> str:
    return f"{publication.place or 'feed'}.atom"


def json_name(publication: Publication) -> str:
    return f"{publication.place or 'feed'}.json"


def podcast_name(publication: Publication) -> str:
    return f"{publication.place}.rss"


def index_name(publication: Publication) -> str:
    """The file of the publication's first page."""
    return f"{publication.place or 'index'}.html"


def page_name(publication: Publication) -> str:
    """The page's address under base_url: that of the digest is base_url itself."""
    return f"{publication.place}.html" if publication.place else ""


def root_prefix(publication: Publication) -> str:
    """From the publication's page to the public folder: "" or "../"."""
    return "../" * publication.place.count("/")
