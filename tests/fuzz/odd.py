"""Values that break readers of feeds: the tables that the mutators choose from."""

from __future__ import annotations

from support.attacks import BREAKOUTS, VECTORS

NUMBERS = (
    *("", "0", "-1", "1e999", "NaN", " 1 ", "1.5", "00012", "0x10", "१२", "²", "+5", "1_000"),
    *("2147483648", "9223372036854775808", "9" * 16, "9" * 400),
)

DATES = (
    *("", "0", "-1", "0000-00-00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "10000-01-01"),
    *(
        "2026-02-30",
        "2026-03-02T24:00:00Z",
        "2026-03-02T12:00:60Z",
        "2026-03-02T12:00:00+99:99",
        "2026-W53-7",
    ),
    *(
        "Mon, 02 Mar 2026 12:00:00 +9999999",
        "Mon, 02 Mar 26 12:00 PM",
        "32 Mar 2026",
        "1772452800",
        "1772452800000",
    ),
    *("Sun, 06 Nov 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359", "2026-03-02T12:00:00.123456789Z"),
    *(
        "２０２６-０３-０２",
        "오후 3:04",
        "2 marca 2026",
        "12/31/69 23:59",
        "1969-12-31",
        "99999999999999",
        "20260302",
    ),
    *(
        "Mon, 02 Mar 2026 12:00:00 GMT",
        "2026-03-01T12:00:00Z",
        "2025-03-02T12:00:00Z",
        "2031-01-01T00:00:00Z",
    ),
)

LINKS = (
    *(
        "",
        " ",
        "#",
        "?",
        "/",
        "//",
        "///x",
        ".",
        "http://",
        "http:///",
        "http://[",
        "http://[::1]/",
        "http://%zz/",
    ),
    *(
        "https://x.example:99999/",
        "https://x.example:0/",
        "https://a:b@x.example/",
        "javascript:alert(1)",
        "data:,x",
    ),
    *(
        "mailto:a@b.example",
        "HTTP://X.EXAMPLE./a/../b/%7e%e4?b=2&a=1#f",
        "https://x.example/%",
        "https://xn--a.example/",
    ),
    *(
        "https://ü.example/ü?ü#ü",
        "https://x.example/a b|c[d]{e}^`\\",
        "https://x.example/\ud83d",
        "file:///etc/passwd",
    ),
    *(
        "https://news.google.com/rss/articles/x?url=https%3A%2F%2Fy.example",
        "https://doi.org/10.1000/%2e%2e//182.",
    ),
    *(
        "https://x.example/amp/amp.html/amp",
        "https://x.example/;jsessionid=1;sid=2/index.html",
        "http:x",
        "https:\\\\x\\y",
    ),
    *(
        "https://x.example/?" + "a=1&" * 3000,
        "https://x.example/" + "../a" * 800,
        "https://" + "a." * 130 + "example/",
    ),
    *(
        "https://www.youtube.com/watch?v=abcdefghijk",
        "https://youtu.be/abcdefghijk",
        "https://arxiv.org/abs/2603.00001v2",
    ),
    *(
        "https://harbour.example/2026/03/hill-fair.html",
        "https://lamp.example/2",
        "https://0x7f.1/",
        "ftp://x.example/",
    ),
)

TEXTS = (
    *VECTORS.values(),
    *BREAKOUTS.values(),
    *(
        "",
        " ",
        "\n",
        "\t\r\n",
        "\u2028\u2029\x85",
        "\xa0",
        "\u200b\u200d\ufeff",
        "\u202e\u2066abc",
        "A" * 5000,
    ),
    *(
        "\ufdd0\ufffe\uffff\U0001ffff",
        "\x00\x01\x0b\x1b[31m\x7f\x9b",
        "e\u0301\u0345" * 50,
        "\u0f71\u0f72\u0f73" * 40,
    ),
    *(
        "ǅ ﬃ İ ı ß ẞ ſ ﷺ" * 3,
        "🏳️‍🌈👩‍👩‍👧",
        "ก็็็็็็",
        "̈́͆͊" * 30,
        "한국어 뉴스 속보 오늘",
        "日本語の見出しはとても長いものである",
    ),
    *(
        "&",
        "&amp;amp;amp;lt;b&amp;amp;amp;gt;",
        "&#0;",
        "&#x1F600;",
        "&#xD83D;&#xDE00;",
        "&#55357;",
        "&#x110000;",
        "&nbsp;&copy;&bogus;",
    ),
    *(
        "&#128;&#150;",
        "&#1;",
        "&#" + "9" * 50 + ";",
        "&lt;script&gt;x&lt;/script&gt;",
        "<![CDATA[x]]>",
        "]]>",
        "<!--",
        "-->",
    ),
    *(
        "<b>" * 300,
        "<div>" * 3000,
        "<a href=x>" * 60,
        "<table><tr><td>" * 40,
        "&" * 3000,
        "<p>" + "x " * 2000,
    ),
    *(
        "<svg><p><style><a title='</style><img src=x onerror=alert(1)>'>",
        "<pre>\n\n\nx</pre>",
        "<plaintext>",
        "<xmp>",
    ),
    *(
        "<img src=x>",
        "<a href='/rel?x=1&y=2#z'>z</a>",
        "<video src=v poster=p controls autoplay></video>",
        "<li value=9>",
    ),
    *(
        "Weekly links 12",
        "Untitled",
        "Episode 7",
        "Ferry to the island sails again after the storm",
        "%s %d {0} {{x}}",
    ),
    *("Sponsored horoscope", "'; DROP TABLE entries; --", "\\", "\\u0000", '"', "NEAR(a b) OR -c*"),
)

ATTRIBUTES = (
    *(
        'xml:base="http://["',
        'xml:base="//b.example/c/"',
        'xml:lang=""',
        'xml:lang="x-klingon"',
        'type="xhtml"',
    ),
    *(
        'type="html"',
        'type="text"',
        'type="text/plain"',
        'type="image/png"',
        'src="https://x.example/"',
        'mode="base64"',
    ),
    *(
        'mode="escaped"',
        'isPermaLink="true"',
        'isPermaLink="false"',
        'rel="enclosure"',
        'rel="alternate"',
        'href=""',
    ),
    *(
        'rel="self"',
        'href="x"',
        'length="-5"',
        'xmlns="urn:x"',
        'xmlns=""',
        'xmlns:dc="urn:y"',
        'rdf:parseType="Literal"',
    ),
)

ELEMENTS = (
    *(
        "<item>",
        "</item>",
        "<entry>",
        "</entry>",
        "<item/>",
        "<title/>",
        "<link/>",
        "<guid/>",
        "</channel>",
        "<channel>",
    ),
    *(
        "<links a='b'/>",
        "<authors>a</authors>",
        "<entries a='b'/>",
        "<published_parsed>x</published_parsed>",
        "<svg>",
    ),
    *(
        "<title_detail a='b'/>",
        "<content src='x'/>",
        "<textInput><title>t</title></textInput>",
        "<image><title>i</title>",
    ),
    *(
        "<source><author><name>s</name></author></source>",
        "<dc:date>x</dc:date>",
        "<pubDate>2026-03-02</pubDate>",
    ),
    *(
        "<georss:point>1</georss:point>",
        "<media:group><media:content url='a'/></media:group>",
        "<psc:chapters/>",
    ),
    *("<itunes:keywords>a,b c</itunes:keywords>", "<category/>", "<enclosure/>", "<comments>x</comments>"),
    *(
        "<media:rating scheme='x'/>",
        "<cc:license rdf:resource='x'/>",
        "<feedburner:origLink>x</feedburner:origLink>",
    ),
    *(
        "<!DOCTYPE rss [",
        "<!ENTITY a 'b'>",
        "<?xml version='1.1' encoding='x'?>",
        "<?php echo ?>",
        "<html><body>",
    ),
    *("<rss version='0.91'>", "<feed version='0.3' xmlns='http://purl.org/atom/ns#'>", "<rdf:RDF>"),
)

CODECS = (
    *(
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-be",
        "latin-1",
        "cp1252",
        "cp037",
        "utf-7",
    ),
    *("shift_jis", "euc-jp", "gb18030", "big5", "koi8-r", "iso2022_jp", "hz", "cp437"),
)

LABELS = (
    *(
        "utf-8",
        "UTF8",
        "utf-16",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "x-sjis",
        "gb2312",
        "none",
        "",
        "rot13",
    ),
    *(
        "unicode_escape",
        "idna",
        "punycode",
        "base64",
        "utf-8-sig",
        "mbcs",
        "undefined",
        "x" * 60,
        "utf-7",
        "cp037",
    ),
    *("raw_unicode_escape", "hex", "zlib", "iso2022_kr", "hz", "cp65001", "big5-hkscs"),
)

CONTENT_TYPES = (
    *(
        None,
        None,
        "",
        "text/xml",
        "application/rss+xml; charset=utf-8",
        "application/atom+xml",
        "application/json",
    ),
    *(
        "text/html; charset=iso-8859-1",
        "application/feed+json;charset=UTF-16",
        'text/xml; charset="utf-7',
        ";;=;charset=",
    ),
)
