"""The documentation and the program agree: commands, options, settings, endpoints, schema, rules, modules, links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from aggregator.cli.root import COMMANDS, EXIT_CODES, root
from aggregator.config import load
from aggregator.config.describe import reference
from aggregator.dedupe import NEWS_RULES, RULES, TRAIT_RULES
from aggregator.store.open import open_store
from aggregator.web import PAGES
from support.stores import sql

ROOT = Path(__file__).parent.parent
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "benchmarks/README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
README = DOCUMENTS["README.md"]
COMMAND = re.compile(r"(?:^|[\s|/`&])aggregator (?!\()((?:-[^\s`]+ )*[a-z][a-z-]*\b[^\n|>#&)`]*)")


def reference_of(name: str) -> str:
    return DOCUMENTS[f"docs/reference/{name}.md"]


def table(text: str, heading: str) -> list[list[str]]:
    """The rows of the first Markdown table under a heading, or under a row with such a first column."""
    section = text[text.index(heading) :]
    lines = re.findall(r"(?:^\|.*\|$\n?)+", section, re.M)[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def snippets(language: str) -> Iterator[tuple[str, str]]:
    """Each fenced block in that language, with the document's name."""
    for name, text in DOCUMENTS.items():
        for block in re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M):
            yield name, block


# ---------------------------------------------------------------- commands


def commands() -> dict[str, click.Command]:
    """Each command by the words that call it, those of groups included."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = root.get_command(click.Context(root), name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            for inner in command.list_commands(click.Context(command)):
                below = command.get_command(click.Context(command), inner)
                assert below is not None
                found[f"{name} {inner}"] = below
    return found


ALL = commands()
EVERYWHERE = {"--config", "--verbose", "--quiet", "--utc", "--help"}


def test_every_command_is_documented_and_the_other_way_round() -> None:
    told = [
        re.sub(r"`aggregator ([\w ]+)`", r"\1", row[0])
        for row in table(reference_of("commands"), "# Commands")
    ]
    assert sorted(told) == sorted(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_documented(name: str) -> None:
    rows = table(reference_of("commands"), "# Commands")
    (line,) = [row[1] for row in rows if row[0] == f"`aggregator {name}`"]
    options = {max(option.opts, key=len) for option in ALL[name].params if isinstance(option, click.Option)}
    for option in options - EVERYWHERE:
        short = next(o.opts[0] for o in ALL[name].params if option in o.opts)
        assert f"`{option}" in line or f"`{short} " in line, option
    for told in re.findall(r"`(--?[a-z-]+)", line):
        assert any(told in option.opts for option in ALL[name].params), told


@pytest.mark.parametrize("name", ALL)
def test_every_help_has_an_example(name: str) -> None:
    assert f"aggregator {name}" in (ALL[name].help or "").partition("Examples:")[2]


def test_the_exit_codes_are_those_of_the_program() -> None:
    rows = table(reference_of("commands"), "| exit code |")
    assert {int(code): words for code, words in rows} == EXIT_CODES


def test_every_command_line_in_the_documentation_is_one_of_the_program() -> None:
    found = 0
    for document, block in snippets("sh"):
        for line in COMMAND.findall(block.replace("\\\n", " ")):
            name, *words = [word for word in shlex.split(line, comments=True) if word != "-q"]
            if words and f"{name} {words[0]}" in ALL:
                name = f"{name} {words.pop(0)}"
            assert name in ALL, f"{document}: {line}"
            known = {opt for param in ALL[name].params for opt in param.opts}
            assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known, (
                f"{document}: {line}"
            )
            found += 1
    assert found > 5


# ---------------------------------------------------------------- feeds.yaml


def test_the_settings_are_those_of_the_program() -> None:
    assert reference().strip() in reference_of("configuration")


def test_the_example_configurations_are_right(tmp_path: Path) -> None:
    for document, example in snippets("yaml"):
        assert yaml.safe_load(example), document
        whole = (
            example
            if re.search(r"^feeds:", example, re.M)
            else f"{example}\nfeeds: [https://example.org/feed]\n"
        )
        (tmp_path / "feeds.yaml").write_text(whole)
        (tmp_path / "my-templates").mkdir(exist_ok=True)
        assert load(tmp_path / "feeds.yaml").feeds, document


# ---------------------------------------------------------------- outputs, store, modules


def test_every_page_is_documented_and_the_other_way_round() -> None:
    told = {(row[0].strip("`"), row[1].strip("`")) for row in table(reference_of("outputs"), "# Outputs")}
    assert told == {(page.name, page.path) for page in PAGES}
    assert "`/healthz`" in reference_of("http")


def test_the_schema_is_that_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    open_store(path).close()
    for name, _, columns in table(reference_of("store"), "# The store"):
        real = {row["name"] for row in sql(path, f"PRAGMA table_info({name.strip('`')})")}
        told = set(re.findall(r"`(\w+)`", columns))
        assert told <= real, name
    for query in re.findall(r'sqlite3 data/aggregator.db "(.*?)"', reference_of("store"), re.S):
        sql(path, query)


def test_statuses_are_those_of_the_store() -> None:
    schema = (ROOT / "aggregator/store/sqlite/schema.py").read_text()
    (told,) = re.findall(r"`feeds.status` is one of (.*?)\. `sightings", reference_of("store"), re.S)
    (real,) = re.findall(r"CHECK \(status IN \((.*?)\)\)", schema)
    assert set(re.findall(r"`(\w+)`", told)) >= set(re.findall(r"'(\w+)'", real))


def test_rules_are_those_of_the_program() -> None:
    for rule in RULES:
        if rule.verdict == "story":
            assert f"| `{rule.name}` | {rule.words} |" in reference_of("store")
    for lesson in TRAIT_RULES:
        assert f"| `{lesson.name}` | {lesson.words} |" in reference_of("store")


def test_reasons_of_news_are_those_of_the_program() -> None:
    for rule in NEWS_RULES:
        is_news = "news" if rule.is_news else "backlog"
        assert f"| `{rule.name}` | {is_news} | {rule.words} |" in reference_of("store")


def test_every_module_is_documented() -> None:
    modules = {
        path.stem
        for path in (ROOT / "aggregator").iterdir()
        if not path.name.startswith("__") and path.suffix in (".py", "")
    }
    rows = table(DOCUMENTS["docs/explanation/architecture.md"], "| layer |")
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[1])} == modules


# ---------------------------------------------------------------- the documents themselves


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", DOCUMENTS[name]):
        assert ((ROOT / name).parent / target).exists(), target


def test_the_readme_is_short() -> None:
    assert len(README.split()) < 700


def test_ci_runs_what_the_readme_says() -> None:
    (command,) = re.findall(r"```sh\n(sh scripts/setup dev && .*)\n```", README)
    script = (ROOT / ".ci/run").read_text()
    for step in command.split(" && "):
        assert f"\n{step}\n" in script, step


def test_the_version_is_in_the_changelog() -> None:
    from aggregator import __version__

    assert re.search(rf"## (Unreleased|\[?{re.escape(__version__)})", (ROOT / "CHANGELOG.md").read_text())


def test_the_site_loads_nothing_from_elsewhere() -> None:
    """Pictures lie beside the documents, and no fence is drawn by a script that comes from another host."""
    for name, text in DOCUMENTS.items():
        if name.startswith("docs/"):
            assert not re.search(r"!\[[^\]]*\]\(https?:|^```mermaid", text, re.M), name
    assert "mermaid" not in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
