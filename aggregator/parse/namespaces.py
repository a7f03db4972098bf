"""Which vocabulary a namespace means: by its address as feeds spell it, else by its prefix, as feeds forget the address."""

from __future__ import annotations

CORE = ""  # the feed formats themselves: RSS of all versions, Atom of all versions

# In lower case, without a slash or sharp at the end: publishers vary both.
_BY_ADDRESS = {
    "": CORE,
    "http://backend.userland.com/rss": CORE,
    "http://blogs.law.harvard.edu/tech/rss": CORE,
    "http://purl.org/rss/1.0": CORE,
    "http://my.netscape.com/rdf/simple/0.9": CORE,
    "http://purl.org/rss/1.0/modules/rss091": CORE,
    "http://www.w3.org/2005/atom": CORE,
    "http://purl.org/atom/ns": CORE,
    "http://purl.org/pie": CORE,
    "http://purl.org/echo": CORE,
    "http://example.com/newformat": CORE,
    "http://example.com/necho": CORE,
    "uri/of/echo/namespace": CORE,
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/rss/1.0/modules/syndication": "sy",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://webns.net/mvcb": "admin",
}
_PREFIXES = frozenset(_BY_ADDRESS.values()) - {CORE, "rdf", "xhtml"}

# Declared for a document that uses the prefix and forgets to.
ADDRESSES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rss": "http://backend.userland.com/rss",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML = "{http://www.w3.org/XML/1998/namespace}"


def vocabulary(address: str, prefix: str | None, root: str) -> str | None:
    """The vocabulary's short name; None for one that says nothing of feeds.

    `root`: the address of the root element's namespace, which is the feed's own, whatever it is.
    """
    known = CORE if address == root else _BY_ADDRESS.get(written := address.lower().rstrip("/#"))
    if known is None:  # with or without TLS
        known = _BY_ADDRESS.get(written.replace("https:", "http:", 1))
    if known is None and "backend.userland.com/rss" in address.lower():
        return CORE
    if known is not None:
        return known
    return prefix if prefix in _PREFIXES else None


def split_tag(tag: str) -> tuple[str, str]:
    """The namespace's address and the local name in lower case of "{address}Name"."""
    address, _, name = tag.rpartition("}")
    return address[1:], name.lower()
