"""The digest is a whole page for a person: grouped by day, safe whatever the feeds say, the same each time."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.export import digest
from aggregator.export.about import render_about, render_archive, render_missing, render_tags
from aggregator.export.digest import compact_pages, digest_pages, render_digest, render_month
from aggregator.export.places import tag_feed
from aggregator.export.values import title_of
from aggregator.models import Also, Publication, Source, Story, StoryGroup
from support.publications import (
    BASE,
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
    "meta": {"charset", "http-equiv", "content", "name", "property"},
    "title": set(),
    "link": {"rel", "href", "type", "title"},
    "style": set(),
    "body": set(),
    "a": {"href", "dir", "class", "aria-current", "aria-label", "rel"},
    "nav": {"aria-label", "class"},
    "header": set(),
    "form": {"role", "action"},
    "input": {"type", "name", "maxlength", "aria-label", "placeholder"},
    "h1": {"dir", "lang", "class"},
    "p": {"dir", "lang", "class"},
    "time": {"datetime"},
    "details": set(),
    "summary": set(),
    "ul": {"class"},
    "li": {"dir"},
    "span": {"dir", "class", "aria-current"},
    "bdi": set(),
    "main": {"id", "tabindex"},
    "section": {"aria-labelledby", "class"},
    "h2": {"id"},
    "div": {"class", "dir"},
    "article": {"class"},
    "img": {"src", "alt", "loading"},
    "h3": {"dir", "lang"},
    "dl": {"class"},
    "dt": set(),
    "dd": set(),
    "table": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"scope", "class", "dir"},
    "td": {"class"},
    "svg": {"viewbox", "preserveaspectratio", "aria-hidden"},
    "path": {"d"},
    "code": set(),
    "footer": set(),
}
OWN_LINKS = re.compile(
    r"#stories|#day-[0-9-]+|(?:\.\./)?(?:(?:index|compact|about)(?:\.\d+)?\.html|about\.html#sources"
    r"|feed\.atom|feed\.json|bots\.rss|subscriptions\.opml|story/[0-9a-f-]+"
    r"|tags/index\.html|archive/index\.html|(?:tags/|sources/)?[a-z0-9_-]+\.(?:html|atom|json|opml))"
)
PAGES = {
    "digest": render_digest,
    "about": render_about,
    "tags": render_tags,
    "archive": render_archive,
    "missing": render_missing,
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
                assert OWN_LINKS.fullmatch((value or "").removeprefix("/planet/")) or re.match(
                    r"https?://\S+$", value or ""
                ), value
            if name == "lang":  # empty: of a language that the feed does not tell
                assert re.fullmatch(r"(?:[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?", value or "")


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
        listed = texts_of(LexborHTMLParser(page), "section:not(.covered) h3")
        assert listed == [title_of(story) for story in made.stories]
    assert PAGES[name](made) == data


def test_nothing_in_the_page_loads_or_runs() -> None:
    page = render_digest(publication(RICH)).decode()
    assert "<script" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert "<img" not in page


@pytest.mark.parametrize(("search", "target"), [(False, "'none'"), (True, "'self'")])
def test_policy_allows_this_very_style_and_nothing_else(search: bool, target: str) -> None:
    page = render_digest(publication(RICH, search=search)).decode()
    style = page.partition("<style>")[2].partition("</style>")[0]
    named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = one(LexborHTMLParser(page), "meta[http-equiv]").attributes["content"]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{named}'; img-src data:; base-uri 'none'; form-action {target}"
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


def test_search_engines_and_networks_are_told_what_this_is() -> None:
    page = read(publication(RICH, description="News of the valley."))
    assert one(page, "link[rel=canonical]").attributes["href"] == BASE
    said = {
        node.attributes.get("name") or node.attributes.get("property"): node.attributes["content"]
        for node in page.css("meta[content]")
    }
    assert said["description"] == said["og:description"] == "News of the valley."
    assert (said["og:title"], said["og:url"]) == ("News Feed", BASE)
    assert "robots" not in said


def test_what_is_no_page_of_its_own_is_not_for_search_engines() -> None:
    page = LexborHTMLParser(render_missing(publication()))
    assert one(page, "meta[name=robots]").attributes["content"] == "noindex"
    assert not page.css("link[rel=canonical]")


def test_bar_says_how_many_and_when_the_newest_came() -> None:
    late = replace(at(9, source=OTHER), first_published=NOON + timedelta(hours=5))
    line = one(read(publication(STORY, late)), ".bar p")
    assert line.text().startswith("2 stories from 2 sources, newest 23 Nov, 17:00")
    assert one(line, "time").attributes["datetime"] == "2026-11-23T17:00:00Z"


def test_one_is_not_many() -> None:
    assert one(read(publication(STORY)), ".bar p").text().startswith("1 story from 1 source,")


def test_story_shows_what_a_reader_wants() -> None:
    article = one(read(publication(RICH)), "article")
    assert one(article, "h3 a").attributes["href"] == RICH.link
    assert one(article, "h3").text() == RICH.title
    assert one(article, ".by a").text() == "The Daily Example"
    assert one(article, ".by time").attributes["datetime"] == "2026-11-23T12:00:00Z"
    assert one(article, ".by time").text() == "12:00"
    assert RICH.summary in article.text()
    assert one(article, ".also").text() == "Also at Second Look"


def test_stories_stand_under_days_and_older_ones_under_months_each_with_its_number() -> None:
    page = read(publication(at(0), at(0.2), at(1), at(1.1), at(6), at(8), at(40), at(45)))
    assert [" ".join(text.split()) for text in texts_of(page, "h2")] == [
        "Monday 23 November 2026 2 stories",
        "Sunday 22 November 2026 2 stories",
        "Tuesday 17 November 2026 1 story",
        "November 2026 1 story",
        "October 2026 2 stories",
    ]
    assert [len(section.css("article")) for section in page.css("section")] == [2, 2, 1, 1, 2]
    assert texts_of(page, ".by time")[-3:] == ["15 Nov, 12:00", "14 Oct, 12:00", "9 Oct, 12:00"]


def test_one_can_jump_to_each_day() -> None:
    page = read(publication(at(0), at(1), at(40)))
    assert [(link.text(), link.attributes["href"]) for link in page.css(".bar nav a")] == [
        ("Mon 23", "#day-2026-11-23"),
        ("Sun 22", "#day-2026-11-22"),
        ("Oct 2026", "#day-2026-10"),
    ]
    assert len(page.css("#day-2026-11-23, #day-2026-11-22, #day-2026-10")) == 3


def test_days_are_those_of_the_operators_zone() -> None:
    late = replace(STORY, published=NOON + timedelta(hours=11.5))
    assert (
        one(read(publication(late, timezone="Europe/Berlin")), "h2 time").text() == "Tuesday 24 November 2026"
    )
    page = read(publication(late, timezone="Europe/Berlin"))
    assert texts_of(page, ".by time") == ["00:30"]
    assert "Dates and times are in Europe/Berlin." in texts_of(page, "footer p")


def numbered(count: int, source: Source = SOURCE, **more: object) -> list[Story]:
    """So many stories of one source, a minute apart."""
    return [
        replace(
            at(n / 1440, source=source, **more), id=n, atom_id=f"urn:x:{source.feed_id}:{n}", title=f"{n}"
        )
        for n in range(count)
    ]


def test_a_run_of_one_source_folds_but_not_what_several_reported() -> None:
    page = read(publication(*numbered(11), replace(at(1), source=OTHER)))
    assert one(page, "summary").text() == "9 more from The Daily Example"
    assert len(page.css("details article")) == 9
    assert not read(publication(*numbered(4), replace(at(1), source=OTHER))).css("details")
    also = (Also(OTHER, "https://second.example/1", "x"),)
    assert not read(publication(*numbered(11, also=also), replace(at(1), source=OTHER))).css("details")


def test_what_three_reported_stands_out() -> None:
    also = (Also(OTHER, None, "x"), Also(replace(OTHER, feed_id=3), None, "x"))
    page = read(publication(replace(STORY, also=also), replace(STORY, also=also[:1])))
    assert [article.attributes.get("class") for article in page.css("article")] == ["wide", None]


def test_beyond_100_stories_there_are_further_pages() -> None:
    made = publication(*numbered(120), *(at(n) for n in range(1, 4)))
    first, second = map(LexborHTMLParser, digest_pages(made))
    assert [len(page.css("article")) for page in (first, second)] == [100, 23]
    assert [link.attributes["href"] for link in first.css(".pager a")] == ["index.2.html"]
    assert [link.attributes["href"] for link in second.css(".pager a")] == ["index.html"]
    assert texts_of(first, ".pager [aria-current]") == ["1"]
    jumps = [link.attributes["href"] for link in first.css(".bar nav a")]
    assert jumps[:2] == ["#day-2026-11-23", "index.2.html#day-2026-11-22"]
    assert one(second, "link[rel=canonical]").attributes["href"] == f"{BASE}index.2.html"


def test_headlines_alone_have_an_address_of_their_own() -> None:
    pages = [LexborHTMLParser(page) for page in compact_pages(publication(*numbered(300), RICH))]
    assert sum(len(page.css("article")) for page in pages) == 301
    assert len(pages[0].css("article")) > 150
    assert not pages[0].css("article div p, details")
    assert one(pages[0], ".bar p a").attributes["href"] == "index.html"
    assert one(read(publication(RICH)), ".bar p a").attributes["href"] == "compact.html"


@pytest.mark.parametrize("render", [digest_pages, compact_pages])
@pytest.mark.parametrize(
    "story",
    [
        replace(RICH, summary="word " * 99, tags=("python", "news") * 3),
        replace(
            RICH, title="\u0416" * 200, summary="\u0416 " * 250, link="https://daily.example/" + "x" * 300
        ),
        replace(RICH, title="&<>" * 60, summary="&<> " * 120),
        replace(
            RICH, title="x", also=tuple(Also(replace(OTHER, feed_id=n), None, "x") for n in range(3, 90))
        ),
    ],
    ids=["words", "two bytes a character", "what is escaped", "many sources"],
)
def test_no_page_is_over_100_kb(render: Callable[[Publication], Iterator[bytes]], story: Story) -> None:
    made = publication(*(replace(story, id=n, atom_id=f"urn:x:{n}") for n in range(150)), search=True)
    sizes = [len(page) for page in render(made)]
    assert max(sizes) < 100_000
    assert sum(sizes) > 30_000


def test_late_arrival_stands_among_those_it_came_with_and_says_its_date() -> None:
    page = read(publication(at(0), at(5), at(0.1), at(1)))
    assert texts_of(page, "h2 time") == ["Monday 23 November 2026", "Sunday 22 November 2026"]
    assert texts_of(page, "h3") == ["0", "5", "0.1", "1"]
    assert texts_of(page, ".by time")[1] == "18 Nov, 12:00"


def test_failing_feeds_are_counted_and_lead_to_the_reasons() -> None:
    gone = replace(SOURCE, status="gone", last_error="410 Gone: <b>closed</b>")
    page = read(
        publication(STORY, sources=(gone, replace(OTHER, status="failing"), replace(OTHER, feed_id=3)))
    )
    (link,) = [link for link in page.css(".bar a") if "failing" in link.text()]
    assert (link.text(), link.attributes["href"]) == ("2 feeds failing", "about.html#sources")


def test_no_note_where_all_is_well() -> None:
    assert "failing" not in one(read(publication(STORY)), ".bar").text()


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


def test_tags_are_shown_where_they_lead_somewhere_else() -> None:
    story = replace(STORY, tags=("1", "Uncategorized", "City", "TECH"))
    tags = (tag_feed(ID, "tech"), tag_feed(ID, "city"))
    page = read(publication(story, tags=tags))
    assert [(a.text(), a.attributes["href"]) for a in page.css(".tag")] == [
        ("city", "tags/city.html"),
        ("tech", "tags/tech.html"),
    ]
    page = read(publication(story, tags=tags, place="tags/tech"))
    assert [a.attributes["href"] for a in page.css(".tag")] == ["../tags/city.html"]


def test_source_with_a_page_of_its_own_leads_there() -> None:
    page = read(publication(replace(STORY, source=replace(SOURCE, slug="daily-12345678"))))
    assert one(page, ".by a").attributes["href"] == "sources/daily-12345678.html"


def test_images_only_where_they_are_wanted() -> None:
    assert not read(publication(RICH)).css("img")
    page = read(publication(RICH, images=True))
    assert one(page, "img").attributes == {"src": RICH.image, "alt": "", "loading": "lazy"}
    assert "img-src data: https: http:;" in (one(page, "meta[http-equiv]").attributes["content"] or "")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (publication(STORY), ["Stories", "Archive", "About"]),
        (publication(STORY, tags=(tag_feed(ID, "x"),)), ["Stories", "Tags", "Archive", "About"]),
    ],
    ids=["without tags", "with tags"],
)
def test_pages_lead_to_each_other(made: Publication, expected: list[str]) -> None:
    assert texts_of(read(made), "header nav li") == expected
    assert texts_of(read(made), "nav [aria-current]") == ["Stories"]


def test_every_page_has_the_search_where_there_is_one() -> None:
    assert one(read(publication(STORY, search=True)), "header form").attributes["action"] == "search"
    assert not read(publication(STORY)).css("form")


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
    assert one(page, ".lead").text().startswith("2 stories, first published here in this month.")
    assert texts_of(page, "h3") == [RICH.title]
    assert not page.css(".also, .tag, article p:not(.by)")
    assert [(a.attributes["rel"], a.attributes["href"]) for a in page.css("footer nav a")] == [
        ("prev", "2026-10.html"),
        ("next", "2026-11.html"),
    ]


def test_language_and_direction_of_a_story() -> None:
    arabic = replace(STORY, title="افتتاح مكتبة", summary="نص قصير", language="ar")
    article = one(read(publication(arabic)), "article")
    assert one(article, "div").attributes == {"dir": "rtl"}
    assert one(article, "h3").attributes == {"dir": "auto", "lang": "ar"}
    assert one(article, "p[lang]").attributes == {"dir": "auto", "lang": "ar"}


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", "de"), (None, ""), ("en", None)],
    ids=["its own", "unknown, which is not English", "that of the page, which need not be said again"],
)
def test_the_language_of_a_title_is_said_where_it_is_not_the_page_s(
    language: str | None, expected: str | None
) -> None:
    story = replace(STORY, language=language, source=replace(SOURCE, language=None))
    assert one(read(publication(story)), "h3").attributes.get("lang") == expected


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


def test_what_most_outlets_report_comes_first_and_names_them() -> None:
    members = tuple(
        replace(
            at(n, source=replace(OTHER, feed_id=10 + n, name=f"Outlet {n}")),
            id=n,
            link=f"https://{n}.example/",
        )
        for n in range(1, 12)
    )
    made = publication(STORY, covered=(StoryGroup(STORY, members, 14), StoryGroup(at(1), members[:1], 2)))
    first, second = read(made).css(".covered article")
    assert one(first, "h3 a").attributes["href"] == STORY.link
    assert one(first, ".also").text() == (
        "Also reported by " + ", ".join(f"Outlet {n}" for n in range(1, 9)) + " and 5 more"
    )
    assert one(second, ".also").text() == "Also reported by Outlet 1"
    assert not LexborHTMLParser(next(compact_pages(made))).css(".covered")
