"""What is no feed, said in words its owner understands; and what is kept from the libraries underneath."""

from __future__ import annotations

import ast
import http.server
import threading
import zlib
from pathlib import Path

import pytest

import aggregator.parse
from aggregator.errors import ParseError
from aggregator.parse import parse

URL = "https://news.example/feed.xml"
FEED = '<rss version="2.0"><channel><title>News</title><item><title>One</title></item></channel></rss>'


def reason(body: str | bytes) -> str:
    with pytest.raises(ParseError) as caught:
        parse(body.encode() if isinstance(body, str) else body, "text/html", URL)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty document"),
        (b" \r\n\t ", "empty document"),
        (b"\xef\xbb\xbf", "empty document"),
        (b"\xef\xbb\xbf \n", "empty document"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF<rdf:RDF></rdf:RDF>", "a JPEG image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (zlib.compress(b"x", wbits=31), "gzip data inside of what was decompressed"),
        (b"\0\0\0\x20ftypisom", "a film or sound file (MP4)"),
        (b"\1\2\0\0\3\4", "binary data, not a feed"),
        ("Not Found", "text, not a feed"),
        ("<?xml version='1.0'?>", "text, not a feed"),
        ("<!-- nothing", "text, not a feed"),
        ("<!doctype html><html><head><title>Hi</title></head></html>", "an HTML page, not a feed"),
        ('<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>', "an HTML page, not a feed"),
        ("<p>Gone fishing", "an HTML page, not a feed"),
        ('<html><form><input type="password" name="p"></form></html>', "a login page (HTML), not a feed"),
        ("<html><title>Just a moment...</title></html>", "a page that keeps robots out (HTML), not a feed"),
        ("<html>This domain is for sale!</html>", "a parked domain (HTML), not a feed"),
        ('<opml version="2.0"><body/></opml>', "a list of subscriptions (OPML), not a feed"),
        ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "a sitemap, not a feed"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><metadata><rdf:RDF/></metadata></svg>', "an SVG image"),
        (
            "<Error><Code>AccessDenied</Code></Error>",
            "an error message of the server (XML), not a feed",
        ),
        ("<recipe><rice/></recipe>", "XML, but not a feed: it begins with <recipe>"),
        ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "XML that begins as a feed"),
    ],
)
def test_what_it_is_instead(body: str | bytes, words: str) -> None:
    assert reason(body).startswith(words)


def test_a_page_is_not_searched_for_feeds() -> None:
    assert reason(f"<html><body><pre>{FEED}</pre></body></html>") == "an HTML page, not a feed"
    assert reason(f"<html><body>See: {FEED}</body></html>") == "an HTML page, not a feed"
    assert reason(f"<html><body>{FEED}See</body></html>") == "an HTML page, not a feed"
    assert reason(f"<html><body>{FEED}{FEED}</body></html>") == "an HTML page, not a feed"
    assert reason(f"<html><script>x = '{FEED}'</script></html>") == "an HTML page, not a feed"


RSS_LINK = '<link rel="alternate" type="application/rss+xml" href="/rss?a=1&amp;b=2" title="News">'


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (RSS_LINK, "; it links to https://news.example/rss?a=1&b=2"),
        (RSS_LINK * 2, "; it links to https://news.example/rss?a=1&b=2"),
        (
            "<LINK TYPE='application/atom+xml; charset=utf-8' REL='alternate home' HREF=atom.xml />",
            "; it links to https://news.example/atom.xml",
        ),
        (
            RSS_LINK + "<link rel=alternate type=application/feed+json href=//j.example/f.json>",
            "; it links to https://news.example/rss?a=1&b=2, https://j.example/f.json",
        ),
        (
            "".join(RSS_LINK.replace('"/rss', f'"/{n}') for n in range(5)),
            "; it links to "
            + ", ".join(f"https://news.example/{n}?a=1&b=2" for n in range(3))
            + " and 2 more",
        ),
        (RSS_LINK.replace("alternate", "stylesheet"), ""),
        (RSS_LINK.replace("/rss?a=1&amp;b=2", "javascript:alert(1)"), ""),
        (RSS_LINK.replace("application/rss+xml", "text/html"), ""),
    ],
)
def test_a_page_that_links_to_feeds_names_them(head: str, named: str) -> None:
    page = f"<!doctype html><html><head><title>Hi</title>{head}</head><body></body></html>"
    assert reason(page) == f"an HTML page, not a feed{named}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<a href="/feed/">RSS</a>', "an HTML page, not a feed; it links to https://news.example/feed/"),
        (
            '<p><a href="news.rss">RSS</a></p>',
            "an HTML page, not a feed; it links to https://news.example/news.rss",
        ),
        (
            f"<noscript>{RSS_LINK}</noscript>",
            "an HTML page, not a feed; it links to https://news.example/rss?a=1&b=2",
        ),
        (
            f'{RSS_LINK}<input type="password">',
            "a login page (HTML), not a feed; it links to https://news.example/rss?a=1&b=2",
        ),
        (
            f"{RSS_LINK}recaptcha",
            "a page that keeps robots out (HTML), not a feed; it links to https://news.example/rss?a=1&b=2",
        ),
        ('<a href="/feedback">Tell us</a>', "an HTML page, not a feed"),
    ],
)
def test_feeds_that_a_page_links_to_anywhere_are_named(body: str, words: str) -> None:
    assert reason(f"<!doctype html><html><head><title>Hi</title></head><body>{body}</body></html>") == words


# ---------------------------------------------------------------- nothing but the bytes is read


def test_bytes_that_name_a_file_do_not_open_it(tmp_path: Path) -> None:
    """feedparser opens the file that its argument names, if it is given bytes or text."""
    file = tmp_path / "secret.xml"
    file.write_text(FEED)
    assert reason(str(file)) == "text, not a feed"


def test_bytes_that_are_an_address_do_not_fetch_it() -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        assert reason(url) == "text, not a feed"
        outside = f'<!DOCTYPE rss SYSTEM "{url}dtd">' + FEED.replace("<rss", f'<rss xmlns="{url}ns"')
        assert parse(outside.encode(), None, url).title is not None
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


def test_only_one_file_imports_feedparser() -> None:
    room = Path(aggregator.parse.__file__).parent
    importing = {
        file.name
        for file in room.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and "feedparser" in (getattr(node, "module", None) or "", *(name.name for name in node.names))
    }
    assert importing == {"lenient.py"}


# ---------------------------------------------------------------- entities

NESTED = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE rss [<!ENTITY l0 "ha">{NESTED}]>',
        f'<!DOCTYPE rss [<!ENTITY a "{"x" * 10_000}">]>',
        '<!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY % remote SYSTEM "http://127.0.0.1/">%remote;]>',
        '<!DOCTYPE rss [<!ENTITY % a "b">]>',
        '<!DOCTYPE rss [<!ENTITY a "100%">]>',
        "<!DOCTYPE rss [" + "".join(f'<!ENTITY a{n} "b">' for n in range(4_000)) + "]>",
        f'<!DOCTYPE rss [<!ENTITY b "{"x" * 99}">]>' + FEED.replace("One", "&b;" * 20_000),
        '<!DOCTYPE rss [<!-- <rss> --><!ENTITY a "&b;">]>',
        '<!DOCTYPE rss [<!ELEMENT rss ANY>\n\n  <!entity a "&b;">]>',
        '<?x <a> ?><!-- <b> --><!DOCTYPE rss [<!ENTITY a "<c>">]>',
    ],
)
def test_declared_entities_are_refused(doctype: str) -> None:
    words = "declares XML entities that could harm, which are refused"
    assert reason(doctype + FEED.replace("One", "&a;" * 1000)) == words


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE rss SYSTEM "rss.dtd">' + FEED,
        "<!DOCTYPE rss [<!ELEMENT rss ANY>]>" + FEED,
        FEED.replace("One", "<![CDATA[How <!ENTITY works]]>"),
        FEED.replace("One", "&lt;!DOCTYPE x [&lt;!ENTITY a 'b'>]>"),
    ],
)
def test_a_doctype_and_talk_of_entities_are_not(text: str) -> None:
    assert len(parse(text.encode(), None, URL).entries) == 1


# ---------------------------------------------------------------- what would take hours, or all memory

LONG = 60_000
QUICK = {
    "a run of encodings in one line": "<?xml " + "encoding='x' " * LONG + "?>" + FEED,
    "the same without an end": "<?xml " + "encoding='x' " * LONG + "<rss/>" + FEED,
    "line breaks before the root": '<?xml version="1.0"?>' + "\n" * 10 * LONG + FEED,
    "comments before the root": "<!---->" * LONG + FEED,
    "tags that never end": FEED.replace("One", "<a " * 10_000),
    "quotes that never end": FEED.replace("One", '<a b="' * 10_000),
    "declarations that never end": FEED.replace("One", "<!a" * 10_000),
    "elements in elements": FEED.replace("One", "<a>" * 10_000),
    "relative bases in relative bases": FEED.replace("One", '<a xml:base="x/">' * 1_000),
}


@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK)
def test_these_are_read(text: str) -> None:
    assert len(parse(text.encode(), None, URL).entries) <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FEED.replace("<title>One", f"<author>{'a' * LONG}</author><title>"), "author's name"),
        (FEED.replace("<title>One", f"<author><![CDATA[{'a' * LONG}]]></author><title>"), "author's name"),
        (FEED.replace("<rss", f'<rss xml:base="http://x.example/{"a" * LONG}"'), "xml:base"),
        (FEED.replace("<item", f"<item xml:base = 'http://x.example/{'&#97;' * LONG}'"), "xml:base"),
    ],
)
def test_these_are_read_where_they_are_well_formed_and_refused_unread_where_they_are_not(
    text: str, words: str
) -> None:
    assert len(parse(text.encode(), None, URL).entries) == 1
    assert words in reason(text.replace("</item>", "<b></item>"))
