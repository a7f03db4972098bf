"""The pages that lead to the rest: sources with their health and charts, tags, months."""

from __future__ import annotations

from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.export.about import about_pages, render_about, render_archive, render_tags
from aggregator.export.chart import bars
from aggregator.export.places import tag_feed
from aggregator.models import Source
from support.publications import ID, OTHER, SOURCE, STORY, archive, publication

DAYS = tuple(range(30))


def about(*sources: Source) -> LexborHTMLParser:
    return LexborHTMLParser(render_about(publication(STORY, sources=sources)).decode())


def texts(page: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in page.css(selector)]


def links(page: LexborHTMLParser, selector: str) -> list[str | None]:
    return [node.attributes["href"] for node in page.css(selector)]


def test_each_source_is_there_with_its_links_and_numbers() -> None:
    page = about(replace(SOURCE, daily=DAYS))
    assert links(page, "tbody th a") == [SOURCE.link]
    assert texts(page, "tbody td") == ["OK", "435", "", "23 Nov"]
    assert len(page.css("tbody svg path")) == 1


def test_a_source_with_a_page_of_its_own_leads_there() -> None:
    assert links(about(replace(SOURCE, slug="daily-12345678")), "tbody th a") == [
        "sources/daily-12345678.html"
    ]


def test_failing_sources_come_first() -> None:
    page = about(SOURCE, replace(OTHER, status="failing"))
    assert texts(page, "tbody th") == ["Second Look", "The Daily Example"]


def test_beyond_120_sources_there_are_further_pages() -> None:
    sources = [replace(SOURCE, feed_id=number, name=f"Source {number}") for number in range(1, 151)]
    first, second = map(LexborHTMLParser, about_pages(publication(STORY, sources=tuple(sources))))
    assert [len(page.css("tbody tr")) for page in (first, second)] == [120, 30]
    assert links(first, ".pager a") == ["about.2.html"]


def test_a_source_that_was_silent_has_no_chart() -> None:
    page = about(replace(SOURCE, daily=(0,) * 30))
    assert texts(page, "tbody td.num") == ["0"]
    assert not page.css("tbody svg")


@pytest.mark.parametrize(
    ("status", "words"),
    [("new", "not read yet"), ("ok", "OK"), ("unchanged", "OK"), ("paused", "OK"), ("gone", "gone")],
)
def test_health(status: str, words: str) -> None:
    assert texts(about(replace(OTHER, status=status)), ".health") == [words]  # type: ignore[arg-type]


def test_a_failing_source_says_why_and_a_well_one_forgets_it() -> None:
    said = "404 Not Found: <b>nothing</b>"
    assert texts(about(replace(OTHER, status="failing", last_error=said)), ".error") == [said]
    assert texts(about(replace(OTHER, status="paused", last_error=said)), ".error") == []


def test_a_poll_that_brought_nothing_changes_nothing() -> None:
    assert render_about(publication(STORY, sources=(replace(OTHER, status="unchanged"),))) == render_about(
        publication(STORY, sources=(replace(OTHER, status="ok"),))
    )


def test_before_the_first_story_there_is_no_chart() -> None:
    page = LexborHTMLParser(render_about(publication(sources=(SOURCE,))).decode())
    assert not page.css("svg")


@pytest.mark.parametrize(
    ("counts", "path"),
    [
        ((), ""),
        ((0,), ""),
        ((1, 2), "M0 24v-12h3v12h1v-24h3v24"),
        ((1, 1000), "M0 24v-2h3v2h1v-24h3v24"),
        ((0, 1, 0, 0, 1, 0), "M0 24h4v-24h3v24h9v-24h3v24"),
    ],
)
def test_bars(counts: tuple[int, ...], path: str) -> None:
    assert bars(counts) == path


def test_tags_with_their_page_and_feeds() -> None:
    tag = replace(tag_feed(ID, "Open data"), stories=1)
    page = LexborHTMLParser(render_tags(publication(tags=(tag,))).decode())
    assert texts(page, "tbody tr") == ["Open data1Atom JSON Feed OPML"]
    assert links(page, "tbody a") == ["open_data.html", "open_data.atom", "open_data.json", "open_data.opml"]
    assert links(page, "link[rel=alternate]") == ["../feed.atom", "../feed.json"]


def test_without_tags_the_page_says_what_to_do() -> None:
    page = LexborHTMLParser(render_tags(publication()).decode())
    assert "tags:" in texts(page, ".empty")[0]


def test_months_newest_first_with_their_parts() -> None:
    documents = (archive("2026-10", 500, 9), archive("2026-10-2", 21, 9), archive("2026-11", 3))
    page = LexborHTMLParser(render_archive(publication(archives=documents)).decode())
    assert texts(page, "tbody tr") == ["November 20263 so farAtom", "October 2026521Atom part 2 Atom"]
    assert links(page, "tbody a") == [
        *("2026-11.html", "2026-11.atom"),
        *("2026-10.html", "2026-10.atom", "2026-10-2.html", "2026-10-2.atom"),
    ]
