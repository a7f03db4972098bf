"""The table of outputs: each row renders, all are written together, and none costs a command that renders nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.errors import ExportError
from aggregator.export import OUTPUTS, Output, Part, write_outputs
from aggregator.export.manifest import Manifest, digest_of
from aggregator.models import Publication
from support.publications import BASE, RICH, STORY, publication

NAMES = (
    *("feed.atom", "feed.json", "bots.rss", "subscriptions.opml", "index.html", "compact.html", "about.html"),
    *("tags/index.html", "archive/index.html", "404.html"),
)


def tag(name: str) -> Publication:
    return publication(RICH, place=f"tags/{name}")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_table_names_what_subscribers_get() -> None:
    assert tuple(output.name for output in OUTPUTS) == NAMES


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output.name)
def test_each_row_renders(output: Output) -> None:
    ((name, data),) = output.render(publication(RICH))
    assert name == output.name
    data.decode("utf-8")
    assert data.endswith(b"\n")


@pytest.mark.parametrize("name", ["feed.atom", "feed.json", "subscriptions.opml"])
def test_digest_links_to_each_other_output_without_its_host(name: str) -> None:
    digest = rendered("index.html")
    assert f'href="{name}"' in digest
    assert f'<a href="{BASE}' not in digest


def rendered(name: str) -> str:
    (output,) = (output for output in OUTPUTS if output.name == name)
    return next(output.render(publication(RICH)))[1].decode()


def test_about_tells_the_addresses_to_copy() -> None:
    about = rendered("about.html")
    for name in ("feed.atom", "feed.json", "subscriptions.opml"):
        assert f'<code><a href="{name}">{BASE}{name}</a></code>' in about


def test_first_write_makes_the_folder_and_all_files(tmp_path: Path) -> None:
    assert write_outputs(publication(RICH), tmp_path / "data" / "public") == NAMES
    assert files(tmp_path / "data" / "public") == sorted(NAMES)


def test_second_write_of_the_same_publication_touches_nothing(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert write_outputs(publication(RICH), tmp_path) == ()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_each_tag_has_two_feeds_and_a_page(tmp_path: Path) -> None:
    changed = write_outputs(publication(RICH), tmp_path, [tag("tech")])
    assert changed == (*NAMES, "tags/tech.atom", "tags/tech.json", "tags/tech.opml", "tags/tech.html")
    assert files(tmp_path) == sorted(changed)


def test_files_of_a_tag_that_is_no_more_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path, [tag("tech"), tag("city")])
    (tmp_path / "tags" / "own.txt").write_text("not ours")
    (tmp_path / "tags" / ".htaccess").write_text("not ours")
    (tmp_path / "robots.txt").write_text("not ours")
    write_outputs(publication(RICH), tmp_path, [tag("city")])
    kept = [
        "tags/city.atom",
        "tags/city.json",
        "tags/city.opml",
        "tags/city.html",
        "tags/own.txt",
        "tags/.htaccess",
        "robots.txt",
    ]
    assert files(tmp_path) == sorted([*NAMES, *kept])


def test_what_was_written_before_is_rendered_again_only_when_it_has_changed(tmp_path: Path) -> None:
    manifest = Manifest()
    write_outputs(publication(RICH), tmp_path, [tag("tech")], manifest=manifest)
    before = (tmp_path / "tags" / "tech.atom").read_bytes()
    part = Part("tags/tech", lambda _: digest_of(tag("tech")), lambda: pytest.fail("it was made again"))
    assert write_outputs(publication(RICH), tmp_path, [part], manifest=manifest) == ()
    (tmp_path / "tags" / "tech.atom").write_bytes(b"somebody else's")
    (tmp_path / "tags" / "tech.json").unlink()
    again = write_outputs(publication(RICH), tmp_path, [tag("tech")], manifest=manifest)
    assert again == ("tags/tech.atom", "tags/tech.json")
    assert (tmp_path / "tags" / "tech.atom").read_bytes() == before
    changed = write_outputs(publication(RICH), tmp_path, [replace(tag("tech"), title="x")], manifest=manifest)
    assert changed == ("tags/tech.atom", "tags/tech.json", "tags/tech.opml", "tags/tech.html")


def test_archives_that_were_written_before_are_kept(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path)
    for name in ("2026-09.atom", "2026-10.atom"):
        (tmp_path / "archive" / name).write_text("frozen")
    write_outputs(publication(RICH), tmp_path, kept=["archive/2026-10.atom"])
    assert files(tmp_path / "archive") == ["2026-10.atom", "index.html"]


def test_only_what_changed_is_named(tmp_path: Path) -> None:
    write_outputs(publication(STORY), tmp_path)
    edited = replace(STORY, title="The bridge closes again")
    assert write_outputs(publication(edited), tmp_path) == (
        *("feed.atom", "feed.json", "index.html", "compact.html"),
    )


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
