"""Links, media types and words as every output writes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given

from aggregator.export.text import clock, excerpt, long_date, runs_right_to_left, zone_of
from aggregator.export.values import enclosures_of, language_tag, web_link
from aggregator.models import Enclosure, Story
from support.publications import NOON, STORY, links, texts


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("HTTPS://a.example", "https://a.example"),
        ("https://a.example/?ids[]=1|2", "https://a.example/?ids%5B%5D=1%7C2"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/#a#b", "https://a.example/#a%23b"),
        ("https://a.example/%c3%a9", "https://a.example/%c3%a9"),
        ("https://a.example/café au lait", "https://a.example/caf%C3%A9%20au%20lait"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("https://a.example/\x00x", "https://a.example/x"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)//https://a.example/", None),
        ("data:text/html,x", None),
        ("//a.example/", None),
        ("/x", None),
        ("https://", None),
        ("https:///x", None),
        ("", None),
        (None, None),
    ],
)
def test_web_link(url: str | None, written: str | None) -> None:
    assert web_link(url) == written


@given(links)
def test_a_link_once_written_stays(url: str) -> None:
    once = web_link(url)
    assert once is None or web_link(once) == once


@pytest.mark.parametrize(
    ("given", "url", "expected"),
    [
        ("Audio/MPEG", "https://x.example/a", "audio/mpeg"),
        (None, "https://x.example/a.MP3?token=.zip", "audio/mpeg"),
        ("mp3", "https://x.example/a.ogg", "audio/ogg"),
        (None, "https://x.example/a", None),
    ],
)
def test_media_type_of_an_enclosure(given: str | None, url: str, expected: str | None) -> None:
    (enclosure,) = enclosures_of(_with(Enclosure(url, given, -3)))
    assert (enclosure.media_type, enclosure.length) == (expected, None)


def test_enclosure_listed_twice_is_one() -> None:
    twice = Enclosure("https://x.example/a.mp3")
    assert len(enclosures_of(_with(twice, twice))) == 1


def _with(*enclosures: Enclosure) -> Story:
    return replace(STORY, enclosures=enclosures)


def test_language_is_the_first_that_looks_like_one() -> None:
    assert language_tag(None, "english please", "", "en-GB", "fr") == "en-GB"
    assert language_tag("null", "english", "zh-Hant-TW") == "zh-Hant-TW"


def test_clock_gives_the_date_where_it_is_another_day() -> None:
    assert clock(NOON, date(2026, 11, 23)) == "12:00"
    assert clock(NOON, date(2026, 11, 24)) == "23 Nov, 12:00"
    assert clock(NOON, date(2027, 1, 1)) == "23 Nov 2026"
    assert clock(NOON, date(2026, 11, 23), zone_of("Asia/Tokyo")) == "21:00"


def test_days_are_in_utc() -> None:
    east = datetime(2026, 11, 24, 8, 0, tzinfo=timezone(timedelta(hours=9)))
    assert long_date(east) == "Monday 23 November 2026"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", False),
        ("افتتاح", True),
        ("«2026» שלום", True),
        ("iPhone: مرحبا", False),
        ("42", False),
        ("", False),
    ],
)
def test_direction_is_that_of_the_first_letter(text: str, expected: bool) -> None:
    assert runs_right_to_left(text) is expected


@given(texts)
def test_an_excerpt_is_short_whatever_the_text(text: str) -> None:
    assert len(excerpt(text)) <= 241


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Traffic crossed the river.", "Traffic crossed the river."),
        ("The bridge: Traffic crossed the river.", "Traffic crossed the river."),
        ("The bridges of Paris", "The bridges of Paris"),
        ("the bridge.", ""),
        ("Traffic. The post The bridge appeared first on Daily.", "Traffic."),
        ("Traffic. The post The bridge first appeared on Daily", "Traffic."),
        ("Traffic. Continue reading The bridge \u2192", "Traffic."),
        ("Traffic \u2026 Read more \u00bb", "Traffic \u2026"),
        ("Read more books this year", "Read more books this year"),
        ("Traffic crossed the [\u2026]", "Traffic crossed the"),
        ("It&amp;#8217;s open &amp; free", "It&#8217;s open & free"),
        ("It&#8217;s open", "It\u2019s open"),
    ],
)
def test_an_excerpt_leaves_out_what_says_nothing(summary: str, expected: str) -> None:
    assert excerpt(summary, "The bridge") == expected


@pytest.mark.parametrize(
    ("text", "length"), [("word " * 100, (200, 240)), ("字" * 400, (110, 120)), ("x" * 1000, (240, 240))]
)
def test_excerpt_is_about_240_columns(text: str, length: tuple[int, int]) -> None:
    cut = excerpt(text)
    assert length[0] <= len(cut) <= length[1]
    assert cut.endswith("…")


@pytest.mark.parametrize(
    ("letter", "most"),
    [*((letter, 240) for letter in "éжא ع’€ក".replace(" ", "")), *((letter, 120) for letter in "字한ｗ🙂")],
)
def test_a_letter_takes_one_column_of_an_excerpt_or_two(letter: str, most: int) -> None:
    assert len(excerpt(letter * 1000)) == most
    assert excerpt(letter * most) == letter * most


@pytest.mark.parametrize("piece", ["👩‍👩‍👧‍👦", "👍🏽", "e\u0301", "❤\ufe0f", "क्षि"])
@pytest.mark.parametrize("before", range(8))
def test_excerpt_never_breaks_what_is_one_character_to_the_eye(piece: str, before: int) -> None:
    cut = excerpt("x" * before + piece * 300).removesuffix("…")
    rest = (piece * 300)[len(cut) - before :]
    assert rest[0] not in "\u200d\ufe0f\u0301🏽"
    assert cut[-1] != "\u200d"
