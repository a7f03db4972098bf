"""The digest as a browser sees it: no complaint, no request but for itself, and it fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.export import write_outputs
from support import chromium
from support.publications import OTHER, RICH, SOURCE, STORY, publication
from support.site import serving

pytestmark = pytest.mark.skipif(
    chromium.PATH is None,
    reason="NO CHROMIUM: the digest was not tried in a browser (apt-get install chromium)",
)

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

WIDTH = "document.documentElement.scrollWidth"
PAPER = "getComputedStyle(document.body).backgroundColor"
FONT = "getComputedStyle(document.querySelector('h1')).fontFamily"
FOCUS = "document.querySelector('.skip').focus(); document.querySelector('.skip').getBoundingClientRect().left >= 0"


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Chromium]:
    with chromium.Chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("public")
    write_outputs(publication(*STORIES, sources=(SOURCE, FAILING)), folder)
    with serving(folder) as site:
        yield site.address


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_page_loads_without_complaint_or_request_and_fits(
    browser: chromium.Chromium, address: str, width: int, dark: bool
) -> None:
    visit = browser.visit(address, width=width, dark=dark, scripts=(WIDTH, PAPER, FONT, FOCUS))
    assert visit.complaints == []
    assert [url for url in visit.requests if not url.startswith("data:")] == [address]
    assert visit.values[WIDTH] == width
    assert visit.values[PAPER] == ("rgb(23, 21, 18)" if dark else "rgb(252, 251, 248)")
    assert "serif" in visit.values[FONT]
    assert visit.values[FOCUS] is True


def test_page_opens_from_disk_too(browser: chromium.Chromium, tmp_path: Path) -> None:
    write_outputs(publication(), tmp_path)
    visit = browser.visit((tmp_path / "index.html").as_uri(), scripts=(PAPER,))
    assert visit.complaints == []
    assert visit.values[PAPER] == "rgb(252, 251, 248)"


def test_paper_is_white(browser: chromium.Chromium, address: str) -> None:
    visit = browser.visit(address, media="print", dark=True, scripts=(PAPER,))
    assert visit.values[PAPER] == "rgb(255, 255, 255)"


@pytest.mark.parametrize("path", ["feed.atom", "feed.json", "nothing"])
def test_other_answers_load_nothing_either(browser: chromium.Chromium, address: str, path: str) -> None:
    visit = browser.visit(address + path)
    assert [url for url in visit.requests if not url.startswith("data:")] == [address + path]
