"""One feed of each format, with all that the format has to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.dates import parse_date
from aggregator.models import Enclosure, ParsedFeed, Person, PollHints, Text
from aggregator.parse import parse

URL = "https://lighthouse.example/feeds/all.xml"


def read(document: str) -> ParsedFeed:
    return parse(document.encode(), "application/xml", URL)


def moment(date: str | None) -> datetime | None:
    found = parse_date(date or "")
    return found.when if found else None


def test_rss_2_0() -> None:
    feed = read("""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"
  xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">
<channel>
  <title>Lighthouse News</title>
  <link>https://lighthouse.example/</link>
  <description>Lamps &amp;amp; lenses</description>
  <language>en-gb</language>
  <copyright>The keepers</copyright>
  <generator>Quill 3</generator>
  <managingEditor>editor@lighthouse.example (Ada Keeper)</managingEditor>
  <atom:link rel="self" type="application/rss+xml" href="https://lighthouse.example/feeds/all.xml"/>
  <atom:link rel="hub" href="https://hub.example/"/>
  <image><url>https://lighthouse.example/lamp.png</url><title>Lighthouse</title>
    <link>https://lighthouse.example/</link></image>
  <ttl>90</ttl>
  <skipHours><hour>0</hour><hour>1</hour><hour>24</hour></skipHours>
  <skipDays><day>Saturday</day><day>Sunday</day></skipDays>
  <item>
    <title>The new lamp</title>
    <link>https://redirector.example/1</link>
    <feedburner:origLink>https://lighthouse.example/lamp</feedburner:origLink>
    <guid isPermaLink="false">lamp-1</guid>
    <pubDate>Tue, 03 Mar 2026 10:00:00 +0100</pubDate>
    <dc:creator>Ben Wick</dc:creator>
    <category domain="https://lighthouse.example/tags">lamps</category>
    <category>glass</category>
    <description>&lt;p&gt;Brighter.&lt;/p&gt;</description>
    <content:encoded><![CDATA[<p>Brighter than <em>before</em>.</p>]]></content:encoded>
    <enclosure url="https://lighthouse.example/lamp.mp3" type="audio/mpeg" length="4711"/>
    <media:thumbnail url="https://lighthouse.example/lamp-small.jpg"/>
    <source url="https://coast.example/rss">Coast Weekly</source>
  </item>
</channel></rss>""")
    assert feed.format == "rss20"
    assert feed.title == Text("Lighthouse News")
    assert feed.subtitle == Text("Lamps &amp; lenses", is_html=True)
    assert feed.link == "https://lighthouse.example/"
    assert feed.self_link == "https://lighthouse.example/feeds/all.xml"
    assert feed.hub == "https://hub.example/"
    assert feed.language == "en-gb"
    assert feed.rights == "The keepers"
    assert feed.generator == "Quill 3"
    assert feed.icon == "https://lighthouse.example/lamp.png"
    assert feed.authors == (Person("Ada Keeper", email="editor@lighthouse.example"),)
    assert feed.hints == PollHints(ttl=timedelta(minutes=90), skip_hours=(0, 1), skip_days=(5, 6))
    assert feed.problem is None
    (entry,) = feed.entries
    assert entry.id == "lamp-1"
    assert entry.link == "https://redirector.example/1"
    assert entry.original_link == "https://lighthouse.example/lamp"
    assert entry.title == Text("The new lamp")
    assert entry.summary == Text("<p>Brighter.</p>", is_html=True)
    assert entry.content == Text("<p>Brighter than <em>before</em>.</p>", is_html=True)
    assert entry.published == "Tue, 03 Mar 2026 10:00:00 +0100"
    assert entry.updated is None
    assert entry.authors == (Person("Ben Wick"),)
    assert entry.tags == ("lamps", "glass")
    assert entry.enclosures == (Enclosure("https://lighthouse.example/lamp.mp3", "audio/mpeg", 4711),)
    assert entry.image == "https://lighthouse.example/lamp-small.jpg"
    assert entry.source_title == "Coast Weekly"
    assert entry.source_url == "https://coast.example/rss"


def test_atom_1_0() -> None:
    feed = read("""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <id>urn:uuid:1c1e5bd0-1111-4c1b-9d5f-000000000001</id>
  <title type="html">Keepers &amp;amp; Co</title>
  <subtitle>From the coast</subtitle>
  <updated>2026-03-03T09:00:00Z</updated>
  <link href="https://keepers.example/"/>
  <link rel="self" href="https://keepers.example/atom"/>
  <author><name>Ada Keeper</name><uri>https://keepers.example/ada</uri><email>ada@keepers.example</email></author>
  <rights>All of them</rights>
  <icon>https://keepers.example/icon.png</icon>
  <logo>https://keepers.example/logo.png</logo>
  <entry>
    <id>tag:keepers.example,2026:1</id>
    <title>Fog</title>
    <link rel="alternate" type="text/html" href="https://keepers.example/fog"/>
    <link rel="enclosure" type="audio/ogg" length="99" href="https://keepers.example/fog.ogg"/>
    <published>2026-03-01T08:00:00+02:00</published>
    <updated>2026-03-02T08:00:00Z</updated>
    <author><name>Cy</name></author><author><name>Di</name></author>
    <category term="wx" label="Weather"/><category term="sea"/>
    <summary>Thick.</summary>
    <content type="xhtml" xml:lang="fr" xml:base="https://img.example/a/">
      <div xmlns="http://www.w3.org/1999/xhtml"><p>Très <b>dense</b></p></div>
    </content>
    <source><title>Coast Weekly</title><link href="https://coast.example/"/><id>urn:coast</id></source>
  </entry>
</feed>""")
    assert feed.format == "atom10"
    assert feed.id == "urn:uuid:1c1e5bd0-1111-4c1b-9d5f-000000000001"
    assert feed.title == Text("Keepers &amp; Co", is_html=True)
    assert feed.subtitle == Text("From the coast")
    assert feed.link == "https://keepers.example/"
    assert feed.self_link == "https://keepers.example/atom"
    assert feed.authors == (Person("Ada Keeper", "https://keepers.example/ada", "ada@keepers.example"),)
    assert feed.rights == "All of them"
    assert feed.icon == "https://keepers.example/icon.png"
    (entry,) = feed.entries
    assert entry.id == "tag:keepers.example,2026:1"
    assert entry.link == "https://keepers.example/fog"
    assert entry.summary == Text("Thick.")
    assert entry.content == Text("<p>Très <b>dense</b></p>", True, "https://img.example/a/", "fr")
    assert moment(entry.published) == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert moment(entry.updated) == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert entry.authors == (Person("Cy"), Person("Di"))
    assert entry.tags == ("Weather", "sea")
    assert entry.enclosures == (Enclosure("https://keepers.example/fog.ogg", "audio/ogg", 99),)
    assert entry.source_title == "Coast Weekly"
    assert entry.source_url == "https://coast.example/"
    assert entry.language == "fr"


def test_atom_0_3() -> None:
    feed = read("""<feed version="0.3" xmlns="http://purl.org/atom/ns#">
  <title>Old Lamp</title><link rel="alternate" type="text/html" href="https://old.example/"/>
  <tagline>Since 2003</tagline>
  <entry>
    <title>First light</title><id>tag:old.example,2003:1</id>
    <link rel="alternate" type="text/html" href="https://old.example/1"/>
    <issued>2003-12-13T08:29:29-04:00</issued><modified>2003-12-14T18:30:02Z</modified>
    <content type="text/html" mode="escaped">&lt;b&gt;Lit&lt;/b&gt;</content>
  </entry>
</feed>""")
    assert feed.format == "atom03"
    assert feed.subtitle == Text("Since 2003")
    (entry,) = feed.entries
    assert moment(entry.published) == datetime(2003, 12, 13, 12, 29, 29, tzinfo=UTC)
    assert moment(entry.updated) == datetime(2003, 12, 14, 18, 30, 2, tzinfo=UTC)
    assert entry.content == Text("<b>Lit</b>", is_html=True)


def test_rss_1_0() -> None:
    feed = read("""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
  <channel rdf:about="https://rdf.example/">
    <title>Triples</title><link>https://rdf.example/</link><description>Subject, verb, object</description>
    <sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
    <items><rdf:Seq><rdf:li rdf:resource="https://rdf.example/1"/></rdf:Seq></items>
  </channel>
  <item rdf:about="https://rdf.example/1">
    <title>One</title><link>https://rdf.example/1</link><description>First</description>
    <dc:creator>Eve</dc:creator><dc:date>2026-01-02T03:04:05Z</dc:date><dc:subject>logic</dc:subject>
  </item>
</rdf:RDF>""")
    assert feed.format == "rss10"
    assert feed.title == Text("Triples")
    assert feed.hints == PollHints(update_period=timedelta(hours=6))
    (entry,) = feed.entries
    assert entry.id == entry.link == "https://rdf.example/1"
    assert entry.published is None
    assert entry.updated == "2026-01-02T03:04:05Z"
    assert entry.authors == (Person("Eve"),)
    assert entry.tags == ("logic",)


@pytest.mark.parametrize(
    ("doctype", "version", "format_"),
    [
        ("", "0.91", "rss091u"),
        (
            '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"'
            ' "http://my.netscape.com/publish/formats/rss-0.91.dtd">\n',
            "0.91",
            "rss091n",
        ),
        ("", "0.92", "rss092"),
        ("", "", "rss"),
    ],
)
def test_older_rss(doctype: str, version: str, format_: str) -> None:
    feed = read(f"""<?xml version="1.0"?>
{doctype}<rss version="{version}"><channel><title>Ledger</title><link>https://ledger.example/</link>
<item><title>Entry</title><link>https://ledger.example/1</link><description>Sums</description></item>
</channel></rss>""")
    assert feed.format == format_
    assert feed.entries[0].link == "https://ledger.example/1"
    assert feed.problem is None


def test_cdf() -> None:
    feed = read("""<CHANNEL HREF="https://push.example/"><TITLE>Push</TITLE>
<ITEM HREF="https://push.example/1" LASTMOD="2004-04-06T23:05:43-05:00"><TITLE>One</TITLE></ITEM></CHANNEL>""")
    assert feed.format == "cdf"
    assert feed.link == "https://push.example/"
    assert feed.entries[0].link == "https://push.example/1"
    assert moment(feed.entries[0].updated) == datetime(2004, 4, 7, 4, 5, 43, tzinfo=UTC)


def test_every_element_under_a_prefix() -> None:
    feed = read("""<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>Prefixed</a:title>
<a:entry><a:id>urn:1</a:id><a:title>One</a:title></a:entry></a:feed>""")
    assert (feed.format, feed.title, feed.entries[0].id) == ("atom10", Text("Prefixed"), "urn:1")


@pytest.mark.parametrize(
    "document",
    [
        '<rss version="2.0"><channel><title>Quiet</title></channel></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Quiet</title></feed>',
        '{"version": "https://jsonfeed.org/version/1.1", "title": "Quiet", "items": []}',
    ],
)
def test_a_feed_without_entries_is_a_feed(document: str) -> None:
    feed = read(document)
    assert (feed.title, feed.entries, feed.problem) == (Text("Quiet"), (), None)
