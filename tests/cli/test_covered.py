"""`aggregator covered`, and what `latest` and `explain` say of related stories."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from support.command import Folder
from support.events import EVENTS, outlet_feed
from support.server import Feed, serve


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = Folder(tmp_path_factory.mktemp("site"))
    now = format_datetime(datetime.now(UTC))
    with serve(
        {f"/{number}": Feed(outlet_feed(number, now, (2, 3, 8, 12))) for number in range(3)}
    ) as server:
        folder.configure([server.url(f"/{number}") for number in range(3)])
        assert folder.run("poll").code == 0
        yield folder


@pytest.fixture
def polled(site: Folder, tmp_path: Path) -> Folder:
    return site.copy(tmp_path)


def test_what_most_sources_report(polled: Folder) -> None:
    out = polled.run("covered").out
    assert " ".join(out.split()).count("; also reported by Outlet ") == 4
    assert "shares " in out
    assert all(len(line) <= 80 for line in out.splitlines() if "://" not in line)
    groups = polled.run("covered", "-n", "2", "--json").json
    assert [group["outlets"] for group in groups] == [3, 3]
    told = {groups[0]["title"], *(each["title"] for each in groups[0]["related"])}
    assert told in [{title for title, _ in event} for _, event in EVENTS]


def test_a_story_names_those_it_is_related_to_and_the_words_they_share(polled: Folder) -> None:
    stories = polled.run("latest", "--json").json
    (story,) = [each for each in stories if each["title"].startswith("Senator Ilse Brandt")]
    assert {each["source"] for each in story["related"]} == {"Outlet 1", "Outlet 2"}
    assert {"Brandt", "Lisbon", "hotel"} <= set(story["related"][0]["words"])
    out = polled.run("explain", str(story["id"])).out
    assert "Related: other outlets that probably report the same event" in out
    assert "“Brandt” (3)" in out
    (explained,) = polled.run("explain", str(story["id"]), "--json").json
    assert explained["counted_entries"] == 12
    assert {"word": "Brandt", "entries": 3} in explained["related"][0]["words"]


def test_nothing_is_covered_in_an_empty_store(folder: Folder) -> None:
    folder.configure(["http://127.0.0.1:9/feed"])
    answer = folder.run("covered")
    assert (answer.code, answer.out) == (0, "")
    assert folder.run("covered", "--json").json == []
