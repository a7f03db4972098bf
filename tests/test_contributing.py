"""What contributors read is true: files and functions that it names exist, and so do the lanes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DOCUMENTS = ("CONTRIBUTING.md", "SECURITY.md", "docs/glossary.md")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_is_named_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:aggregator|tests|benchmarks|docs|packaging)/[\w./-]*)`", text)
    named += [str((Path(name).parent / link).as_posix()) for link in re.findall(r"\]\(([^)#:]+)\)", text)]
    missing = [path for path in named if not (ROOT / path).exists() and "yourformat" not in path]
    assert missing == []


def test_the_walk_has_twelve_stations_that_exist() -> None:
    stations = re.findall(r"^\| \d+ \| `([\w./]+)` \| `(\w+)` \|", CONTRIBUTING, re.M)
    assert 8 <= len(stations) <= 12
    for file, function in stations:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        defined = {
            node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert function in defined, f"{file}: {function}"


def test_every_lane_is_told_of_and_run_by_ci() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    sessions = {
        node.name: "default=False" not in ast.unparse(node.decorator_list[0])
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    }
    told = {word for words in re.findall(r"`nox -s ([\w ]+)`", CONTRIBUTING) for word in words.split()}
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    run = {word for words in re.findall(r"nox --sessions ([\w ]+)", script) for word in words.split()}
    assert told == sessions.keys() - {"fast"}  # which is the README's command
    assert run == {name for name in told if sessions[name]}


def test_the_glossary_is_in_order() -> None:
    words = re.findall(r"^\| (?!word|---)([\w -]+)", (ROOT / "docs/glossary.md").read_text("utf-8"), re.M)
    assert words == sorted(words)
    assert len(words) > 30
