"""Laws of cleaning, and the machine looking for an exception to them."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.models import Enclosure, ParsedEntry, ParsedFeed, Person, Text
from aggregator.normalise import normalise
from aggregator.normalise.nesting import is_stable, tags_of
from aggregator.normalise.plain_text import label, text_of
from aggregator.normalise.rewrite import Where
from aggregator.normalise.sanitize import sanitize, settle

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URL = "https://news.example/blog/feed.xml"
WHERE = Where(URL, "https://news.example/a", frozenset({"news.example"}))

# Arbitrary text, lone surrogates too, and text that is nearly HTML.
_TAGS = (
    "a b i p div table td tr svg math style script title select option form img iframe video source pre"
    " template noscript textarea h1 li ul details mglyph mtext foreignObject x"
).split()
_ATTRIBUTES = st.sampled_from(
    ['href="#x"', 'href="?utm_source=x&amp;y=%zz"', "href=' java\tscript:x'", 'href="http:x"', "href=//b.example/\\",
     'src="data:,x"', "src=https://b.example", "onclick=x", "title='<b>'", 'width="1"', "data-src=/x", "href=mailto:a@b"]
)  # fmt: skip
_PIECE = st.one_of(
    st.sampled_from(_TAGS).map(lambda name: f"<{name}>"),
    st.sampled_from(_TAGS).map(lambda name: f"</{name}>"),
    st.tuples(st.sampled_from(_TAGS), _ATTRIBUTES).map(lambda both: f"<{both[0]} {both[1]}>"),
    st.sampled_from(["<!--", "-->", "<![CDATA[", "]]>", "<", ">", "&", "&amp;", "&lt;", "&#27;", "&#xD;", "&nbsp;", "\n", "\r", "\xa0"]),
    st.text(st.characters(), max_size=5),
)  # fmt: skip
HTML = st.lists(_PIECE, max_size=25).map("".join)
ANY = st.one_of(HTML, st.text(st.characters(), max_size=60))
MAYBE = st.none() | ANY
LINK = st.one_of(
    MAYBE, st.sampled_from(["https://b.example/?utm_source=x#y", "//b.example", "http://[", "/a", "?", "#"])
)
DATE = st.one_of(
    MAYBE, st.sampled_from(["2019-03-07", "2031-01-01T00:00:00Z", "Thu, 07 Mar 2019 08:09:10 GMT", "0"])
)
TEXTS = st.none() | st.builds(Text, ANY, st.booleans(), LINK, MAYBE)
PERSONS = st.lists(st.builds(Person, ANY, LINK, MAYBE), max_size=3).map(tuple)
ENTRIES = st.builds(
    ParsedEntry,
    id=MAYBE,
    link=LINK,
    original_link=LINK,
    title=TEXTS,
    summary=TEXTS,
    content=TEXTS,
    published=DATE,
    updated=DATE,
    authors=PERSONS,
    tags=st.lists(ANY, max_size=3).map(tuple),
    enclosures=st.lists(st.builds(Enclosure, LINK.map(str), MAYBE, st.none() | st.integers()), max_size=3).map(tuple),
    image=LINK,
    language=MAYBE,
)  # fmt: skip
FEEDS = st.builds(
    ParsedFeed,
    format=st.sampled_from(["rss20", "atom10", "atom03", "json11", "rss10", "cdf", ""]),
    entries=st.lists(ENTRIES, max_size=3).map(tuple),
    id=MAYBE,
    title=TEXTS,
    link=LINK,
    self_link=LINK,
    hub=LINK,
    authors=PERSONS,
    language=MAYBE,
    rights=MAYBE,
    icon=LINK,
)


@given(FEEDS)
def test_no_feed_raises_and_every_entry_keeps_its_promises(feed: ParsedFeed) -> None:
    read = normalise(feed, URL, NOW)
    assert len(read.entries) + len(read.skipped) == len(feed.entries)
    assert not [reason for reason in read.skipped if "while cleaning" in reason]
    for entry in read.entries:
        assert entry.guid
        assert 0 < len(entry.title) <= 1_000
        assert len(entry.summary) <= 500
        assert not [
            c for c in entry.title + entry.summary + entry.guid if unicodedata.category(c) in ("Cc", "Cs")
        ]
        assert entry.published <= NOW + timedelta(minutes=10)
        assert entry.published.tzinfo is UTC
        assert entry.updated is None or entry.published < entry.updated <= NOW + timedelta(minutes=10)
        assert entry.link is None or entry.link.startswith(("http://", "https://"))
        entry.content.encode()  # no lone surrogate


@given(FEEDS)
def test_the_same_document_gives_the_same_entries(feed: ParsedFeed) -> None:
    assert normalise(feed, URL, NOW) == normalise(feed, URL, NOW)


@given(FEEDS, st.timedeltas(timedelta(0), timedelta(days=10_000)))
def test_the_clock_alone_changes_no_fingerprint_and_no_guid(feed: ParsedFeed, later: timedelta) -> None:
    now = [(e.guid, e.title, e.fingerprint) for e in normalise(feed, URL, NOW).entries]
    assert [(e.guid, e.title, e.fingerprint) for e in normalise(feed, URL, NOW + later).entries] == now


@given(HTML)
@example("Â\x1f¡")
@example("Â<blink>¡")
@example("Â&#31;¡")
@example("<p>Â<iframe src=x></iframe>¡")
def test_cleaning_is_done_once_for_all(source: str) -> None:
    once = sanitize(source, WHERE)
    assert sanitize(once, WHERE) == once


@given(HTML)
def test_what_is_called_stable_is_read_the_same_again(source: str) -> None:
    """The shorter way, on which the sanitiser runs once, ends where the longer one does."""
    made = sanitize(source, WHERE)
    if is_stable(made, tags_of(made)):
        assert settle(made) == made


def test_another_process_cleans_to_the_same_letters() -> None:
    """A library that orders attributes by a hash of its own would rewrite every entry at every start."""
    source = "<video src=a poster=b width=1 height=2></video><a hreflang=en href=x lang=en title=y>z</a>"
    program = f"from aggregator.normalise.sanitize import sanitize\nfrom aggregator.normalise.rewrite import Where\nprint(sanitize({source!r}, Where({URL!r}, {URL!r})))"
    found = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
        for _ in range(3)
    }
    assert found == {sanitize(source, Where(URL, URL)) + "\n"}


@given(HTML, st.integers(1, 60))
def test_an_excerpt_is_the_beginning_of_the_whole_text(source: str, limit: int) -> None:
    cleaned = sanitize(source, WHERE)
    whole, start = text_of(cleaned, 10**6), text_of(cleaned, limit)
    assert len(start) <= limit
    assert whole == start or whole.startswith(start.removesuffix("…").rstrip())


@given(ANY)
def test_a_label_without_markup_is_its_own_label(source: str) -> None:
    once = label(source, 1_000, rounds=0)
    assert label(once, 1_000, rounds=0) == once
