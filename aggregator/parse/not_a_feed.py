"""What a document is that is no feed, in words that its owner understands."""

from __future__ import annotations

import re

from aggregator import links
from aggregator.discovery import anchored_feeds, linked_feeds
from aggregator.parse import prolog

_FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "an image, sound or film (RIFF)"),
    (b"\0\0\1\0", "an icon"),
    (b"%PDF-", "a PDF document"),
    (b"PK\3\4", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "gzip data inside of what was decompressed"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"ID3", "a sound file (MP3)"),
    (b"OggS", "a sound file (Ogg)"),
    (b"\x7fELF", "a program"),
)

# What pages say that stand where a feed should: looked for in this order.
_PAGES: tuple[tuple[str, str], ...] = (
    (r"type=[\"']?password\b", "a login page (HTML), not a feed"),
    (
        r"captcha|cf-chl|challenge-platform|just a moment\.\.\.",
        "a page that keeps robots out (HTML), not a feed",
    ),
    (
        r"domain (?:name )?is for sale|buy this domain|parkingcrew|sedoparking",
        "a parked domain (HTML), not a feed",
    ),
)
_HTML = re.compile(
    "html|head|body|title|meta|link|script|style|base|div|p|br|b|i|h1|h2|center|font|table|form|span|a|img|pre"
)
_ROOTS = {
    "opml": "a list of subscriptions (OPML), not a feed",
    "urlset": "a sitemap, not a feed",
    "sitemapindex": "a sitemap, not a feed",
    "svg": "an SVG image",
    "error": "an error message of the server (XML), not a feed",
    "envelope": "a SOAP message, not a feed",
    "plist": "a property list, not a feed",
    "opensearchdescription": "a search description (OpenSearch), not a feed",
}
_BEGINNING = 200_000  # characters: enough of a page to tell what it is


def by_first_bytes(body: bytes) -> str | None:
    """What the document is by its first bytes, where these give a format that no feed is in."""
    if not body or body.isspace():
        return "empty document"
    if body[4:8] == b"ftyp":
        return "a film or sound file (MP4)"
    return next((name for first, name in _FIRST_BYTES if body.startswith(first)), None)


def by_text(text: str, url: str) -> str:
    """What the text is that no reader took for a feed; `url`: where it was fetched."""
    if text.isspace() or not text:
        return "empty document"
    if "\0" in text[:1000]:
        return "binary data, not a feed"
    if text.lstrip()[0] in "{[":
        return "JSON, but not a JSON Feed"
    root = prolog.root(text)
    if root is None:
        return "text, not a feed"
    if root.name in prolog.FEED_ROOTS:
        return f"XML that begins as a feed (<{root.name}>) and holds nothing of one"
    if _HTML.fullmatch(root.name):
        beginning = text[:_BEGINNING]
        page = next((name for words, name in _PAGES if re.search(words, beginning, re.I)), None)
        return (page or "an HTML page, not a feed") + _feeds_named(beginning, url)
    return _ROOTS.get(root.name, f"XML, but not a feed: it begins with <{root.name[:40]}>")


_FEW = 3


def _feeds_named(page: str, url: str) -> str:
    """Words that name the feeds that a page links to; "" where there are none."""
    listed = linked_feeds(page, url) or anchored_feeds(page, url)
    found = [links.without_credentials(each.url) for each in listed]
    if not found:
        return ""
    more = len(found) - _FEW
    return f"; it links to {', '.join(found[:_FEW])}" + (f" and {more} more" if more > 0 else "")
