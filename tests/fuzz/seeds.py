"""Documents to begin with: small ones of our own in every format and, where there is one, a corpus of real and odd feeds."""

from __future__ import annotations

import json
from pathlib import Path

from support.feeds import numbered, rss

_LARGEST = 60_000  # bytes; what is larger is slow, and says little more

RICH_RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
 xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">
<channel><title>Harbour &amp; Hill</title><link>https://harbour.example/</link><description>Both of them</description>
<atom:link rel="self" href="https://harbour.example/feed.xml"/><atom:link rel="hub" href="https://hub.example/"/>
<language>en_gb</language><copyright>Ours</copyright><ttl>60</ttl><skipHours><hour>3</hour><hour>24</hour></skipHours>
<skipDays><day>Sunday</day></skipDays><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
<image><url>/logo.png</url><title>Logo</title><link>https://harbour.example/</link></image>
<item><title>Ferry to the island sails again after the storm</title><link>/news/ferry?utm_source=rss</link>
<guid isPermaLink="false">harbour-1</guid><pubDate>Mon, 02 Mar 2026 08:30:00 +0100</pubDate>
<author>ada@harbour.example (Ada Adler)</author><category domain="x">Sea</category><category>Island</category>
<description><![CDATA[<p>The <b>ferry</b> sails <a href="../times#today">again</a>.</p><img src="//cdn.example/f.jpg" width="1">]]></description>
<enclosure url="https://cdn.example/ferry.mp3" length="12345" type="audio/mpeg"/><slash:comments>3</slash:comments>
<source url="https://wire.example/feed">The Wire</source></item>
<item><title>&lt;i&gt;Hill&lt;/i&gt; fair: C++ &amp;amp; &lt;vector&gt;</title><link>https://harbour.example/2026/03/hill-fair.html</link>
<guid>https://harbour.example/2026/03/hill-fair.html</guid><dc:date>2026-03-01T23:59:60Z</dc:date><dc:creator>Bo</dc:creator>
<content:encoded>&lt;h2&gt;Fair&lt;/h2&gt;&lt;iframe src="https://www.youtube.com/embed/abcdefghijk"&gt;&lt;/iframe&gt;&lt;pre&gt;
a  b&lt;/pre&gt;&lt;video src="v.mp4" poster="p.png"&gt;&lt;/video&gt;</content:encoded><description>Short</description>
<media:content url="v.mp4" medium="video" fileSize="99"/><media:thumbnail url="/t.jpg"/>
<feedburner:origLink>https://harbour.example/2026/03/hill-fair</feedburner:origLink><itunes:image href="i.jpg"/></item>
<item><description>Neither title nor link, but words enough to make one of</description><pubDate>yesterday</pubDate></item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de-AT" xml:base="https://lamp.example/blog/"><id>tag:lamp.example,2020:feed</id>
<title type="html">Lamp&amp;amp;room</title><subtitle>Licht</subtitle><updated>2026-03-02T11:00:00+02:00</updated>
<link href="."/><link rel="self" href="atom"/><link rel="hub" href="https://hub.example/"/><icon>i.png</icon>
<author><name>Cleo</name><uri>/cleo</uri><email>cleo@lamp.example</email></author><rights>CC</rights>
<entry><id>tag:lamp.example,2026:1</id><title>Ferry to the island sails again after the storm</title>
<link href="2026/1"/><link rel="enclosure" href="1.ogg" type="audio/ogg" length="7"/><category term="light" label="Light"/>
<published>2026-03-02T09:00:00Z</published><updated>2026-03-02T10:00:00.5Z</updated>
<summary>Kurz</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Lang <em>und</em> breit</p>
<table><tr><td colspan="2">x</td></tr></table></div></content></entry>
<entry xml:lang="he"><id>urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a</id><title type="text">שלום &lt;b&gt;</title>
<link rel="alternate" type="text/html" href="https://lamp.example/2"/><updated>2026-02-30T00:00:00Z</updated>
<content type="html" xml:base="deep/">&lt;p&gt;&lt;a href="x"&gt;y&lt;/a&gt;&lt;/p&gt;</content>
<source><id>urn:s</id><title>Elsewhere</title><link href="https://elsewhere.example/"/></source></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://rdf.example/"><title>日の出</title>
<link>https://rdf.example/</link><description>d</description></channel><item rdf:about="https://rdf.example/1">
<title>港の渡し船が嵐の後に再び出航する</title><link>https://rdf.example/1</link><dc:date>2026-03-02</dc:date>
<dc:subject>海</dc:subject><description>短い</description></item></rdf:RDF>"""

JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Kettle",
        "home_page_url": "https://kettle.example/",
        "feed_url": "https://kettle.example/feed.json",
        "language": "en",
        "icon": "/i.png",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
        "authors": [{"name": "Dee", "url": "/dee"}],
        "items": [
            {
                "id": 7,
                "url": "https://kettle.example/7?utm_medium=feed",
                "title": "Ferry to the island sails again after the storm",
                "content_html": "<p>Tea <img src='k.jpg' onerror=x> time</p>",
                "summary": "Tea",
                "image": "https://kettle.example/k.jpg",
                "date_published": "2026-03-02T09:30:00-05:00",
                "date_modified": "2026-03-02T15:00:00Z",
                "tags": ["tea", "Tea", ""],
                "attachments": [{"url": "t.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1.5e3}],
            },
            {"id": "8", "content_text": "Plain\n\nwords & <tags>", "external_url": "http://[::1]:80/x"},
        ],
    },
    ensure_ascii=False,
)

OWN = (
    *(text.encode() for text in (RICH_RSS, ATOM, RDF, JSON, ATOM.replace("2005", "2006"))),
    rss(*numbered(range(6))),
    RICH_RSS.encode("utf-16"),
    RDF.encode("euc-jp"),
)


def seeds(corpus: Path | None) -> tuple[bytes, ...]:
    """Our own, and the corpus's documents of a size that can be played often; in the same order each time."""
    if corpus is None:
        return OWN
    files = (path for kind in ("odd", "real") for path in sorted((corpus / kind / "files").rglob("*")))
    return OWN + tuple(
        path.read_bytes() for path in files if path.is_file() and path.stat().st_size <= _LARGEST
    )
