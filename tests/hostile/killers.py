"""Documents that take a reader hours or gigabytes, or make it raise: in its XML, its HTML, its links and dates."""

from __future__ import annotations

from hostile.case import Case, document, held
from hostile.xml import rss

SPACES = (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>x</title>'
JSON = '{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": '


def item(inside: str) -> str:
    return rss(f"<item><title>One</title>{inside}</item>", root=SPACES)


def text(html: str) -> str:
    return item(f"<description>{html.replace('<', '&lt;')}</description>")


def titles(title: str, count: int = 500) -> str:
    return rss("".join(f"<item><title>{n} {title}</title></item>" for n in range(count)))


def links(rest: str, count: int = 200) -> str:
    items = (f"<item><title>{n}</title><link>http://x.example/{n}{rest}</link></item>" for n in range(count))
    return rss("".join(items))


def dates(date: str) -> str:
    return rss("".join(f"<item><title>{n}</title><pubDate>{date}</pubDate></item>" for n in range(500)))


KNOWN = {
    "a run of encodings in one line": "<?xml " + "encoding='x' " * 60_000 + "?>" + rss(),
    "the same without an end": "<?xml " + "encoding='x' " * 60_000 + rss(),
    "line breaks before the root": "\n" * 900_000 + rss(),
    "comments before the root": "<!---->" * 100_000 + rss(),
    "instructions before the root": "<?x ?>" * 100_000 + rss(),
    "declarations before the root": "<!x " * 200_000 + rss(),
    "half roots before the root": "<x " + "<rss" * 40_000 + rss(),
    "a root again and again": "<a>" + "<rss " * 40_000,
    "a long author": item(f"<author>{'a' * 60_000}</author>"),
    "a long author in CDATA": item(f"<dc:creator><![CDATA[{'a.' * 30_000}]]></dc:creator>"),
    "many longish authors": item(f"<author>{'a' * 990}</author>" * 800),
    "half mail addresses": item(f"<author>{'a@b (' * 10_000}</author>"),
    "a long style": text(f"<p style='{'a:b;' * 15_000}'>x"),
    "a long base": rss(root=f' xml:base="http://x.example/{"a" * 60_000}"'),
    "a namespace of 40 KB": rss("<a:b/>" * 50_000, root=f' xmlns:a="{"x" * 40_000}"'),
    "a namespace of 400 KB": rss("<a:b/>" * 5_000, root=f' xmlns:a="{"x" * 400_000}"'),
    "a polygon": item(f"<georss:polygon>{'1 2 ' * 50_000}</georss:polygon>"),
    "places in places": item("<georss:where><gml:Polygon>" * 3_000),
    "halves of characters": item("<b>&#55357;</b>" * 50_000),
    "keywords": item(f"<itunes:keywords>{'a ' * 100_000}</itunes:keywords>"),
    "base64": ATOM + f'<content type="application/octet-stream">{"QUJD" * 100_000}</content></entry></feed>',
    "skipped hours": rss(channel="<skipHours>" + "<hour>1</hour>" * 20_000 + "</skipHours>"),
    "items in items": rss("<item><title>x</title>" * 5_000),
    "Atom links": ATOM + '<link href="http://x.example/"/>' * 20_000 + "</entry></feed>",
    "Atom persons": ATOM + "<author><name>a</name><email>b@c</email></author>" * 10_000 + "</entry></feed>",
}

LOOSE = {
    f"not well formed: {piece}": item(piece * (300_000 // len(piece)))
    for piece in (
        "<", "<a ", "<a b=c ", '<a b="', "<a b='", "<a =", "</", "<!", "<![", "<![CDATA[", "<!--", "<?",
        "<!DOCTYPE x [", "]]>", "&", "&x;", "&#", "&#x41", "<a>", "</a>", "<a><b></a></b>", "<title>",
        "<description>x", "<content>", "<link>", "<a\0",
    )
}  # fmt: skip

HTML = {
    f"HTML: {name}": text(html)
    for name, html in {
        "formatting in paragraphs": ("<b><i><u><a href=y>" * 60 + "<p>x" * 130) * 60,
        "bold and paragraphs": "<b><p>" * 20_000,
        "tables in tables": "<table><tr><td>" * 10_000,
        "links in links": "<a href=x>" * 30_000,
        "selections": "<select><option>" * 10_000,
        "attributes": "<p " + "".join(f"a{n}=b " for n in range(20_000)) + ">x",
        "an attribute": f"<p title='{'x' * 500_000}'>x",
        "references": "&amp;amp;" * 50_000,
        "rubies": "<ruby><rt>" * 20_000,
        "drawings": "<svg><g/></svg>" * 20_000,
        "drawings in formulas": "<math><mi><svg><desc>" * 5_000,
        "templates": "<template>" * 20_000,
        "frames": "<iframe>" * 20_000,
        "frames without end": "<iframe src=x " * 20_000,
        "comments": "<!--" * 50_000,
        "scripts": "<script>" * 20_000,
        "pictures as data": f"<img src='data:image/png;base64,{'QUJD' * 100_000}'>" * 2,
        "data that never ends": "data:a/b;base64," * 20_000,
        "half tags": "<a " * 50_000,
        "ampersands": "&" * 200_000,
        "formatting, 399 tags at a time": ("<b>" * 190 + "<p>" * 190) * 50,
    }.items()
}

VALUES = {
    "titles that NFKC makes long": titles("\ufdfa" * 900),
    "titles of accents": titles("a" + "\u0301" * 900),
    "titles of punctuation": titles("…“”’!?:;" * 120),
    "titles of bars": titles("| a " * 250),
    "titles of hyphens": titles(" - " * 300),
    "titles of numbers": titles("1." * 450),
    "titles of references": titles("&amp;amp;amp;" * 300),
    "titles of tags": titles("&lt;b>" * 300),
    "links of dots": links("/a/.." * 1_500),
    "links of slashes": links("/" * 7_000),
    "links of index pages": links("/index.html" * 700),
    "links of AMP": links("/amp" * 1_900),
    "links of escapes": links("%41" * 2_500),
    "links of parameters": links("?" + "utm_x=1&amp;" * 700),
    "links of sessions": links(";sid=1" * 1_200),
    "links in links": links("?url=" + "http://www.google.com/url?q=" * 250),
    "links of labels": links("").replace("http://", "http://" + "www." * 1_500),
    "dates of numbers": dates("1 " * 450),
    "dates of weekdays": dates("Mon, " * 180),
    "dates of digits": dates("9" * 900),
    "dates of colons": dates("1:" * 450),
    "dates of hyphens": dates("1-" * 450),
    "dates of letters": dates("T" * 900),
}

NUMBERS = {
    "JSON: lists in items": JSON + "[" * 900 + "]" * 900 + "}",
    "JSON: escapes": JSON + '[{"id": "' + "\\u0041" * 150_000 + '"}]}',
    "JSON: half escapes": JSON + '[{"id": "1", "title": "' + "\\ud83d" * 100_000 + '"}]}',
    "JSON: numbers": JSON + "[" + "1e9," * 200_000 + "1]}",
    "JSON: keys": JSON + "[], " + ", ".join(f'"k{n}": 1' for n in range(50_000)) + "}",
    "JSON: spaces": JSON + " " * 900_000 + "[]}",
}

CASES: dict[str, Case] = {
    name: held(document(body)) for name, body in (KNOWN | LOOSE | HTML | VALUES | NUMBERS).items()
}
