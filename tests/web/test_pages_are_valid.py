"""Every kind of page by the Nu HTML checker and by axe, with hostile stories and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from aggregator.export import write_outputs
from aggregator.export.about import render_about, render_archive, render_missing, render_tags
from aggregator.export.digest import render_digest
from aggregator.export.mail import render_mail_page
from aggregator.export.pages import own_pages, pages_in
from aggregator.export.places import tag_feed
from aggregator.export.searching import render_search
from aggregator.export.story import render_story
from aggregator.health.feeds import FeedHealth
from aggregator.health.page import render_health
from aggregator.health.report import Facts, StoreFacts, make_report
from aggregator.health.state import Problem
from aggregator.models import Publication
from support import checks, chromium
from support.publications import ID, NOON, OTHER, RICH, SOURCE, STORY, archive, publication, publications

pytestmark = pytest.mark.browser

needs_nu = pytest.mark.skipif(
    not checks.HAS_VNU, reason=f"NO NU HTML CHECKER in {checks.FOLDER}, or no java: no page was checked"
)
needs_axe = pytest.mark.skipif(
    not checks.HAS_AXE or chromium.PATH is None,
    reason=f"NO AXE in {checks.FOLDER}, or no chromium: nobody looked whether everybody can read the pages",
)

THEMES = ("newspaper", "terminal", "planet")
TAGS = (replace(tag_feed(ID, "Transport"), stories=1), replace(tag_feed(ID, "日本語"), stories=3))
MONTHS = (
    archive("2026-09", 4, 1),
    archive("2026-10", 500, 1),
    archive("2026-10-2", 3, 1),
    archive("2026-11", 2),
)
STORIES = (
    replace(RICH, tags=("transport", "city")),
    replace(STORY, atom_id="urn:x:1", title="<script>alert(1)</script>" + "long" * 100, summary="x" * 300),
    replace(STORY, atom_id="urn:x:2", title="افتتاح مكتبة جديدة في القاهرة", language="ar", tags=("日本語",)),
    replace(STORY, atom_id="urn:x:3", title="京都で新しい図書館が開館、木造建築", language="ja", link=None),
)
SOURCES = (
    replace(SOURCE, daily=tuple(range(30)), tags=("Transport",)),
    replace(OTHER, status="failing", last_error="HTTP 503 from " + "a" * 200, daily=(0,) * 30),
)
RICHEST = publication(*STORIES, sources=SOURCES, tags=TAGS, archives=MONTHS, search=True, images=True)

STORE = StoreFacts("a.db", 10**6, 5, 5, disk_free=10**12, disk_size=10**12)
BAD = tuple(
    FeedHealth("", f"<b>{name}</b>" * 9, name, NOON, "x" * 300) for name in ("failing", "gone", "stuck")
)
REPORTS = {
    "rich": make_report(Facts(STORE, BAD, problems=(Problem("publish", NOON, "<i>" + "y" * 300),)), NOON),
    "empty": make_report(Facts(STORE), NOON),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One page of each kind, rich and empty."""
    folder = tmp_path_factory.mktemp("pages")
    for name, made in (("rich", RICHEST), ("empty", publication())):
        others = [
            replace(made, place="tags/transport", heading="Transport", title="News Feed: Transport"),
            replace(made, place="sources/daily-12345678", sources=(SOURCES[0],)),
            replace(made, place="archive/2026-10", archives=MONTHS),
        ]
        write_outputs(made, folder / name, others)
        for theme in THEMES:
            (folder / name / f"{theme}.html").write_bytes(render_digest(made, pages_in(None, theme)))
        (folder / name / "search.html").write_bytes(render_search(made, "bridge", 200))
        (folder / name / "problem.html").write_bytes(render_search(publication(), "x", 200, "Too long."))
        story = replace(made, stories=(STORIES[0],), place="story/1-123456", search=True)
        (folder / name / "story.html").write_bytes(render_story(story))
        (folder / name / "health.html").write_bytes(render_health(REPORTS[name], made, own_pages()))
        (folder / name / "mail.html").write_bytes(render_mail_page(made))
    return folder


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


@needs_nu
def test_every_page_is_valid_html(folder: Path) -> None:
    assert len(pages(folder)) == 2 * (14 + len(THEMES))
    assert checks.nu(pages(folder)) == []


@needs_nu
def test_pages_of_hostile_publications_are_valid_html(tmp_path: Path) -> None:
    count = 0

    @settings(suppress_health_check=list(HealthCheck), database=None)
    @given(publications)
    def write(made: Publication) -> None:
        nonlocal count
        count += 1
        for name, render in (
            ("digest", render_digest),
            ("about", render_about),
            ("tags", render_tags),
            ("archive", render_archive),
            ("missing", render_missing),
            ("mail", render_mail_page),
        ):
            (tmp_path / f"{count}-{name}.html").write_bytes(render(made))

    write()
    assert checks.nu(pages(tmp_path)) == []


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Chromium]:
    with chromium.Chromium() as found:
        yield found


@needs_axe
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_read_every_page(
    browser: chromium.Chromium, folder: Path, width: int, dark: bool
) -> None:
    found: dict[str, list[str]] = {}
    for page in pages(folder):
        found |= {str(page.relative_to(folder)): violations(browser, page, width, dark)}
    assert {page: list for page, list in found.items() if list} == {}


def violations(browser: chromium.Chromium, page: Path, width: int, dark: bool) -> list[str]:
    """What axe has against the page."""
    library = checks.AXE.read_text("utf-8")
    run = "axe.run(document).then(found => JSON.stringify(found.violations))"
    visit = browser.visit(page.as_uri(), width=width, dark=dark, scripts=(library, run))
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in json.loads(visit.values[run])
        for node in rule["nodes"]
    ]
