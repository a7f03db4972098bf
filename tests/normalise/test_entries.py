"""An entry as we keep it: its link, id, dates, authors, media and fingerprint; and the feed around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.languages import language
from aggregator.models import Enclosure, Entry, ParsedEntry, ParsedEpisode, ParsedFeed, Person, Text
from aggregator.normalise import normalise
from aggregator.normalise.people import people

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URL = "https://news.example/blog/feed.xml"
X = Text("x")


def _one(parsed: ParsedEntry, now: datetime = NOW) -> Entry:
    (entry,) = normalise(ParsedFeed("rss20", (parsed,), link="https://www.news.example/"), URL, now).entries
    return entry


LINKS: dict[str, tuple[dict[str, Any], str | None]] = {
    "absolute": ({"link": "https://news.example/a"}, "https://news.example/a"),
    "relative": ({"link": "../a"}, "https://news.example/a"),
    "surrounded by space": ({"link": "\n https://news.example/a "}, "https://news.example/a"),
    "original link first": (
        {"original_link": "https://news.example/a", "link": "https://wrap.example/1"},
        "https://news.example/a",
    ),
    "original link broken": (
        {"original_link": "javascript:x()", "link": "https://news.example/a"},
        "https://news.example/a",
    ),
    "tracking": (
        {"link": "https://news.example/a?utm_medium=rss&id=3&fbclid=x"},
        "https://news.example/a?id=3",
    ),
    "named after ourselves": (
        {"link": "https://shop.example/a?ref=news.example"},
        "https://shop.example/a",
    ),
    "script": ({"link": "javascript:alert(1)"}, None),
    "data": ({"link": "data:text/html,x"}, None),
    "file": ({"link": "file:///etc/passwd"}, None),
    "none": ({}, None),
}


@pytest.mark.parametrize(("fields", "expected"), LINKS.values(), ids=LINKS)
def test_the_link_of_an_entry(fields: dict[str, Any], expected: str | None) -> None:
    assert _one(ParsedEntry(title=X, **fields)).link == expected


def test_the_guid_is_the_sources_id_to_the_letter() -> None:
    assert _one(ParsedEntry(id="tag:news.example,2019:00123 ", title=X)).guid == "tag:news.example,2019:00123"


def test_without_an_id_the_link_is_the_guid() -> None:
    assert _one(ParsedEntry(link="/a", title=X)).guid == "https://news.example/a"


def test_without_id_and_link_the_words_are_the_guid() -> None:
    guid = _one(ParsedEntry(title=X, summary=Text("rain"))).guid
    assert guid.startswith("sha256:")
    assert guid == _one(ParsedEntry(title=X, summary=Text("rain")), NOW + timedelta(days=1)).guid
    assert guid != _one(ParsedEntry(title=X, summary=Text("snow"))).guid


def test_an_id_without_end_is_kept_as_its_hash() -> None:
    guid = _one(ParsedEntry(id="x" * 5_000, title=X)).guid
    assert len(guid) < 100
    assert guid != _one(ParsedEntry(id="x" * 5_001, title=X)).guid


def test_updated_is_kept_where_it_is_later_and_can_be_true() -> None:
    published = ParsedEntry(title=X, published="2019-03-07T08:00:00Z")
    later = _one(replace(published, updated="2019-03-08T08:00:00Z"))
    assert later.updated == datetime(2019, 3, 8, 8, tzinfo=UTC)
    for other in ("2019-03-07T08:00:00Z", "2019-03-06", "2031-01-01T00:00:00Z", "soon", None):
        assert _one(replace(published, updated=other)).updated is None


def test_a_date_from_the_future_counts_as_now() -> None:
    entry = _one(ParsedEntry(title=X, published="2031-01-01T00:00:00Z"))
    assert (entry.published, entry.date_reason) == (NOW, "future")


# ---------------------------------------------------------------- authors

AUTHORS = {
    "name": (Person("Ann Field"), Person("Ann Field")),
    "RSS": (Person("ann@mail.example (Ann Field)"), Person("Ann Field", None, "ann@mail.example")),
    "mail header": (Person('"Ann Field" <ann@mail.example>'), Person("Ann Field", None, "ann@mail.example")),
    "name first": (Person("Ann Field (ann@mail.example)"), Person("Ann Field", None, "ann@mail.example")),
    "mail after a comma": (Person("Ann Field, ann@mail.example"), Person("Ann Field", None, "ann@mail.example")),
    "name before, in brackets": (Person("(Ann Field) ann@mail.example"), Person("Ann Field", None, "ann@mail.example")),
    "mail only": (Person("ann.field@mail.example"), Person("ann.field", None, "ann.field@mail.example")),
    "mailto": (Person("mailto:ann@mail.example"), Person("ann", None, "ann@mail.example")),
    "page only": (
        Person("https://ann.example/about"),
        Person("ann.example", "https://ann.example/about", None),
    ),
    "HTML": (Person("<b>Ann</b> &amp; Bob"), Person("Ann & Bob")),
    "relative page": (Person("Ann", "/ann"), Person("Ann", "https://news.example/ann")),
    "script as page": (Person("Ann", "javascript:x()"), Person("Ann")),
    "no mail": (Person("Ann", email="none of your business"), Person("Ann")),
    "mail with label": (Person("Ann", email="mailto:ann@mail.example"), Person("Ann", None, "ann@mail.example")),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), AUTHORS.values(), ids=AUTHORS)
def test_an_author(raw: Person, expected: Person) -> None:
    assert people([raw], URL) == (expected,)


def test_authors_each_once_at_most_ten_and_never_nameless() -> None:
    raw = [Person(" "), Person("Ann"), Person("ANN"), *(Person(f"Writer {n}") for n in range(20))]
    found = people(raw, URL)
    assert [person.name for person in found[:2]] == ["Ann", "Writer 0"]
    assert len(found) == 10


# ---------------------------------------------------------------- media


def test_enclosures_are_absolute_each_once_and_at_most_twenty() -> None:
    raw = (
        Enclosure("/a.mp3", "Audio/MPEG; x=1", 3),
        Enclosure("https://news.example/a.mp3"),
        Enclosure("javascript:x()"),
        Enclosure("/b.mp3", "no type", -1),
        *(Enclosure(f"/{n}.mp3") for n in range(30)),
    )
    found = _one(ParsedEntry(title=X, enclosures=raw)).enclosures
    assert found[0] == Enclosure("https://news.example/a.mp3", "audio/mpeg", 3)
    assert found[1] == Enclosure("https://news.example/b.mp3")
    assert len(found) == 20


IMG = Text('<img src="https://pixel.wp.com/b.gif"><img alt="y" src="/c.png?a=1&amp;b=2">', is_html=True)
IMAGES: dict[str, tuple[dict[str, Any], str | None]] = {
    "thumbnail": ({"image": "/a.png", "content": IMG}, "https://news.example/a.png"),
    "enclosed picture": (
        {"enclosures": (Enclosure("/s.mp3", "audio/mpeg"), Enclosure("/b", "image/png")), "content": IMG},
        "https://news.example/b",
    ),
    "enclosed picture by its name": ({"enclosures": (Enclosure("/b.JPG"),)}, "https://news.example/b.JPG"),
    "first in the content that is no pixel": ({"content": IMG}, "https://news.example/c.png?a=1&b=2"),
    "first in the content that is no emoji": (
        {
            "content": Text(
                '<img src="https://s.w.org/images/core/emoji/1.png"><img src="/c.png">', is_html=True
            )
        },
        "https://news.example/c.png",
    ),
    "first in the content that is no icon": (
        {"content": Text('<img width="16" src="/i.png"><img src="/c.png" width="160">', is_html=True)},
        "https://news.example/c.png",
    ),
    "thumbnail that counts": (
        {"image": "https://pixel.wp.com/x", "content": IMG},
        "https://news.example/c.png?a=1&b=2",
    ),
    "script": ({"image": "javascript:x()"}, None),
    "none": ({}, None),
}


@pytest.mark.parametrize(("fields", "expected"), IMAGES.values(), ids=IMAGES)
def test_the_picture_that_stands_for_an_entry(fields: dict[str, Any], expected: str | None) -> None:
    assert _one(ParsedEntry(title=X, **fields)).image == expected


LANGUAGES = {
    "en": "en",
    "EN-us": "en-US",
    "pt_br": "pt-BR",
    "zh-hant-tw": "zh-Hant-TW",
    "es-419": "es-419",
    "de-1996": "de-1996",
    " fr ": "fr",
    "en_us": "en-US",
    "iw": "he",
    "ger-AT": "de-AT",
    "gsw": "gsw",
    "xq": None,
    "english": None,
    "e": None,
    "x-klingon": None,
    "en us": None,
    '"><script>': None,
    "": None,
    None: None,
}


@pytest.mark.parametrize(("raw", "expected"), LANGUAGES.items())
def test_a_language_is_bcp_47_or_none(raw: str | None, expected: str | None) -> None:
    assert language(raw) == expected


# ---------------------------------------------------------------- fingerprint

FULL = ParsedEntry(
    id="1",
    link="/a",
    title=Text("Rain"),
    summary=Text("in short"),
    content=Text("<p>at length</p>", is_html=True),
    published="2019-03-07T08:00:00Z",
    updated="2019-03-08T08:00:00Z",
    authors=(Person("Ann"),),
    tags=("sea",),
    enclosures=(Enclosure("/a.mp3", "audio/mpeg", 3),),
    image="/a.png",
    language="en",
)
EDITS: dict[str, Any] = {
    "link": "/b",
    "title": Text("Snow"),
    "summary": Text("in other words"),
    "content": Text("<p>at greater length</p>", is_html=True),
    "authors": (Person("Bob"),),
    "tags": ("sea", "sun"),
    "enclosures": (Enclosure("/a.mp3", "audio/mpeg", 4),),
    "image": "/b.png",
    "language": "fr",
}


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_changes_the_fingerprint(field: str) -> None:
    edited = replace(FULL, **{field: EDITS[field]})
    assert _one(edited).fingerprint != _one(FULL).fingerprint


@pytest.mark.parametrize("published", ["2019-03-07T08:00:00Z", "2026-11-23T13:00:00Z", "soon", None])
def test_the_clock_does_not_change_the_fingerprint(published: str | None) -> None:
    parsed = replace(FULL, published=published, title=None)
    assert _one(parsed).fingerprint == _one(parsed, NOW + timedelta(days=1)).fingerprint


# ---------------------------------------------------------------- the feed


def test_an_entry_with_nothing_to_show_is_skipped_with_its_reason_and_the_others_stay() -> None:
    feed = ParsedFeed("rss20", (ParsedEntry(title=X), ParsedEntry(id="7"), ParsedEntry(link="/a")))
    read = normalise(feed, URL, NOW)
    assert len(read.entries) == 2
    assert read.skipped == ("entry 2: neither title nor link nor text",)


def test_an_entry_that_fails_is_skipped_with_its_reason_and_the_others_stay() -> None:
    broken = ParsedEntry(title=X, tags=(7,))  # type: ignore[arg-type]  # no parser hands this on; still
    read = normalise(ParsedFeed("rss20", (broken, ParsedEntry(title=X))), URL, NOW)
    assert len(read.entries) == 1
    assert read.skipped[0].startswith("entry 1: ")


def test_what_the_feed_says_of_itself_is_clean() -> None:
    feed = ParsedFeed(
        "rss20",
        (),
        id=" urn:x ",
        title=Text("Rain &amp; <b>Wind</b>"),
        link="/",
        self_link="feed.xml",
        hub="javascript:x()",
        authors=(Person("ann@mail.example (Ann)"),),
        language="EN_gb",
        rights="&copy; <i>Ann</i>",
        icon="//static.example/i.png",
        problem="not well formed",
    )
    info = normalise(feed, URL, NOW).info
    assert (info.id, info.title, info.link) == ("urn:x", "Rain & Wind", "https://news.example/")
    assert (info.self_link, info.hub) == ("https://news.example/blog/feed.xml", None)
    assert info.authors == (Person("Ann", None, "ann@mail.example"),)
    assert (info.language, info.rights, info.icon) == ("en-GB", "© Ann", "https://static.example/i.png")
    assert info.problem == "not well formed"


def test_a_feed_that_says_nothing_of_itself_has_no_title() -> None:
    info = normalise(ParsedFeed("atom10", (), title=Text(" ")), URL, NOW).info
    assert (info.title, info.link) == (None, None)


# ---------------------------------------------------------------- what an entry has from its feed and its file


@pytest.mark.parametrize(
    ("form", "inherits"), [("atom10", True), ("atom03", True), ("json11", True), ("rss20", False)]
)
def test_authors_of_the_feed_where_the_format_says_so(form: str, inherits: bool) -> None:
    own, none = (
        ParsedEntry(id="1", title=Text("t"), authors=(Person("Own"),)),
        ParsedEntry(id="2", title=Text("u")),
    )
    entries = normalise(ParsedFeed(form, (own, none), authors=(Person("Ann"),)), URL, NOW).entries
    assert [entry.authors for entry in entries] == [(Person("Own"),), (Person("Ann"),) if inherits else ()]


def test_an_enclosure_is_the_link_where_there_is_no_other_and_changes_no_id() -> None:
    file = Enclosure("/a.mp3", "audio/mpeg")
    bare = _one(ParsedEntry(title=Text("Episode"), enclosures=(file,)))
    assert bare.link == "https://news.example/a.mp3"
    assert bare.guid == _one(ParsedEntry(title=Text("Episode"))).guid
    assert _one(ParsedEntry(link="/1", enclosures=(file,))).link == "https://news.example/1"


@pytest.mark.parametrize("written", ["&amp;", "&#038;", "&#38;", "&#x26;", "&", "&amp;amp;", "&amp;#038;"])
def test_ampersands_of_an_address_however_they_are_escaped(written: str) -> None:
    address = f"https://b.example/?a=1{written}b=2"
    found = _one(ParsedEntry(link=address, image=address, enclosures=(Enclosure(address),)))
    assert {found.link, found.image, *(each.url for each in found.enclosures)} == {
        "https://b.example/?a=1&b=2"
    }
    info = normalise(ParsedFeed("rss20", (), link=address, icon=address), URL, NOW).info
    assert {info.link, info.icon} == {"https://b.example/?a=1&b=2"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("www.b.example/1", "https://www.b.example/1"),
        ('"https://b.example/1"', "https://b.example/1"),
        ("<https://b.example/1>", "https://b.example/1"),
        ("\u200bhttps://b.example/1\ufeff", "https://b.example/1"),
        ("http://https://b.example/1", "https://b.example/1"),
        ("https://http://b.example/1", "http://b.example/1"),
        ("https://https.example/1", "https://https.example/1"),
        ("https://old.example/https://b.example/1", "https://old.example/https://b.example/1"),
        ("http:/b.example/1", "http://b.example/1"),
        ("wwwidgets/1", "https://news.example/blog/wwwidgets/1"),
        ("javascript:x()", None),
        ("http://", None),
    ],
)
def test_addresses_as_people_write_them(written: str, meant: str | None) -> None:
    assert _one(ParsedEntry(title=X, link=written)).link == meant


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("3723", 3723), ("62:03", 3723), ("1:02:03", 3723), ("01:02:03.5", 3723), ("PT1H2M3S", 3723), ("PT62M3.5S", 3723),
        ("1h 2m 3s", 3723), ("1 hr 2 min 3 sec", 3723), ("62 min", 3720), ("2 hours", 7200), ("90 Minutes", 5400),
        ("", None), ("0", None), ("min", None), ("P", None), ("soon", None), ("-5", None), ("1h2x", None), ("PT", None),
    ],
)  # fmt: skip
def test_how_long_an_episode_takes(written: str, seconds: int | None) -> None:
    found = _one(ParsedEntry(title=X, episode=ParsedEpisode(duration=written, number="1"))).episode
    assert found is not None
    assert found.duration == seconds


def test_the_picture_of_a_film_where_there_is_no_other() -> None:
    film = '<video poster="/p.jpg" src="/v.mp4"></video>'
    assert _one(ParsedEntry(content=Text(film, is_html=True))).image == "https://news.example/p.jpg"
    both = Text(film + '<img src="/i.jpg">', is_html=True)
    assert _one(ParsedEntry(content=both)).image == "https://news.example/i.jpg"
