"""The schema, the table of settings and the default feeds.yaml say the same as the loader."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from aggregator.config import load
from aggregator.config.describe import reference, sample, schema, starter_feeds
from aggregator.config.edit import EditError
from aggregator.config.feedsfile import edit_feeds
from aggregator.config.mappings import FEED, INCLUDE, SECTIONS, TOP
from aggregator.errors import ConfigError
from aggregator.settings import Config

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(schema())
FEEDS = ["https://example.org/feed"]

KEYS = (
    *("feeds", *(f"feeds[].{key}" for key in FEED), *TOP),
    *(f"include[].{key}" for key in INCLUDE),
    *(f"{name}.{key}" for name, settings in SECTIONS.items() for key in settings),
)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_the_committed_schema_is_current() -> None:
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-m", "aggregator.config"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "aggregator/config/feeds.schema.json").read_text(encoding="utf-8") == printed, (
        "run: python -m aggregator.config > aggregator/config/feeds.schema.json"
    )
    assert json.loads(printed) == schema()


@pytest.fixture
def first_file(tmp_path: Path) -> Path:
    """What `aggregator init --sample` writes."""
    (tmp_path / "feeds.yaml").write_text(sample(starter_feeds()), encoding="utf-8")
    return tmp_path / "feeds.yaml"


def test_the_repositorys_own_file_is_the_sample() -> None:
    own = sample(starter_feeds(), "aggregator/config/feeds.schema.json")
    assert (ROOT / "feeds.yaml").read_text(encoding="utf-8") == own


def test_the_repositorys_own_file_is_not_edited() -> None:
    with pytest.raises(EditError, match="aggregator init"), edit_feeds(ROOT / "feeds.yaml"):
        pass


def test_the_first_file_is_right(first_file: Path) -> None:
    text = first_file.read_text(encoding="utf-8")
    assert not list(VALIDATOR.iter_errors(yaml.safe_load(text)))
    config = load(first_file)
    assert len(config.feeds) >= 12
    assert all(feed.name and feed.tags for feed in config.feeds)
    assert Path(text.splitlines()[0].partition("$schema=")[2]).name == "feeds.schema.json"
    assert all(len(line) <= 160 for line in text.splitlines())


def test_the_first_file_shows_every_setting_with_its_default(first_file: Path) -> None:
    text = first_file.read_text(encoding="utf-8")
    feeds = load(first_file).feeds
    uncommented = re.sub(r"^( *)#(?=[a-z_]+: )", r"\1", text, flags=re.MULTILINE)
    first_file.write_text(uncommented, encoding="utf-8")
    values = yaml.safe_load(uncommented)
    assert {name: list(values[name]) for name in SECTIONS} == {n: list(s) for n, s in SECTIONS.items()}
    assert [key for key in values if key in TOP] == list(TOP)
    assert all(re.search(rf"^#   {key} ", text, re.MULTILINE) for key in FEED)
    assert load(first_file) == Config(file=first_file, feeds=feeds, data=first_file.parent / "data")


GOOD: dict[str, dict[str, Any]] = {
    "addresses": {"feeds": FEEDS},
    "a mapping": {"feeds": [{"url": "http://example.org/", "name": "x", "tags": ["y"], "every": "1h30m"}]},
    "one choice": {"feeds": FEEDS, "dedupe": {"by": "off"}},
    "one choice in a list": {"feeds": FEEDS, "dedupe": {"by": ["both"]}},
    "a size in bytes": {"feeds": FEEDS, "polling": {"max_body": 5000}},
    "a key of one's own": {"feeds": FEEDS, "x-mine": [1, 2]},
    "only lists": {"include": ["members.opml", {"from": "https://example.org/m.yaml", "every": "1d"}]},
    "lists and no feeds": {"include": ["members.opml"], "feeds": []},
    "an empty section": {"feeds": FEEDS, "polling": None},
}

BAD: dict[str, dict[str, Any]] = {
    "no feeds": {"title": "x"},
    "an empty list of feeds": {"feeds": []},
    "no feeds and no lists": {"feeds": [], "include": []},
    "a list without a place": {"include": [{"tags": ["x"]}]},
    "a list asked every minute": {"include": [{"from": "https://example.org/m.opml", "every": 60}]},
    "no url": {"feeds": [{"name": "x"}]},
    "no scheme": {"feeds": ["example.org/feed"]},
    "an unknown key": {"feeds": FEEDS, "titel": "x"},
    "an unknown key of a feed": {"feeds": [{"url": FEEDS[0], "tag": ["x"]}]},
    "an unknown key of a section": {"feeds": FEEDS, "polling": {"evry": "1h"}},
    "a duration without unit": {"feeds": FEEDS, "polling": {"every": 60}},
    "a duration in words": {"feeds": FEEDS, "polling": {"every": "1 hour"}},
    "a size in small letters": {"feeds": FEEDS, "polling": {"max_body": "10mb"}},
    "a count too small": {"feeds": FEEDS, "keep": {"days": 0}},
    "a count as a text": {"feeds": FEEDS, "keep": {"days": "30"}},
    "a choice misspelt": {"feeds": FEEDS, "publish": {"content": "all"}},
    "choices that exclude each other": {"feeds": FEEDS, "dedupe": {"by": ["link", "off"]}},
    "a boolean for a text": {"feeds": FEEDS, "title": False},
    "an empty text": {"feeds": FEEDS, "title": " "},
    "a null": {"feeds": FEEDS, "title": None},
}


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_good_by_schema_and_loader(tmp_path: Path, document: dict[str, Any]) -> None:
    assert not list(VALIDATOR.iter_errors(document))
    file = tmp_path / "feeds.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    load(file)


@pytest.mark.parametrize("document", BAD.values(), ids=BAD)
def test_bad_by_schema_and_loader(tmp_path: Path, document: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors(document))
    file = tmp_path / "feeds.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ConfigError):
        load(file)


def test_the_schema_explains_every_setting() -> None:
    properties = schema()["properties"]
    feed = properties["feeds"]["items"]["anyOf"][1]["properties"]
    groups = [(properties, TOP), (feed, FEED)]
    groups += [(properties[name]["properties"], settings) for name, settings in SECTIONS.items()]
    for described, settings in groups:
        for key, setting in settings.items():
            assert described[key]["description"] == setting.help


def test_the_defaults_of_the_schema_are_right_by_the_schema() -> None:
    properties = schema()["properties"]
    for part in (properties, *(properties[name]["properties"] for name in SECTIONS)):
        for described in part.values():
            if "default" in described:
                assert not list(Draft202012Validator(described).iter_errors(described["default"]))


def test_the_reference_has_a_row_for_every_setting() -> None:
    rows = reference().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(KEYS)
    assert all(row.count(" | ") == 2 for row in rows)
    assert "| `polling.every` | `60m` | base interval between polls of a feed |" in rows
