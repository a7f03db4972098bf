"""The README and the program say the same: commands, options, settings, endpoints, schema, rules, rooms."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from aggregator.cli.root import COMMANDS, root
from aggregator.config import load, reference
from aggregator.dedupe import LESSONS, RULES
from aggregator.store.sqlite import SqliteStore
from aggregator.web import PAGES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the first Markdown table under a heading."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = re.findall(r"(?:^\|.*\|$\n?)+", section, re.M)[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_command_is_in_the_readme_and_the_other_way_round() -> None:
    told = [re.sub(r"`aggregator (\w+)`", r"\1", row[0]) for row in table("Day by day")]
    assert told == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_readme(name: str) -> None:
    (line,) = [row[1] for row in table("Day by day") if row[0] == f"`aggregator {name}`"]
    command = root.get_command(click.Context(root), name)
    assert command is not None
    options = {max(option.opts, key=len) for option in command.params if isinstance(option, click.Option)}
    for option in options - {"--config", "--verbose", "--quiet", "--help"}:
        short = next(o.opts[0] for o in command.params if option in o.opts)
        assert f"`{option}" in line or f"`{short} " in line, option
    for told in re.findall(r"`(--?[a-z-]+)", line):
        assert any(told in option.opts for option in command.params), told


def test_the_settings_are_those_of_the_program() -> None:
    assert reference().strip() in README


def test_the_example_configurations_are_right(tmp_path: Path) -> None:
    first, *others = re.findall(r"```yaml\n(.*?)```", README, re.S)
    for example in (*others, first):
        (tmp_path / "feeds.yaml").write_text(example)
        assert yaml.safe_load(example)
        config = load(tmp_path / "feeds.yaml")
    assert len(config.feeds) == 2


def test_every_page_is_in_the_readme_and_the_other_way_round() -> None:
    told = {(row[0].strip("`"), row[1].strip("`")) for row in table("What subscribers get")}
    assert told == {(page.name, page.path) for page in PAGES}
    assert "`/healthz`" in README


def test_the_schema_is_that_of_the_store(tmp_path: Path) -> None:
    store = SqliteStore.open(tmp_path / "aggregator.db")
    for name, _, columns in table("The store"):
        real = {row["name"] for row in store._db.execute(f"PRAGMA table_info({name.strip('`')})")}
        told = set(re.findall(r"`(\w+)`", columns))
        assert told <= real, name
    (query,) = re.findall(r'sqlite3 data/aggregator.db "(.*?)"', README, re.S)
    store._db.execute(query)
    store.close()


def test_statuses_are_those_of_the_store() -> None:
    schema = (ROOT / "aggregator/store/schema.py").read_text()
    (told,) = re.findall(r"`feeds.status` is one of (.*?)\. `sightings", README, re.S)
    (real,) = re.findall(r"CHECK \(status IN \((.*?)\)\)", schema)
    assert set(re.findall(r"`(\w+)`", told)) >= set(re.findall(r"'(\w+)'", real))


def test_rules_are_those_of_the_program() -> None:
    for rule in RULES:
        if rule.verdict == "story":
            assert f"| `{rule.name}` | {rule.words} |" in README
    for lesson in LESSONS:
        assert f"| `{lesson.name}` | {lesson.words} |" in README


def test_every_room_is_in_the_readme() -> None:
    rooms = {
        path.stem
        for path in (ROOT / "aggregator").iterdir()
        if not path.name.startswith("__") and path.suffix in (".py", "")
    }
    told = set(re.findall(r"`(\w+)`", README.split("| floor |", 1)[1].split("\n\n", 1)[0]))
    assert told == rooms


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_ci_runs_what_the_readme_says() -> None:
    (command,) = re.findall(r"```sh\n(sh scripts/setup dev && .*)\n```", README)
    script = (ROOT / ".ci/run").read_text()
    for step in command.split(" && "):
        assert f"\n{step}\n" in script, step


def test_the_decisions_are_listed_where_they_lie() -> None:
    assert list((ROOT / "docs/decisions").glob("*.md"))


def test_the_version_is_in_the_changelog() -> None:
    from aggregator import __version__

    assert re.search(rf"## (Unreleased|\[?{re.escape(__version__)})", (ROOT / "CHANGELOG.md").read_text())
