"""JSON Feed 1.0 and 1.1: every field, every wrong type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aggregator.errors import ParseError
from aggregator.models import Enclosure, ParsedEntry, ParsedEpisode, ParsedFeed, Person, Text
from aggregator.parse import parse

URL = "https://lamp.example/feed.json"
V1, V11 = "https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"


def read(document: str) -> ParsedFeed:
    return parse(document.encode(), "application/feed+json", URL)


def feed(items: Any = (), version: str = V11, **fields: Any) -> ParsedFeed:
    return read(json.dumps({"version": version, "items": list(items), **fields}))


def item(**fields: Any) -> ParsedEntry:
    (found,) = feed([fields]).entries
    return found


def test_version_1_1() -> None:
    found = read("""{
  "version": "https://jsonfeed.org/version/1.1",
  "title": "Lamp", "description": "All about it", "language": "en",
  "home_page_url": "https://lamp.example/", "feed_url": "https://lamp.example/feed.json",
  "icon": "https://lamp.example/512.png", "favicon": "https://lamp.example/64.png",
  "authors": [{"name": "Ada", "url": "https://ada.example/", "avatar": "https://ada.example/a.png"}],
  "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
  "_lamp": {"about": "an extension"},
  "items": [{
    "id": "1", "url": "https://lamp.example/1", "external_url": "https://other.example/",
    "title": "First", "summary": "S & s",
    "content_html": "<p>Lit</p>", "content_text": "Lit",
    "image": "https://lamp.example/1.jpg", "banner_image": "https://lamp.example/wide.jpg",
    "date_published": "2026-03-03T10:00:00+01:00", "date_modified": "2026-03-04T10:00:00Z",
    "authors": [{"name": "Ben"}, {"url": "https://cy.example/"}],
    "tags": ["glass", "wick", "glass"], "language": "de",
    "attachments": [
      {"url": "https://lamp.example/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 4711, "duration_in_seconds": 9}
    ]
  }]
}""")
    assert found == ParsedFeed(
        format="json11",
        id="https://lamp.example/feed.json",
        title=Text("Lamp"),
        subtitle=Text("All about it"),
        link="https://lamp.example/",
        self_link="https://lamp.example/feed.json",
        hub="https://hub.example/",
        authors=(Person("Ada", "https://ada.example/"),),
        language="en",
        icon="https://lamp.example/512.png",
        entries=(
            ParsedEntry(
                id="1",
                link="https://lamp.example/1",
                title=Text("First"),
                summary=Text("S & s"),
                content=Text("<p>Lit</p>", is_html=True),
                published="2026-03-03T10:00:00+01:00",
                updated="2026-03-04T10:00:00Z",
                authors=(Person("Ben"), Person("https://cy.example/", "https://cy.example/")),
                tags=("glass", "wick"),
                enclosures=(Enclosure("https://lamp.example/1.mp3", "audio/mpeg", 4711),),
                episode=ParsedEpisode(duration="9"),
                image="https://lamp.example/1.jpg",
                language="de",
            ),
        ),
    )


def test_version_1_0() -> None:
    found = feed([{"id": 7, "content_text": "Short", "author": {"name": "Ben"}}], V1, author={"name": "Ada"})
    assert (found.format, found.authors) == ("json10", (Person("Ada"),))
    assert found.entries == (ParsedEntry(id="7", content=Text("Short"), authors=(Person("Ben"),)),)


@pytest.mark.parametrize(
    ("version", "format_"),
    [(V1, "json10"), (V1 + "/", "json10"), (V11, "json11"), (V11.replace("https", "http"), "json11"), (V1 + "9", "json")],
)  # fmt: skip
def test_versions(version: str, format_: str) -> None:
    assert feed(version=version).format == format_


@pytest.mark.parametrize(
    ("digits", "id_"),
    [("3", "3"), ("3.10", "3.10"), ("-1", "-1"), ("1e400", "1e400"), ("9" * 5000, "9" * 1000), ("NaN", None)],
)
def test_ids_that_are_numbers_keep_their_digits(digits: str, id_: str | None) -> None:
    (found,) = read(f'{{"version": "{V11}", "items": [{{"id": {digits}, "title": "t"}}]}}').entries
    assert found.id == id_


@pytest.mark.parametrize("date", ["2026-03-03T10:00:00.25-05:00", "2026-03-03T10:00:00", "tomorrow"])
def test_a_date_is_handed_on_as_it_was_written(date: str) -> None:
    assert item(id="1", date_published=date).published == date


@pytest.mark.parametrize(
    ("fields", "people"),
    [
        ({"authors": {"name": "Ada"}}, (Person("Ada"),)),
        ({"authors": ["Ada", {"name": "Ben"}, "Ada"]}, (Person("Ada"), Person("Ben"))),
        ({"authors": "Ada"}, (Person("Ada"),)),
        ({"author": "Ada"}, (Person("Ada"),)),
        ({"author": ["Ada"]}, (Person("Ada"),)),
        ({"author": "Ada <ada@lamp.example>"}, (Person("Ada", email="ada@lamp.example"),)),
        ({"authors": [], "author": {"name": "Ada"}}, (Person("Ada"),)),
        ({"authors": [{"name": ""}], "author": "Ada"}, (Person("Ada"),)),
    ],
)
def test_authors_in_forms_that_the_standard_does_not_know(
    fields: dict[str, Any], people: tuple[Person, ...]
) -> None:
    assert item(id="1", **fields).authors == people
    assert feed([{"id": "1"}], **fields).authors == people


def test_the_page_elsewhere_is_the_link_where_there_is_no_other() -> None:
    assert item(external_url="https://other.example/").link == "https://other.example/"


def test_the_banner_is_the_image_where_there_is_no_other() -> None:
    assert item(id="1", banner_image="https://lamp.example/w.jpg").image == "https://lamp.example/w.jpg"


JUNK: list[Any] = [None, True, 1, 1.5, "", [], {}, [1, None, {}], {"name": 1}, {"url": []}]
FIELDS = (
    "id url external_url title summary content_html content_text image banner_image date_published "
    "date_modified author authors tags language attachments"
)


@pytest.mark.parametrize("junk", JUNK)
def test_a_field_of_the_wrong_type_is_left_out(junk: Any) -> None:
    for name in FIELDS.split():
        found = item(**{"id": "1", "title": "t", name: junk})
        assert found.title == (None if name == "title" else Text("t"))
        assert found.id == ("1" if name != "id" else str(junk) if type(junk) in (int, float) else None)
        assert (found.enclosures, found.authors, found.tags, found.published) == ((), (), (), None)


@pytest.mark.parametrize("junk", JUNK)
def test_so_is_a_field_of_the_feed(junk: Any) -> None:
    names = "title description language home_page_url feed_url icon favicon author authors hubs"
    found = feed([{"id": "1"}], **dict.fromkeys(names.split(), junk))
    assert found == ParsedFeed(format="json11", entries=(ParsedEntry(id="1"),))


def test_an_item_that_is_none_or_says_nothing_is_left_out() -> None:
    assert feed([1, None, "x", [], {}, {"tags": ["t"]}, {"id": "1"}]).entries == (ParsedEntry(id="1"),)


@pytest.mark.parametrize(
    ("fields", "tags"),
    [
        ({"tags": "glass, wick,, glass"}, ("glass", "wick")),
        ({"tags": "glass"}, ("glass",)),
        ({"tags": ["glass", 1, None]}, ("glass",)),
    ],
)
def test_tags_in_one_text(fields: dict[str, Any], tags: tuple[str, ...]) -> None:
    assert item(id="1", **fields).tags == tags


@pytest.mark.parametrize(
    ("date", "read_as"),
    [
        (1772532000, "1772532000"),
        (1772532000000, "1772532000000"),
        (1772532000.5, "1772532000.5"),
        (2026, None),
    ],
)
def test_dates_that_are_numbers(date: float, read_as: str | None) -> None:
    assert item(id="1", date_published=date, date_modified=date).published == read_as


def test_an_attachment_without_its_list() -> None:
    found = item(id="1", attachments={"url": "a.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 9})
    assert found.enclosures == (Enclosure("a.mp3", "audio/mpeg"),)
    assert found.episode == ParsedEpisode(duration="9")


@pytest.mark.parametrize("html", ["", "<div> </div>", "<p>&nbsp;</p>", "<!-- none -->"])
def test_html_that_shows_nothing_does_not_stand_for_the_text(html: str) -> None:
    assert item(id="1", content_html=html, content_text="Lit").content == Text("Lit")


ITEMS = '{"id": "1", "title": "a"}, {"id": "2", "title": "b"}'


@pytest.mark.parametrize(
    ("document", "titles", "problem"),
    [
        (f'{{"version": "{V11}", "items": [{ITEMS},],}}', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS.replace("}", ", }")}]}}', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS}', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS}]', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS[:-1]}', "a", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS[:-3]}', "a", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS} {{"id": "3"', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS}, {{"id": nothing}}]}}', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "title": "it\\\'s", "items": [{ITEMS}]}}', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "title": "C:\\\\,]", "items": [{ITEMS},]}}', "ab", "broken JSON"),
        (f'{{"version": "{V11}", "items": [{ITEMS}]}}\n<!-- 0.2 s -->', "ab", "something else stands after"),
        (f'{{"version": "{V11}", "items": [{ITEMS}]}}' * 2, "ab", "something else stands after"),
        (f'{{"version": "{V11}", "title": ",]", "items": [{ITEMS}]}}', "ab", ""),
        (f'show({{"version": "{V11}", "items": [{ITEMS}]}});\n', "ab", "the feed stands in a call"),
        (f'/**/ a.b_1 ( {{"version": "{V11}", "items": [{ITEMS},]}} )', "ab", "the feed stands in a call"),
        (f'{{"version": "{V11}", "items": [{ITEMS.replace("a", "<![CDATA[a]]>")}]}}', "ab", ""),
    ],
)
def test_what_is_broken_and_plain_is_read_and_told_of(document: str, titles: str, problem: str) -> None:
    found = read(document)
    assert "".join(each.title.value for each in found.entries if each.title) == titles
    assert (found.problem or "").startswith(problem)
    assert bool(found.problem) == bool(problem)


@pytest.mark.parametrize("size", [0, -1, 1e300, "9", True, 10**40])
def test_sizes_that_are_none(size: Any) -> None:
    assert item(attachments=[{"url": "u", "size_in_bytes": size}]).enclosures == (Enclosure("u"),)


def test_half_a_character_is_replaced() -> None:
    (found,) = read(
        f'{{"version": "{V11}", "items": [{{"id": "\\ud83d", "title": "\\ud83d\\ude00"}}]}}'
    ).entries
    assert (found.id, found.title) == ("\ufffd", Text("😀"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(codec: str) -> None:
    body = f'{{"version": "{V11}", "title": "灯台", "items": []}}'.encode(codec)
    assert parse(body, None, URL).title == Text("灯台")


def test_line_breaks_in_strings_and_white_space_around_are_read() -> None:
    assert read(f'\n\n {{"version": "{V11}", "title": "a\nb", "items": []}}\n').title == Text("a\nb")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{}", "JSON, but not a JSON Feed"),
        ('{"items": []}', "JSON, but not a JSON Feed"),
        ('{"version": 1, "items": []}', "JSON, but not a JSON Feed"),
        ("[]", "JSON, but not a JSON Feed"),
        (f'{{"version": "{V11}"}}', "a JSON Feed without its list of items"),
        (f'{{"version": "{V11}", "items": {{}}}}', "a JSON Feed without its list of items"),
        (f'{{"version": "{V11}",\n "items": [', r"broken JSON \(.*, line 2, column 12\)"),
        (f'{{"version": "{V11}", "items": {"[" * 100_000}', "JSON nested too deep for a feed"),
        (f'{{"version": "{V11}", "items": [{{"id": "1"', "broken JSON"),
        (f'{{"version": {V11}, "items": [{{"id": "1"}}]}}', "broken JSON"),
    ],
)
def test_what_is_no_json_feed(document: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read(document)
