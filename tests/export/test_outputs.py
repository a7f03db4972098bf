"""The table of outputs: each row renders, all are written together, and none costs a command that renders nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.errors import ExportError
from aggregator.export import OUTPUTS, Output, write_outputs
from support.publications import BASE, RICH, STORY, publication

NAMES = ("feed.atom", "feed.json", "subscriptions.opml", "index.html")


def test_table_names_what_subscribers_get() -> None:
    assert tuple(output.name for output in OUTPUTS) == NAMES


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output.name)
def test_each_row_renders(output: Output) -> None:
    data = output.render(publication(RICH))
    data.decode("utf-8")
    assert data.endswith(b"\n")


@pytest.mark.parametrize("name", ["feed.atom", "feed.json", "subscriptions.opml"])
def test_digest_links_to_each_other_output_without_its_host(name: str) -> None:
    digest = OUTPUTS[3].render(publication(RICH)).decode()
    assert f'href="{name}"' in digest
    assert BASE not in digest


def test_first_write_makes_the_folder_and_all_files(tmp_path: Path) -> None:
    assert write_outputs(publication(RICH), tmp_path / "data" / "public") == NAMES
    assert sorted(path.name for path in (tmp_path / "data" / "public").iterdir()) == sorted(NAMES)


def test_second_write_of_the_same_publication_touches_nothing(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert write_outputs(publication(RICH), tmp_path) == ()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_only_what_changed_is_named(tmp_path: Path) -> None:
    write_outputs(publication(STORY), tmp_path)
    edited = replace(STORY, title="The bridge closes again")
    assert write_outputs(publication(edited), tmp_path) == ("feed.atom", "feed.json", "index.html")


def test_folder_that_cannot_be_made_is_an_error_for_the_user(tmp_path: Path) -> None:
    (tmp_path / "public").write_bytes(b"")
    with pytest.raises(ExportError):
        write_outputs(publication(RICH), tmp_path / "public")


def test_import_costs_neither_lxml_nor_jinja2() -> None:
    code = "import sys, aggregator.export; print(*sorted({'lxml', 'jinja2'} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        == "\n"
    )
