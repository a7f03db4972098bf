"""The digest as a browser sees it: no complaint, no request but for itself, and it fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.export import write_outputs
from aggregator.export.places import tag_feed
from aggregator.export.searching import render_search
from aggregator.models import Also
from support import chromium
from support.publications import ID, NOON, OTHER, RICH, SOURCE, STORY, archive, publication
from support.server import Reply, serve
from support.site import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        chromium.PATH is None,
        reason="NO CHROMIUM: the digest was not tried in a browser (apt-get install chromium)",
    ),
]

STORIES = (
    RICH,
    replace(STORY, atom_id="urn:x:1", title="<script>alert(1)</script>" + "long" * 100, summary="x" * 300),
    replace(STORY, atom_id="urn:x:2", title="افتتاح مكتبة جديدة في القاهرة", language="ar"),
    replace(
        STORY,
        atom_id="urn:x:3",
        title="京都で新しい図書館が開館、木造建築の温かみと最新の設備を両立",
        language="ja",
    ),
    replace(
        STORY,
        atom_id="urn:x:4",
        title="🚀 Launch day",
        source=replace(SOURCE, name="Name" * 40),
        tags=("tag" * 60,),
    ),
)
FAILING = replace(OTHER, status="failing", last_error="HTTP 503 from " + "a" * 200)

TAGS = (tag_feed(ID, "transport"), tag_feed(ID, "Tech" * 30))
MONTHS = (archive("2026-10", 7, 9), archive("2026-11", 5))
PAGES = (
    "",
    "compact.html",
    "about.html",
    "sources/daily-12345678.html",
    "tags/",
    "tags/tech.html",
    "archive/",
    "archive/2026-11.html",
    "search?q=bridge",
)

WIDTH = "document.documentElement.scrollWidth"
PAPER = "getComputedStyle(document.body).backgroundColor"
FONT = "getComputedStyle(document.querySelector('main')).fontFamily"
FOCUS = "document.querySelector('.skip').focus(); document.querySelector('.skip').getBoundingClientRect().left >= 0"


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Chromium]:
    with chromium.Chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("public")
    made = publication(*STORIES, sources=(SOURCE, FAILING), tags=TAGS, archives=MONTHS, search=True)
    others = [replace(made, place=place) for place in ("tags/tech", "archive/2026-11")]
    others.append(replace(made, place="sources/daily-12345678", sources=(FAILING,)))
    write_outputs(made, folder, others)
    with serving(folder, search=lambda query, number: (200, render_search(made, query, 200))) as site:
        yield site.address


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_page_loads_without_complaint_or_request_and_fits(
    browser: chromium.Chromium, address: str, page: str, width: int, dark: bool
) -> None:
    visit = browser.visit(address + page, width=width, dark=dark, scripts=(WIDTH, PAPER, FONT, FOCUS))
    assert visit.complaints == []
    assert [url for url in visit.requests if not url.startswith("data:")] == [address + page]
    assert visit.values[WIDTH] == width
    assert visit.values[PAPER] == ("rgb(23, 21, 18)" if dark else "rgb(252, 251, 248)")
    assert "sans-serif" in visit.values[FONT]
    assert visit.values[FOCUS] is True


# ---------------------------------------------------------------- how much of it one sees at once

WORDS = "Council approves the plan for a new harbour bridge after two years of talks with residents and shops".split()
MEASURES = """(() => {
  const shown = [...document.querySelectorAll('h3')].filter(h => h.checkVisibility());
  return {
    first: shown.filter(h => h.getBoundingClientRect().bottom <= innerHeight).length,
    stories: shown.length,
    screens: document.documentElement.scrollHeight / innerHeight,
  };
})()"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred stories of a dozen sources, with headlines of six to sixteen words and excerpts of two lines and more."""
    folder = tmp_path_factory.mktemp("busy")
    stories = []
    for n in range(100):
        source = replace(SOURCE, feed_id=n % 12, name=f"The Valley Courier {n % 12}")
        also = tuple(Also(replace(OTHER, feed_id=20 + m), None, "x") for m in range(3 if n % 10 == 0 else 0))
        when = NOON - timedelta(minutes=29 * n)
        stories.append(
            replace(
                *(STORY,),
                **{"id": n, "atom_id": f"urn:x:{n}", "source": source, "also": also, "published": when},
                title=" ".join((WORDS * 2)[n % 5 : n % 5 + 6 + n % 11]),
                summary=" ".join(WORDS * 3),
                tags=("transport",),
            )
        )
    write_outputs(publication(*stories, tags=TAGS, archives=MONTHS, search=True), folder)
    return folder


@pytest.mark.parametrize(
    ("page", "width", "height", "first", "screens"),
    [
        ("index.html", 1280, 900, 8, 12),
        ("index.html", 390, 844, 5, 20),
        ("compact.html", 1280, 900, 25, 5),
    ],
)
def test_page_can_be_scanned(
    browser: chromium.Chromium, busy: Path, page: str, width: int, height: int, first: int, screens: int
) -> None:
    visit = browser.visit((busy / page).as_uri(), width=width, height=height, scripts=(MEASURES, WIDTH))
    found = visit.values[MEASURES]
    assert found["stories"] == 100
    assert found["first"] >= first
    assert found["screens"] <= screens
    assert visit.values[WIDTH] == width


def test_images_are_fetched_where_they_are_wanted_and_nowhere_else(
    browser: chromium.Chromium, tmp_path: Path
) -> None:
    loaded = "Promise.allSettled([...document.images].map(image => image.decode()))"
    with serve({"/bridge.jpg": Reply(404)}) as server:
        image = server.url("/bridge.jpg")
        for images in (False, True):
            write_outputs(publication(replace(RICH, image=image), images=images), tmp_path)
            with serving(tmp_path) as site:
                visit = browser.visit(site.address, scripts=(loaded,))
            assert (image in visit.requests) is images
        assert [request.header("Referer") for request in server.requests] == [None]


def test_search_can_be_sent(browser: chromium.Chromium, address: str) -> None:
    visit = browser.visit(
        address + "search",
        leaving="document.getElementById('q').value = 'a b'; document.querySelector('main form').requestSubmit()",
    )
    assert address + "search?q=a+b" in visit.requests
    assert visit.complaints == []
    assert browser.visit(
        f"{address}search?q=%22%3E%3Cb%3E", scripts=("document.getElementById('q').value",)
    ).values == {"document.getElementById('q').value": '"><b>'}


def test_page_opens_from_disk_too(browser: chromium.Chromium, tmp_path: Path) -> None:
    write_outputs(publication(), tmp_path)
    visit = browser.visit((tmp_path / "index.html").as_uri(), scripts=(PAPER,))
    assert visit.complaints == []
    assert visit.values[PAPER] == "rgb(252, 251, 248)"


def test_names_of_sources_break_between_words_on_a_phone(browser: chromium.Chromium, tmp_path: Path) -> None:
    failing = replace(FAILING, name="Lost404", last_error="there is nothing at this address " * 5)
    write_outputs(publication(sources=(SOURCE, failing)), tmp_path)
    lines = (
        "[...document.querySelectorAll('tbody th a')].map(name => [name.text, name.getClientRects().length])"
    )
    visit = browser.visit((tmp_path / "about.html").as_uri(), width=390, height=844, scripts=(lines, WIDTH))
    assert ["Lost404", 1] in visit.values[lines]
    assert visit.values[WIDTH] == 390


def test_paper_is_white(browser: chromium.Chromium, address: str) -> None:
    visit = browser.visit(address, media="print", dark=True, scripts=(PAPER,))
    assert visit.values[PAPER] == "rgb(255, 255, 255)"


def test_folded_stories_are_printed(browser: chromium.Chromium, tmp_path: Path) -> None:
    run = tuple(replace(STORY, atom_id=f"urn:x:{n}", link=f"https://daily.example/{n}") for n in range(20))
    write_outputs(publication(*run, replace(STORY, source=OTHER)), tmp_path)
    shown = "[...document.querySelectorAll('details article')].map(article => article.checkVisibility())"
    for media, expected in (("screen", {False}), ("print", {True})):
        visit = browser.visit((tmp_path / "index.html").as_uri(), media=media, scripts=(shown,))
        assert set(visit.values[shown]) == expected


@pytest.mark.parametrize("path", ["feed.atom", "feed.json", "nothing"])
def test_other_answers_load_nothing_either(browser: chromium.Chromium, address: str, path: str) -> None:
    visit = browser.visit(address + path)
    own = [address + path] + ([address + "feed.css"] if path == "feed.atom" else [])  # shown as a page
    assert [url for url in visit.requests if not url.startswith("data:")] == own
