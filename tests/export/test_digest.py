"""The digest is a whole page for a person: grouped by day, safe whatever the feeds say, the same each time."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.export import digest
from aggregator.export.about import render_about, render_archive, render_tags
from aggregator.export.digest import render_digest, render_month
from aggregator.export.places import tag_feed
from aggregator.export.values import title_of
from aggregator.models import Also, Publication, Source, Story
from support.publications import (
    ID,
    NOON,
    OTHER,
    RICH,
    SOURCE,
    STORY,
    archive,
    publication,
    publications,
)

ALLOWED: dict[str, set[str]] = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(),
    "link": {"rel", "href", "type", "title"},
    "style": set(),
    "body": set(),
    "a": {"href", "dir", "class", "aria-current", "aria-label", "rel"},
    "nav": {"aria-label"},
    "header": set(),
    "h1": {"dir", "lang"},
    "p": {"dir", "lang", "class"},
    "time": {"datetime"},
    "details": set(),
    "summary": set(),
    "fieldset": {"class"},
    "legend": set(),
    "label": set(),
    "input": {"type", "name", "id", "checked"},
    "ul": {"aria-label", "class"},
    "li": {"dir"},
    "span": {"dir", "class"},
    "bdi": set(),
    "main": {"id", "tabindex"},
    "section": {"aria-labelledby"},
    "h2": {"id"},
    "div": {"class"},
    "article": {"dir"},
    "img": {"src", "alt", "loading"},
    "h3": {"dir", "lang"},
    "dl": {"class"},
    "dt": set(),
    "dd": set(),
    "svg": {"viewbox", "preserveaspectratio", "aria-hidden"},
    "path": {"d"},
    "code": set(),
    "footer": set(),
}
OWN_LINKS = re.compile(
    r"#stories|(?:\.\./)?(?:index\.html|about\.html|search|feed\.atom|feed\.json|subscriptions\.opml"
    r"|tags/index\.html|archive/index\.html|(?:tags/)?[a-z0-9_-]+\.(?:html|atom|json))"
)
PAGES = {
    "digest": render_digest,
    "about": render_about,
    "tags": render_tags,
    "archive": render_archive,
}


class Reader(HTMLParser):
    """Collects the elements and asserts that each is one of the template's."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert name in ALLOWED[tag], (tag, name)
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and tag == "a":
                assert OWN_LINKS.fullmatch(value or "") or re.match(r"https?://\S+$", value or ""), value
            if name == "lang":
                assert re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", value or "")


def read(made: Publication) -> LexborHTMLParser:
    return LexborHTMLParser(render_digest(made).decode())


def one(page: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    (found,) = page.css(selector)
    return found


def texts_of(page: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text().strip() for node in page.css(selector)]


def at(days: float, **more: object) -> Story:
    """A story of its own, so many days before noon."""
    when = NOON - timedelta(days=days)
    return replace(STORY, title=f"{days}", published=when, first_published=when, **more)  # type: ignore[arg-type]


@given(publications, st.sampled_from(tuple(PAGES)))
def test_any_publication_renders_to_the_elements_of_the_template_alone(made: Publication, name: str) -> None:
    data = PAGES[name](made)
    page = data.decode()
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert len(reader.ids) == len(set(reader.ids))
    if name == "digest":
        assert texts_of(LexborHTMLParser(page), "h3") == [title_of(story) for story in made.stories]
    assert PAGES[name](made) == data


def test_nothing_in_the_page_loads_or_runs() -> None:
    page = render_digest(publication(RICH)).decode()
    assert "<script" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert "<img" not in page


def test_policy_allows_this_very_style_and_nothing_else() -> None:
    page = render_digest(publication(RICH)).decode()
    style = page.partition("<style>")[2].partition("</style>")[0]
    named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = one(LexborHTMLParser(page), "meta[http-equiv]").attributes["content"]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{named}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_style_could_not_end_its_own_element() -> None:
    css = (Path(digest.__file__).parent / "templates" / "style.css").read_text("utf-8")
    assert "<" not in css
    assert "\r" not in css


def test_readers_find_the_feeds() -> None:
    found = read(publication(RICH)).css("link[rel=alternate]")
    assert [(link.attributes["type"], link.attributes["href"]) for link in found] == [
        ("application/atom+xml", "feed.atom"),
        ("application/feed+json", "feed.json"),
    ]


def test_header_says_how_many_and_when_the_newest_came() -> None:
    late = replace(at(9, source=OTHER), first_published=NOON + timedelta(hours=5))
    line = one(read(publication(STORY, late)), "header p")
    assert line.text() == "2 stories from 2 sources. The newest came on Monday 23 November 2026 at 17:00 UTC."
    assert one(line, "time").attributes["datetime"] == "2026-11-23T17:00:00Z"


def test_one_is_not_many() -> None:
    assert one(read(publication(STORY)), "header p").text().startswith("1 story from 1 source.")


def test_story_shows_what_a_reader_wants() -> None:
    article = one(read(publication(RICH)), "article")
    assert one(article, "h3 a").attributes["href"] == RICH.link
    assert one(article, "h3").text() == RICH.title
    assert one(article, ".by a").text() == "The Daily Example"
    assert one(article, ".by time").attributes["datetime"] == "2026-11-23T12:00:00Z"
    assert one(article, ".by time").text() == "12:00"
    assert RICH.summary in article.text()
    assert [tag.text() for tag in article.css("li")] == ["transport", "city"]
    assert one(article, ".also").text() == "Also at Second Look"


def test_stories_are_grouped_by_day_in_their_order() -> None:
    page = read(publication(at(0), at(0.2), at(1), at(1.1), at(40)))
    assert texts_of(page, "h2") == [
        "Monday 23 November 2026",
        "Sunday 22 November 2026",
        "Wednesday 14 October 2026",
    ]
    assert [len(section.css("article")) for section in page.css("section")] == [2, 2, 1]


def test_late_arrival_stands_among_those_it_came_with_and_says_its_date() -> None:
    page = read(publication(at(0), at(5), at(0.1), at(1)))
    assert texts_of(page, "h2") == ["Monday 23 November 2026", "Sunday 22 November 2026"]
    assert texts_of(page, "h3") == ["0", "5", "0.1", "1"]
    assert texts_of(page, ".by time")[1] == "18 November 2026, 12:00"


def test_failing_feeds_are_named_with_the_reason() -> None:
    gone = replace(SOURCE, status="gone", last_error="410 Gone: <b>closed</b>")
    mute = replace(OTHER, status="failing", last_error=None, link=None)
    page = read(publication(STORY, sources=(gone, mute, replace(OTHER, feed_id=3))))
    assert one(page, "summary").text() == "2 of 3 feeds are failing"
    assert texts_of(page, "details li") == [
        "The Daily Example: 410 Gone: <b>closed</b>",
        "Second Look: no reason was given",
    ]


def test_no_note_where_all_is_well() -> None:
    assert not read(publication(STORY)).css("details")


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ((), "Add the address of a feed to feeds.yaml"),
        ((SOURCE,), "as soon as the feed in feeds.yaml has been read"),
    ],
)
def test_empty_page_says_what_to_do(sources: tuple[Source, ...], words: str) -> None:
    page = read(publication(sources=sources))
    assert words in one(page, "main .empty").text()
    assert not page.css("section")


def test_tag_with_a_feed_leads_to_its_page_and_stands_before_those_without() -> None:
    story = replace(STORY, tags=("bridges", "City", "TECH"))
    tags = (tag_feed(ID, "tech"), tag_feed(ID, "city"))
    page = read(publication(story, tags=tags))
    assert texts_of(page, ".tags li") == ["city", "tech", "bridges"]
    assert [a.attributes["href"] for a in page.css(".tags a")] == ["tags/city.html", "tags/tech.html"]
    assert (
        one(
            read(publication(replace(story, tags=("tech",)), tags=tags, place="tags/tech")), ".tags a"
        ).attributes["href"]
        == "../tags/tech.html"
    )


def test_images_only_where_they_are_wanted() -> None:
    assert not read(publication(RICH)).css("img")
    page = read(publication(RICH, images=True))
    assert one(page, "img").attributes == {"src": RICH.image, "alt": "", "loading": "lazy"}
    assert "img-src data: https: http:;" in (one(page, "meta[http-equiv]").attributes["content"] or "")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (publication(STORY), ["Stories", "Archive", "About"]),
        (publication(STORY, search=True), ["Stories", "Archive", "Search", "About"]),
        (publication(STORY, tags=(tag_feed(ID, "x"),)), ["Stories", "Tags", "Archive", "About"]),
    ],
    ids=["without tags and search", "with search", "with tags"],
)
def test_pages_lead_to_each_other(made: Publication, expected: list[str]) -> None:
    assert texts_of(read(made), "nav li") == expected
    assert texts_of(read(made), "nav [aria-current]") == ["Stories"]


def test_month_shows_titles_and_leads_to_its_neighbours() -> None:
    documents = (
        archive("2026-09", 5, 9),
        archive("2026-10", 500, 9),
        archive("2026-10-2", 2, 9),
        archive("2026-11"),
    )
    made = publication(RICH, place="archive/2026-10-2", archived=True, archives=documents)
    page = LexborHTMLParser(render_month(made).decode())
    assert one(page, "h1").text() == "October 2026, part 2"
    assert one(page, "header p").text() == "2 stories, first published here in this month."
    assert texts_of(page, "h3") == [RICH.title]
    assert not page.css(".also, .tags, article p:not(.by)")
    assert [(a.attributes["rel"], a.attributes["href"]) for a in page.css("footer nav a")] == [
        ("prev", "2026-10.html"),
        ("next", "2026-11.html"),
    ]


def test_language_and_direction_of_a_story() -> None:
    arabic = replace(STORY, title="افتتاح مكتبة", summary="نص قصير", language="ar")
    article = one(read(publication(arabic)), "article")
    assert article.attributes == {"dir": "rtl"}
    assert one(article, "h3").attributes == {"dir": "auto", "lang": "ar"}
    assert one(article, "p[lang]").attributes == {"dir": "auto", "lang": "ar"}


@pytest.mark.parametrize(
    ("also", "expected"),
    [
        (Also(OTHER, "https://second.example/1", "x"), "https://second.example/1"),
        (Also(OTHER, STORY.link, "x"), "https://second.example/"),
        (Also(OTHER, None, "x"), "https://second.example/"),
        (Also(replace(OTHER, link=None), None, "x"), None),
    ],
    ids=["its own page", "the very same page", "no page", "no page and no site"],
)
def test_where_also_leads(also: Also, expected: str | None) -> None:
    links = one(read(publication(replace(STORY, also=(also,)))), ".also").css("a")
    assert [link.attributes["href"] for link in links] == ([expected] if expected else [])


def test_also_reads_as_a_sentence() -> None:
    also = tuple(
        Also(replace(OTHER, feed_id=number, name=name), None, "x")
        for number, name in ((1, "Itself"), (2, "A"), (3, "B"), (4, "C"), (4, "C"))
    )
    assert one(read(publication(replace(STORY, also=also))), ".also").text() == "Also at A, B and C"


def test_untitled_story_goes_on_where_its_title_ends() -> None:
    story = replace(STORY, untitled=True, title="Traffic crossed…")
    article = one(read(publication(story)), "article")
    assert [p.text() for p in article.css("p:not([class])")] == ["…the river again on Monday."]


def test_excerpt_that_only_repeats_the_title_is_left_out() -> None:
    article = one(read(publication(replace(STORY, summary=STORY.title + "."))), "article")
    assert not article.css("p:not([class])")


def test_hundred_stories_stay_under_100_kb() -> None:
    made = publication(
        *(replace(RICH, summary="word " * 99, tags=("python", "news") * 3) for _ in range(100))
    )
    assert len(render_digest(made)) < 100_000
