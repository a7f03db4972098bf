"""Feeds whose entries are odd: ids, links, titles and dates that are missing, double, huge or of another kind."""

from __future__ import annotations

import itertools

from hostile.case import Case, document, reads

COUNT = itertools.count()

# Each stands where an id, a link, a title, a date, a text, an author or a category should be.
ODD = {
    "nothing": "",
    "spaces": " \n\t ",
    "zero": "0",
    "zeros in front": "00123",
    "an exponent": "1e5",
    "a fraction": "1.0",
    "less than zero": "-1",
    "a long number": "9" * 40,
    "hexadecimal": "0x1F",
    "infinity": "Infinity",
    "NULL": "NULL",
    "null": "null",
    "None": "None",
    "NaN": "nan",
    "true": "true",
    "undefined": "undefined",
    "a NUL": "a&#0;b",
    "a control character": "a&#7;b",
    "an escape code": "a&#27;[31mb",
    "half a character": "a&#xD800;b",
    "no character": "a&#xFFFE;b",
    "emoji": "\U0001f600 \U0001f468‍\U0001f469‍\U0001f467",
    "text that turns round": "abc\u202edef",
    "spaces of no width": "\u200b\ufeff\u2060",
    "accents upon accents": "a" + "\u0301" * 500,
    "line breaks": "a\nb\r\nc",
    "a script": "<![CDATA[<script>alert(1)</script>]]>",
    "a picture that acts": "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "a script's address": "javascript:alert(1)",
    "data": "data:text/html,<![CDATA[<script>alert(1)</script>]]>",
    "a file": "file:///etc/passwd",
    "a path": "../../../../etc/passwd",
    "an address": "http://10.0.0.1/",
    "an address with a password": "http://ann:s3cret@x.example/",
    "half an address": "http://[",
    "an address without a host": "http:///x",
    "SQL": "'; DROP TABLE entries; --",
    "a template": "{{ 7*7 }} ${7*7} %(x)s {0}",
    "markup of a terminal": "[bold red]x[/]",
    "a megabyte": "x" * 1_000_000,
    "a megabyte of words": "word " * 200_000,
    "ten thousand lines": "a\n" * 10_000,
    "an element": "<b>a</b>",
    "an element that is empty": "<b/>",
    "CDATA that is empty": "<![CDATA[]]>",
    "a reference twice": "&amp;amp;lt;",
}
PLACES = {
    "id": "<guid>{}</guid>",
    "link": "<link>{}</link>",
    "title": "<title>{}</title>",
    "date": "<pubDate>{}</pubDate>",
    "text": "<description>{}</description>",
    "author": "<author>{}</author>",
    "category": "<category>{}</category>",
    "enclosure": '<enclosure url="https://x.example/a.mp3" length="{0}" type="{0}"/>',
}


def feed(odd: str) -> bytes:
    """Three entries; the second has this in it, and besides only what it does not replace."""
    number = next(COUNT)
    parts = {
        "<guid": f"<guid>id {number}</guid>",
        "<link": f"<link>https://odd.example/{number}</link>",
        "<title": f"<title>Headline {number} that says enough to be told apart</title>",
        "<pubDate": "<pubDate>Mon, 02 Mar 2026 12:00:00 GMT</pubDate>",
    }
    inside = odd + "".join(part for tag, part in parts.items() if not odd.startswith(tag))
    around = [
        f"<item><guid>{n} of {number}</guid><title>{n} of {number}</title></item>" for n in ("first", "last")
    ]
    items = f"{around[0]}<item>{inside}</item>{around[1]}"
    return f'<rss version="2.0"><channel><title>Odd</title>{items}</channel></rss>'.encode("utf-8", "replace")


def attribute(value: str) -> str:
    return value.replace("<![CDATA[", "").replace("]]>", "").replace("<", "&lt;").replace('"', "&quot;")


def items(*inside: str) -> bytes:
    body = "".join(f"<item>{each}</item>" for each in inside)
    return f'<rss version="2.0"><channel><title>Odd</title>{body}</channel></rss>'.encode()


N = 300
MANY = {
    "without ids": (items(*(f"<title>a {n}</title><link>https://a.example/{n}</link>" for n in range(N))), N),
    "without links": (items(*(f"<title>b {n}</title><guid>b{n}</guid>" for n in range(N))), N),
    "without titles": (items(*(f"<guid>c{n}</guid><description>c {n}</description>" for n in range(N))), N),
    "with titles alone": (items(*(f"<title>d {n}</title>" for n in range(N))), N),
    "with texts alone": (items(*(f"<description>e {n}</description>" for n in range(N))), N),
    "with nothing": (items(*[""] * N), 0),
    "all the same": (items(*["<guid>f</guid><title>f</title><link>https://f.example/f</link>"] * N), 1),
    "of one id": (
        items(*(f"<guid>1</guid><title>g {n}</title><link>https://g.example/{n}</link>" for n in range(N))), N,
    ),
    "of one link": (
        items(*(f"<guid>h{n}</guid><title>h {n}</title><link>https://h.example/x</link>" for n in range(N))), N,
    ),
    "of one title": (
        items(*(f"<guid>i{n}</guid><title>All of one</title><link>https://i.example/{n}</link>" for n in range(N))),
        N,
    ),
    "5,000 of one id": (
        items(*(f"<guid>1</guid><title>j {n}</title><link>https://j.example/{n}</link>" for n in range(4_999))),
        4_999,
    ),
    "5,000 of one title": (
        items(*(f"<guid>k{n}</guid><title>A headline that all share</title>" for n in range(4_999))), 4_999,
    ),
    "each twice": (items(*(f"<guid>l{n // 2}</guid><title>l {n // 2}</title>" for n in range(N))), N // 2),
}  # fmt: skip

CASES: dict[str, Case] = {
    **{
        f"{place} of {name}": reads(
            document(feed(tag.format(attribute(odd) if "=" in tag else odd)), "application/rss+xml"), 3
        )
        for place, tag in PLACES.items()
        for name, odd in ODD.items()
    },
    **{f"entries {name}": reads(document(body), count) for name, (body, count) in MANY.items()},
}
