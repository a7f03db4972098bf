"""Settings of the outputs: no feed is our own, templates are a folder, `none` is a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.config.urls import is_ours
from aggregator.errors import ConfigError
from aggregator.settings import Config

BASE = "https://example.org/planet/"


def config(tmp_path: Path, text: str) -> Config:
    (tmp_path / "feeds.yaml").write_text(text, encoding="utf-8")
    return load(tmp_path / "feeds.yaml")


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://example.org/planet/feed.atom", True),
        ("https://example.org/planet/feed.json", True),
        ("https://example.org/planet/", True),
        ("https://example.org/planet", True),
        ("https://example.org/planet/index.html", True),
        ("http://www.example.org/planet/feed.atom?x=1", True),
        ("https://example.org/planet/tags/tech.atom", True),
        ("https://example.org/planet/tags/open_data-1a2b3c4d.json", True),
        ("https://example.org/planet/archive/2026-10.atom", True),
        ("https://example.org/feed.atom", False),
        ("https://example.org/planet/blog/feed.atom", False),
        ("https://example.org/planet/tags/tech/feed.atom", False),
        ("https://example.org/planetary/feed.atom", False),
        ("https://other.example/planet/feed.atom", False),
        ("https://example.org:8443/planet/feed.atom", False),
    ],
)
def test_what_is_ours(url: str, ours: bool) -> None:
    assert is_ours(url, BASE) is ours


@pytest.mark.parametrize("base", ["", "base_url: http://127.0.0.1:8080\n"])
def test_following_ourselves_is_refused_with_the_line(tmp_path: Path, base: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config(tmp_path, f"{base}feeds:\n  - https://example.org/feed\n  - http://127.0.0.1:8080/feed.atom\n")
    (issue,) = raised.value.issues
    assert issue.line == 3 + base.count("\n")
    assert "our own outputs" in issue.problem


def test_templates_are_a_folder_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert config(tmp_path, "templates: mine\nfeeds: [https://example.org/]\n").templates == tmp_path / "mine"
    assert config(tmp_path, "templates: none\nfeeds: [https://example.org/]\n").templates is None
    with pytest.raises(ConfigError, match="not a directory"):
        config(tmp_path, "templates: yours\nfeeds: [https://example.org/]\n")


def test_a_hub_or_none(tmp_path: Path) -> None:
    feeds = "feeds: [https://example.org/]\n"
    assert config(tmp_path, feeds).publish.hub is None
    assert config(tmp_path, f"publish: {{hub: none}}\n{feeds}").publish.hub is None
    assert (
        config(tmp_path, f"publish: {{hub: https://hub.example/}}\n{feeds}").publish.hub
        == "https://hub.example/"
    )
    with pytest.raises(ConfigError):
        config(tmp_path, f"publish: {{hub: hub.example}}\n{feeds}")


def test_content_of_one_feed(tmp_path: Path) -> None:
    found = config(tmp_path, "feeds: [{url: https://example.org/, content: none}, https://other.example/]\n")
    assert [sub.content for sub in found.feeds] == ["none", None]
    with pytest.raises(ConfigError, match="did you mean"):
        config(tmp_path, "feeds: [{url: https://example.org/, content: ful}]\n")
