"""The pages that lead to the rest: sources with their health and charts, tags, months."""

from __future__ import annotations

from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.export.about import render_about, render_archive, render_tags
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
    assert links(page, ".sources a") == [SOURCE.link, SOURCE.url]
    assert texts(page, ".sources summary") == ["435 entries in 30 days, at most 29 a day"]
    assert texts(page, ".sources details p") == [", ".join(map(str, DAYS))]
    assert len(page.css(".sources svg path")) == 1


def test_a_source_that_was_silent_has_no_chart() -> None:
    page = about(replace(SOURCE, daily=(0,) * 30))
    assert "No entries in 30 days" in texts(page, ".sources .by")
    assert not page.css(".sources svg, .sources details")


@pytest.mark.parametrize(
    ("status", "words"),
    [("new", "not read yet"), ("ok", "well"), ("unchanged", "well"), ("paused", "well"), ("gone", "gone")],
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
    assert texts(page, ".list li") == ["Open data 1 story Atom JSON Feed"]
    assert links(page, ".list a") == ["open_data.html", "open_data.atom", "open_data.json"]
    assert links(page, "link[rel=alternate]") == ["../feed.atom", "../feed.json"]


def test_without_tags_the_page_says_what_to_do() -> None:
    page = LexborHTMLParser(render_tags(publication()).decode())
    assert "tags:" in texts(page, ".empty")[0]


def test_months_newest_first_with_their_parts() -> None:
    documents = (archive("2026-10", 500, 9), archive("2026-10-2", 21, 9), archive("2026-11", 3))
    page = LexborHTMLParser(render_archive(publication(archives=documents)).decode())
    assert texts(page, ".list li") == [
        "November 2026 3 stories so far Atom",
        "October 2026 521 stories Atom part 2 Atom",
    ]
    assert links(page, ".list a") == [
        *("2026-11.html", "2026-11.atom"),
        *("2026-10.html", "2026-10.atom", "2026-10-2.html", "2026-10-2.atom"),
    ]
