"""The program's templates are compiled once, and anew where anything that they are made by has changed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from aggregator.export import compiled
from aggregator.export.digest import render_digest
from aggregator.export.pages import Pages
from support.publications import RICH, publication


@pytest.fixture
def counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that are compiled while compiled ones are kept below a folder of the test's own."""
    made: list[str] = []
    compile_template = Environment.compile

    def counting(self: Environment, source: Any, name: str | None = None, *more: Any, **named: Any) -> Any:
        made.append(name or "")
        return compile_template(self, source, name, *more, **named)

    monkeypatch.setattr(Environment, "compile", counting)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return made


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "kept").rglob("*.opt-jinja*.pyc"))  # modules are kept there as well


def page() -> bytes:
    return render_digest(publication(RICH), Pages())


def test_templates_are_compiled_once(tmp_path: Path, counts: list[str]) -> None:
    first = page()
    assert "digest.html" in counts
    assert len(kept(tmp_path)) == len(counts) == len(set(counts))
    counts.clear()
    assert page() == first
    assert counts == []


def test_what_another_program_compiled_is_not_taken(
    counts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page()
    for name, value in (("__version__", "0"), ("_MADE_BY", "jinja0")):
        counts.clear()
        monkeypatch.setattr(compiled, name, value)
        page()
        assert "digest.html" in counts


@pytest.mark.parametrize("size", [0, 10, 100])
def test_what_is_damaged_is_compiled_again(size: int, tmp_path: Path, counts: list[str]) -> None:
    first = page()
    for file in kept(tmp_path):
        file.write_bytes(file.read_bytes()[:size])
    counts.clear()
    assert page() == first
    assert "digest.html" in counts


def test_where_nothing_can_be_kept_pages_are_made_all_the_same(tmp_path: Path, counts: list[str]) -> None:
    (tmp_path / "kept").write_text("a file in the way of the folder")
    assert page() == page()
    assert "digest.html" in counts


def test_nothing_is_kept_if_python_is_to_keep_nothing(
    tmp_path: Path, counts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    page()
    assert kept(tmp_path) == []


def test_templates_of_the_operators_are_compiled_by_each_process(tmp_path: Path, counts: list[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/digest.html").write_text("{{ title }}")
    render_digest(publication(RICH), Pages(tmp_path / "mine"))
    assert kept(tmp_path) == []
