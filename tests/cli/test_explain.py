"""`aggregator explain` and `aggregator dedupe`: why stories are what they are, and what other rules would make of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command import Folder
from support.feeds import rss
from support.server import Feed, serve

FED = "Fed holds rates steady, signals two cuts"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """Four feeds that were polled once; they are still served."""
    folder = Folder(tmp_path_factory.mktemp("explained"))
    one = rss((FED, "https://a.ex/fed?utm_source=rss"), ("Open thread", "https://a.ex/open"), title="Paper A")
    two = rss((FED.upper(), "https://b.ex/2"), ("Open thread", "https://b.ex/open"), title="Paper B")
    three = rss(("Rates on hold", "https://www.a.ex/fed"), title="Paper C")
    old = rss(("Fed holds rates", "https://a.ex/fed"), title="Paper D", date="Mon, 05 Jan 2026 12:00:00 GMT")
    with serve({"/1": Feed(one), "/2": Feed(two), "/3": Feed(three), "/4": Feed(old)}) as server:
        folder.configure([server.url(f"/{n}") for n in (1, 2, 3, 4)])
        assert folder.run("poll").code == 0
        yield folder


@pytest.fixture
def polled(site: Folder, tmp_path: Path) -> Folder:
    return site.copy(tmp_path)


def test_a_story_is_explained(polled: Folder) -> None:
    out = polled.run("explain", "https://a.ex/fed?utm_campaign=x").out
    assert "3 sources; title" in out
    assert "same-link-other-feed: same link in another feed" in out
    assert "same-title-other-feed: same distinctive title in another feed" in out
    assert "link-too-far-apart: same link in another feed, but further apart" in out
    assert all(f"Paper {name}" in out for name in "ABCD")
    assert all(len(line) <= 80 for line in out.splitlines() if "key" not in line)


@pytest.mark.parametrize("wanted", ["number", "atom_id", "link", "guid"])
def test_a_story_is_found_by_whatever_one_has(polled: Folder, wanted: str) -> None:
    (story,) = [s for s in polled.run("latest", "--json").json if s["title"] == FED]
    by = {
        "number": str(story["id"]),
        "atom_id": story["atom_id"],
        "link": story["link"],
        "guid": "https://b.ex/2",
    }
    found = polled.run("explain", by[wanted], "--json").json
    assert story["id"] in [each["id"] for each in found]


def test_explained_for_scripts(polled: Folder) -> None:
    (story,) = [
        each for each in polled.run("explain", "https://b.ex/2", "--json").json if len(each["sightings"]) == 3
    ]
    assert {sighting["rule"] for sighting in story["sightings"]} == {
        "new",
        "same-link-other-feed",
        "same-title-other-feed",
    }
    assert all(sighting["why"] and sighting["title_key"] for sighting in story["sightings"])
    assert story["leader"]["why"]
    assert [near["rule"] for near in story["near"]] == ["link-too-far-apart"]


def test_a_generic_title_says_why_it_is_apart(polled: Folder) -> None:
    out = polled.run("explain", "https://a.ex/open").out
    assert "One source" in out
    assert "too short or too common" in out


def test_what_is_not_known(polled: Folder) -> None:
    answer = polled.run("explain", "https://nowhere.ex/")
    assert answer.code == 2
    assert "no story" in answer.err


def test_rules_are_counted(polled: Folder) -> None:
    assert polled.run("dedupe", "--json").json == {
        "new": 4,
        "same-link-other-feed": 1,
        "same-title-other-feed": 1,
    }
    assert "6 entries, 4 stories" in polled.run("dedupe").out


def test_a_rebuild_says_what_it_would_do_and_does_it(polled: Folder) -> None:
    before = polled.run("latest", "--json").json
    again = polled.run("dedupe", "--rebuild", "--json").json
    assert (again["stories_before"], again["stories_after"], again["changes"]) == (4, 4, [])
    assert polled.run("latest", "--json").json == before

    file = polled.path / "feeds.yaml"
    file.write_text("dedupe: {by: link}\n" + file.read_text())
    dry = polled.run("dedupe", "--rebuild", "--dry-run", "--json").json
    assert (dry["stories_before"], dry["stories_after"]) == (4, 5)
    assert [change["kind"] for change in dry["changes"]] == ["split"]
    assert polled.run("latest", "--json").json == before
    assert "4 stories are 5" in polled.run("dedupe", "--rebuild").out
    after = polled.run("latest", "--json").json
    assert len(after) == 5
    assert len({story["atom_id"] for story in after}) == 5
    assert {story["atom_id"] for story in before} <= {story["atom_id"] for story in after}

    file.write_text(file.read_text().replace("dedupe: {by: link}\n", ""))
    back = polled.run("dedupe", "--rebuild", "--json").json
    assert [(change["kind"], change["rule"]) for change in back["changes"]] == [
        ("merge", "same-title-other-feed")
    ]
    assert {story["atom_id"] for story in polled.run("latest", "--json").json} == {
        s["atom_id"] for s in before
    }


def test_a_rebuilt_split_is_no_news(polled: Folder) -> None:
    file = polled.path / "feeds.yaml"
    file.write_text("dedupe: {by: link}\n" + file.read_text())
    polled.run("dedupe", "--rebuild")
    positions = polled.run("poll", "--json")
    assert positions.code == 0
    atom = polled.published()["feed.atom"].decode()
    assert atom.count("<entry") == 5


def test_dry_run_goes_with_rebuild(polled: Folder) -> None:
    assert polled.run("dedupe", "--dry-run").code == 2
