"""The whole main job with the installed command, against a real HTTP server with feeds of every format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from support.command import Folder
from support.server import Feed, Reply, Server, serve

ATOM = "{http://www.w3.org/2005/Atom}"

RSS_091 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.example/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>Café 0.91</title><link>https://s091.example/</link><description>d</description>
<language>fr</language><item><title>Où sont passés les bateaux du port</title><link>https://s091.example/1</link>
<description>Réponse : à l'abri.</description></item></channel></rss>"""

RSS_092 = """<?xml version="1.0" encoding="windows-1252"?>
<rss version="0.92"><channel><title>Ninety-two</title><link>https://s092.example/</link><description>d</description>
<item><title>“Curly quotes” come through</title><link>https://s092.example/1</link><description>Yes – they do.</description>
<enclosure url="https://s092.example/a.mp3" length="123" type="audio/mpeg"/></item></channel></rss>"""

RSS_10 = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://s10.example/"><title>RDF one</title><link>https://s10.example/</link><description>d</description>
<items><rdf:Seq><rdf:li rdf:resource="https://s10.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://s10.example/1"><title>An item outside of its channel</title><link>https://s10.example/1</link>
<dc:creator>Ada</dc:creator><dc:date>2026-03-01T10:00:00Z</dc:date></item></rdf:RDF>"""

RSS_20 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Two point oh</title><link>https://s20.example/</link><description>d</description>
<item><title>Bridge over the river reopens after nine years</title><link>https://s20.example/bridge?utm_source=rss&amp;id=7</link><guid isPermaLink="false">7</guid>
<dc:creator>Grace</dc:creator><category>Bridges</category><pubDate>Mon, 02 Mar 2026 08:00:00 +0100</pubDate>
<description>Short.</description><content:encoded><![CDATA[<p onclick="x()">Long <a href="/more">text</a><script>alert(1)</script></p>]]></content:encoded></item>
</channel></rss>"""

ATOM_03 = """<?xml version="1.0" encoding="UTF-8"?>
<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="en"><title>Old Atom</title>
<link rel="alternate" type="text/html" href="https://s03.example/"/><modified>2026-03-01T00:00:00Z</modified>
<entry><title>An entry of the old days</title><link rel="alternate" type="text/html" href="https://s03.example/1"/>
<id>tag:s03.example,2026:1</id><issued>2026-02-28T00:00:00Z</issued><modified>2026-03-01T00:00:00Z</modified>
<content type="text/html" mode="escaped">&lt;p&gt;Hello&lt;/p&gt;</content></entry></feed>"""

ATOM_10 = """<?xml version="1.0" encoding="UTF-16"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://s1.example/blog/"><title>New Atom</title><id>urn:uuid:60a76c80-d399-11d9-b93C-0003939e0af6</id>
<updated>2026-03-02T09:00:00Z</updated><link href="https://s1.example/"/>
<entry><title type="html">Bridge over the river &lt;em&gt;reopens&lt;/em&gt; after nine years</title><id>https://s1.example/blog/bridge</id><link href="bridge"/>
<updated>2026-03-02T09:00:00Z</updated><author><name>Linus</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>See <a href="other">other</a>.</p></div></content></entry></feed>"""

JSON_10 = {
    "version": "https://jsonfeed.org/version/1",
    "title": "JSON one",
    "home_page_url": "https://j10.example/",
    "items": [
        {
            "id": 1,
            "url": "https://j10.example/1",
            "content_text": "A note without any title at all",
            "author": {"name": "Kay"},
        }
    ],
}
JSON_11 = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "JSON eleven 📰",
    "items": [
        {"id": "a", "url": "https://j11.example/a", "title": "新しい橋が開通しました、九年ぶりの再開です", "content_html": "<p>はい</p>",
         "date_published": "2026-03-01T12:00:00+09:00", "language": "ja"}
    ],
}  # fmt: skip


def feeds() -> dict[str, Feed]:
    return {
        "/rss091": Feed(RSS_091.encode("iso-8859-1"), "text/xml"),
        "/rss092": Feed(RSS_092.encode("windows-1252"), "application/rss+xml"),
        "/rss10": Feed(RSS_10.encode(), "application/rdf+xml", gzip=True),
        "/rss20": Feed(RSS_20.encode(), "application/rss+xml", gzip=True),
        "/atom03": Feed(
            ATOM_03.encode(), "application/xml", last_modified="Mon, 02 Mar 2026 12:00:00 GMT", etag=None
        ),
        "/atom10": Feed(ATOM_10.encode("utf-16"), "application/atom+xml"),
        "/json10": Feed(json.dumps(JSON_10).encode(), "application/json"),
        "/json11": Feed(
            json.dumps(JSON_11, ensure_ascii=False).encode(), "application/feed+json; charset=utf-8"
        ),
    }


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    with serve({**feeds(), "/broken": Reply(500)}) as server:
        yield server


@pytest.fixture
def server(site: Server, folder: Folder) -> Server:
    """The server of all these feeds, which the folder subscribes to."""
    folder.configure([site.url(path) for path in (*feeds(), "/broken")])
    site.requests.clear()
    return site


@pytest.fixture(scope="module")
def once(site: Server, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("once"))
    folder.configure([site.url(path) for path in (*feeds(), "/broken")])
    assert folder.run("poll").code == 0
    return folder


@pytest.fixture
def polled(once: Folder, tmp_path: Path) -> Folder:
    """A folder where all of them have been polled."""
    return once.copy(tmp_path)


def test_the_main_job(folder: Folder, server: Server) -> None:
    first = folder.run("poll")
    assert first.code == 0, first.err
    lines = first.out.splitlines()
    assert sum(line.startswith("ok") for line in lines) == 8
    assert any(line.startswith("failing") and "500" in line and "/broken" in line for line in lines)

    stories = {story["link"]: story for story in folder.run("latest", "--json").json}
    assert set(stories) == {
        "https://s091.example/1",
        "https://s092.example/1",
        "https://s10.example/1",
        "https://s20.example/bridge?id=7",
        "https://s03.example/1",
        "https://j10.example/1",
        "https://j11.example/a",
    }
    bridge = stories["https://s20.example/bridge?id=7"]
    assert (bridge["title"], bridge["published"]) == (
        "Bridge over the river reopens after nine years",
        "2026-03-02T07:00:00Z",
    )
    assert (bridge["source"], bridge["authors"], bridge["tags"], bridge["summary"]) == (
        "Two point oh",
        ["Grace"],
        ["Bridges"],
        "Short.",
    )
    assert bridge["also"] == [
        {"feed": server.url("/atom10"), "source": "New Atom", "link": "https://s1.example/blog/bridge"}
    ]
    assert stories["https://s091.example/1"]["title"] == "Où sont passés les bateaux du port"
    assert stories["https://s092.example/1"]["title"] == "“Curly quotes” come through"
    assert stories["https://j11.example/a"]["title"].startswith("新しい橋")
    assert stories["https://j10.example/1"]["title"] == "A note without any title at all"
    assert set(bridge) == {
        "id", "atom_id", "title", "link", "published", "updated", "first_published", "feed", "source", "authors",
        "tags", "summary", "also", "related",
    }  # fmt: skip

    files = folder.published()
    assert {"feed.atom", "feed.json", "index.html", "subscriptions.opml"} <= set(files)
    atom = ElementTree.fromstring(files["feed.atom"])
    assert {entry.findtext(f"{ATOM}id") for entry in atom.iter(f"{ATOM}entry")} == {
        s["atom_id"] for s in stories.values()
    }
    assert b"<script" not in files["feed.atom"] + files["index.html"]
    assert "https://s20.example/more" in files["feed.atom"].decode()

    server.requests.clear()
    second = folder.run("poll", "--all")
    assert second.code == 0
    assert "8 unchanged" in second.out
    assert "Nothing changed" in second.out
    assert folder.published() == files
    conditional = [r for r in server.requests if r.header("If-None-Match") or r.header("If-Modified-Since")]
    assert len(conditional) == 8


def test_only_what_is_due_is_asked(polled: Folder, server: Server) -> None:
    assert "No feed of 9 is due" in polled.run("poll").out
    assert server.requests == []
    assert polled.run("poll", server.url("/rss20")).code == 0
    assert [request.target for request in server.requests] == ["/rss20"]
    assert polled.run("poll", "eleven").code == 0
    assert [request.target for request in server.requests] == ["/rss20", "/json11"]


def test_feeds_before_the_first_poll(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"])
    assert [feed["status"] for feed in folder.run("feeds", "--json").json] == ["new"]


def test_poll_as_json(folder: Folder, server: Server) -> None:
    answer = folder.run("poll", "--json").json
    assert {feed["status"] for feed in answer["feeds"]} == {"ok", "failing"}
    assert answer["new"] == 8
    assert answer["stories"] == 7
    assert {"feed.atom", "feed.json", "index.html", "subscriptions.opml"} <= set(answer["changed"])


def test_feeds(polled: Folder, server: Server) -> None:
    rows = {row["url"]: row for row in polled.run("feeds", "--json").json}
    broken = rows[server.url("/broken")]
    assert (broken["status"], broken["failures"], broken["entries"]) == ("failing", 1, 0)
    assert "500" in broken["last_error"]
    good = rows[server.url("/rss20")]
    assert (good["status"], good["entries"], good["last_error"]) == ("ok", 1, None)
    assert good["next_poll"] > good["last_attempt"]
    assert "every 1 h" in good["next_reason"]
    text = polled.run("feeds").out
    assert "Two point oh" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_export_elsewhere(polled: Folder) -> None:
    answer = polled.run("export", "--to", "elsewhere/news")
    assert answer.code == 0
    assert (polled.path / "elsewhere/news/feed.atom").read_bytes() == polled.published()["feed.atom"]
    assert "Nothing changed" in polled.run("export", "--to", "elsewhere/news").out


def test_latest_is_readable_at_eighty_columns(polled: Folder) -> None:
    out = polled.run("latest").out
    assert "\x1b" not in out
    assert "Bridge over the river reopens after nine years" in out
    assert all(len(line) <= 80 for line in out.splitlines() if "://" not in line)
    assert len(polled.run("latest", "-n", "2", "--json").json) == 2
    assert [s["source"] for s in polled.run("latest", "--feed", "eleven", "--json").json] == [
        "JSON eleven 📰"
    ]
    assert len(polled.run("latest", "--tag", "bridges", "--json").json) == 1
    assert polled.run("latest", "--tag", "none").code == 2


def test_no_program_is_taken_from_the_folder_of_the_feeds(folder: Folder, server: Server) -> None:
    for name in ("feedparser.py", "lxml.py", "aggregator.py", "json.py"):
        (folder.path / name).write_text("open('executed', 'w').write('x')\nraise SystemExit(9)\n")
    answer = folder.run("poll")
    assert answer.code == 0, answer.err
    assert "8 ok" in answer.out
    assert not (folder.path / "executed").exists()
