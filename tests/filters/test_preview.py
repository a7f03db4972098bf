"""`aggregator filter --preview`: what the rules would do to what is stored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.command import Folder
from support.feeds import rss
from support.server import Feed, Server, serve

TITLES = ("Sponsored: a mattress", "Talks go on", "Horoscope for today", "Sponsored: a pillow")
RULES = """\
filters:
  block:
    - title: sponsored
    - pillow
    - {title: sponsored, tag: nothing of the kind}
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    items = [(title, f"https://one.example/{number}") for number, title in enumerate(TITLES)]
    with serve({"/a": Feed(rss(*items, title="The One"))}) as server:
        yield server


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory, site: Server) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("filtered"))
    folder.configure([site.url("/a")])
    assert folder.run("-q", "poll").code == 0
    return folder


def test_each_rule_with_its_count_and_its_newest(polled: Folder, site: Server) -> None:
    polled.configure([site.url("/a")], RULES)
    answer = polled.run("filter", "--preview")
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0] == "     2  block title: sponsored"
    assert sorted(line.split("  ")[-1].strip() for line in lines[1:3]) == [TITLES[0], TITLES[3]]
    assert all("The One" in line for line in lines[1:3])
    assert lines[3] == "     1  block any: pillow"
    assert lines[5] == "     0  block title: sponsored, tag: nothing of the kind"
    assert lines[6] == "2 of 4 stored entries would not be published."


def test_a_feeds_own_rules_name_the_feed(polled: Folder, site: Server) -> None:
    config = (
        f"allow_addresses: [127.0.0.0/8]\nfeeds:\n- url: {site.url('/a')}\n  filters: {{keep: [talks]}}\n"
    )
    (polled.path / "feeds.yaml").write_text(config)
    answer = polled.run("filter", "--preview", "-n", "0")
    assert answer.out.splitlines() == [
        "     3  keep: no rule matches, of The One",
        "3 of 4 stored entries would not be published.",
    ]


def test_for_scripts(polled: Folder, site: Server) -> None:
    polled.configure([site.url("/a")], RULES)
    found = polled.run("filter", "--preview", "--json", "-n", "1").json
    assert (found["entries"], found["blocked"]) == (4, 2)
    assert [(rule["rule"], rule["entries"], len(rule["examples"])) for rule in found["rules"]] == [
        ("block title: sponsored", 2, 1),
        ("block any: pillow", 1, 1),
        ("block title: sponsored, tag: nothing of the kind", 0, 0),
    ]
    assert found["rules"][1]["examples"][0] == {
        "feed": site.url("/a"),
        "title": TITLES[3],
        "link": "https://one.example/3",
        "published": "2026-03-02T12:00:00Z",
    }


def test_a_preview_changes_nothing(polled: Folder, site: Server) -> None:
    before = polled.published(), polled.run("latest", "--json").out
    polled.configure([site.url("/a")], RULES)
    polled.run("filter", "--preview")
    assert (polled.published(), polled.run("latest", "--json").out) == before


def test_without_rules_and_without_a_store(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"])
    assert folder.run("filter", "--preview").out.startswith("No rules: write them under `filters`")
    folder.configure(["https://example.org/feed"], RULES)
    assert folder.run("filter", "--preview").out.endswith("0 of 0 stored entries would not be published.\n")
    assert not (folder.path / "data").exists()


def test_it_is_only_for_trying(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"], RULES)
    answer = folder.run("filter")
    assert answer.code == 2
    assert "--preview" in answer.err


def test_a_wrong_rule_is_refused_with_its_line(folder: Folder) -> None:
    folder.configure(["https://example.org/feed"], "filters: {block: [title: /(/]}\n")
    answer = folder.run("filter", "--preview")
    assert answer.code == 2
    assert "feeds.yaml:3: filters.block[0].title: `/(/` cannot be used" in answer.err
