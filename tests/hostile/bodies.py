"""Documents that are no feeds, and JSON that is one only nearly."""

from __future__ import annotations

import gzip
import json
import random
import tarfile
from io import BytesIO
from typing import Any

from hostile.case import FEED, Case, document, fails, reads
from support.server import Reply

HTML = "an HTML page, not a feed"
TEXT = "text, not a feed"
JSON = "JSON, but not a JSON Feed"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
NOISE = random.Random(1).randbytes(100_000)


def tar() -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("feed.xml")
        member.size = len(FEED)
        archive.addfile(member, BytesIO(FEED))
    return buffer.getvalue()


# What the reader might take for the name of what it should read.
NAMES = (
    "/etc/passwd", "feeds.yaml", "data/aggregator.db", "./feeds.yaml", "../feeds.yaml", "file:///etc/passwd",
    "file://localhost/etc/passwd", "/dev/zero", "/dev/random", "/dev/stdin", "/proc/self/environ", "/proc/self/mem",
    "C:\\Windows\\win.ini", "\\\\10.0.0.1\\share", "~/.ssh/id_rsa", "-", ".", "/", "http://10.0.0.1/feed",
    "https://10.0.0.1/feed", "ftp://10.0.0.1/feed", "feed:http://10.0.0.1/feed", "feed.xml\0", "| cat /etc/passwd",
    "`id`", "$(id)", "%s%s%n", "{0.__class__}", "'; DROP TABLE feeds; --",
)  # fmt: skip

TEXTS: dict[str, tuple[bytes | str, str]] = {
    "nothing": (b"", "empty document"),
    "a space": (b" ", "empty document"),
    "line breaks": (b"\r\n" * 1_000_000, "empty document"),
    "9 MB of spaces": (b" " * 9_000_000, "empty document"),
    "a NUL": (b"\0", "binary data"),
    "9 MB of NULs": (bytes(9_000_000), "binary data"),
    "a byte order mark": (b"\xef\xbb\xbf", "empty document"),
    "a byte order mark of UTF-16": (b"\xff\xfe", "empty document"),
    "a byte order mark of UTF-32": (b"\xff\xfe\0\0", "empty document"),
    "1,000 byte order marks": (b"\xef\xbb\xbf" * 1_000, "empty document"),
    "OK": (b"OK", TEXT),
    "noise": (NOISE, ""),
    "a million <": (b"<" * 1_000_000, ""),
    "a million >": (b">" * 1_000_000, ""),
    "a million &": (b"&" * 1_000_000, ""),
    "9 MB of a letter": (b"x" * 9_000_000, TEXT),
    "HTML": ("<!DOCTYPE html><html><body>Hello</body></html>", HTML),
    "HTML without a doctype": ("<body>Hello", HTML),
    "XHTML": ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', HTML),
    "HTML that holds a feed": (b"<html><body><pre>" + FEED + b"</pre></body></html>", HTML),
    "9 MB of HTML": ("<html>" + "<p>Hello" * 1_100_000, HTML),
    "a login page": ('<html><form><input type="password" name="p"></form></html>', "a login page"),
    "a captcha": ("<html><title>Just a moment...</title></html>", "keeps robots out"),
    "a parked domain": ("<html>This domain is for sale!</html>", "a parked domain"),
    "an error page in XML": ("<Error><Code>AccessDenied</Code></Error>", "an error message of the server"),
    "OPML": ('<opml version="2.0"><body/></opml>', "OPML"),
    "a sitemap": ("<urlset/>", "a sitemap"),
    "SOAP": ('<s:Envelope xmlns:s="x"/>', "SOAP"),
    "SVG": ("<svg><script>alert(1)</script></svg>", "an SVG image"),
    "a style sheet": ("<xsl:stylesheet xmlns:xsl='x'/>", "XML, but not a feed"),
    "an entry alone": (
        "<entry xmlns='http://www.w3.org/2005/Atom'><title>x</title></entry>",
        "XML, but not a feed",
    ),
    "an element of 9 MB": ("<" + "x" * 9_000_000 + "/>", "XML, but not a feed"),
    "an element with escape codes": ("<rec\x1b[31m/>", ""),
    "RDF without entries": ("<RDF/>", "holds nothing of one"),
    "YAML": ("title: x\nitems:\n  - a\n", TEXT),
    "CSV": ("a;b;c\n1;2;3\n", TEXT),
    "a calendar": ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", TEXT),
    "PHP": ("<?php echo '<rss>'; ?>", ""),
    "PNG": (PNG + NOISE, "a PNG image"),
    "a PNG that holds a feed": (PNG + FEED, "a PNG image"),
    "JPEG": (b"\xff\xd8\xff\xe0" + NOISE, "a JPEG image"),
    "GIF": (b"GIF89a" + NOISE, "a GIF image"),
    "WebP": (b"RIFF\0\0\0\0WEBP" + NOISE, "an image"),
    "PDF": (b"%PDF-1.7\n" + NOISE, "a PDF document"),
    "a ZIP archive": (b"PK\3\4" + NOISE, "a ZIP archive"),
    "gzip in identity": (gzip.compress(gzip.compress(FEED)), "gzip data"),
    "SQLite": (b"SQLite format 3\0" + NOISE, ""),
    "a program": (b"\x7fELF" + NOISE, "a program"),
    "a film": (b"\0\0\0\x20ftypisom" + NOISE, "a film"),
    "JSON null": ("null", TEXT),
    "a JSON number": ("1", TEXT),
    "a JSON text": ('"feed"', TEXT),
    "a JSON list": ("[]", JSON),
    "a million [": ("[" * 1_000_000, JSON),
    "an empty object": ("{}", JSON),
    "half an object": ('{"version": "https://jsonfeed.org/version/1.1", "items": [{"id', "broken JSON"),
    "a million {": ("{" * 1_000_000, "broken JSON"),
    "objects in objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deep"),
    "lists in an object": ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
    "another version": ('{"version": "https://example.org/1", "items": []}', JSON),
    "a version that is a number": ('{"version": 1.1, "items": []}', JSON),
    "no items": ('{"version": "https://jsonfeed.org/version/1.1"}', "without its list of items"),
    "items that are an object": (
        '{"version": "https://jsonfeed.org/version/1.1", "items": {}}',
        "without its list",
    ),
    "NaN": ("{NaN: NaN}", "broken JSON"),
}


def feed(*items: Any, **more: Any) -> Case:
    """A JSON Feed with these items; those that are objects with an id are kept."""
    data = {"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": list(items)} | more
    kept = sum(isinstance(item, dict) and "id" in item for item in items)
    return reads(Reply(200, json.dumps(data).encode(), (("Content-Type", "application/feed+json"),)), kept)


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 10**400, "", " ", "\0", "\ud800", "x" * 100_000, [], [[]], [None], {}, {"a": 1},
    ["x"] * 10_000, [{"url": None}], "\x1b[31m", "javascript:alert(1)", "9999-99-99T99:99:99Z", "\u202egnp.exe",
)  # fmt: skip
KEYS = (
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image",
    "date_published", "date_modified", "authors", "author", "tags", "language", "attachments",
)  # fmt: skip


def item(number: int, **more: Any) -> dict[str, Any]:
    link = f"https://j.example/{number}"
    return {"id": f"{number}", "url": link, "title": f"Headline {number}", "content_text": "Text"} | more


CASES: dict[str, Case] = {
    **{f"body: {name}": fails(document(body), words) for name, (body, words) in TEXTS.items()},
    **{f"body that says {name!r}": fails(document(name), "") for name in NAMES},
    **{f"item with odd {key}": feed(*(item(n, **{key: odd}) for n, odd in enumerate(ODD)))
       for key in KEYS if key != "id"},
    "item with odd ids": Case(feed(*(item(n, id=odd) for n, odd in enumerate(ODD))).route, "", "ok"),
    **{f"JSON Feed with odd {key}": Case(feed(*({"id": f"{key}{n}", "title": f"{n}"} for n in range(3)),
                                              **{key: odd}).route, "", "ok", 3)
       for key in ("title", "home_page_url", "feed_url", "authors", "language", "icon", "hubs", "description")
       for odd in (10**400, "\ud800", [[{}]])[:1]},
    "tar around a feed": reads(document(tar())),
    "items of every type": feed(*ODD, item(1)),
    "5,000 items and more": Case(feed(*(item(n) for n in range(6_000))).route,
                                  "", "ok", 5_000),
    "keys twice": reads(document('{"version": "https://jsonfeed.org/version/1", "items": [{"id": "a", "id": "b",'
                                 ' "title": "c", "title": "d"}]}'), 1),
    "a number of a million digits": reads(document('{"version": "https://jsonfeed.org/version/1", "items": [{"id": '
                                                   + "9" * 1_000_000 + ', "title": "x"}]}'), 1),
}  # fmt: skip
