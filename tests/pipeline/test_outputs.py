"""What one worker has published, kept in a store and written to the folder of another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import ExportError
from aggregator.models import Lease
from aggregator.pipeline.outputs import OutputKeeper, OutputMirror
from aggregator.store.interfaces import Store
from support.make import NOON
from support.saving import DAY
from support.stores import new_store

FILES = {"feed.atom": b"<feed/>", "archive/2026-11.atom": b"<feed>old</feed>", "index.html": b"<html>"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(new_store(tmp_path / "aggregator.db")) as store:
        yield store


def publish(store: Store, public: Path, files: dict[str, bytes]) -> None:
    """Another worker publishes these files and no other."""
    shutil.rmtree(public, ignore_errors=True)
    for name, body in files.items():
        (public / name).parent.mkdir(parents=True, exist_ok=True)
        (public / name).write_bytes(body)
    token = store.lease(["publish"], "one", NOON, NOON + DAY)["publish"]
    assert OutputKeeper(public).keep(store, Lease("publish", "one", token))


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_the_same_files_come_with_the_same_dates(store: Store, tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    publish(store, there, FILES)
    mirror = OutputMirror(here)
    assert mirror.update(store) == len(FILES)
    assert files(here) == FILES
    for name in FILES:
        assert int((here / name).stat().st_mtime) == int((there / name).stat().st_mtime)
    assert mirror.update(store) == 0


def test_a_file_that_is_gone_there_goes_here(store: Store, tmp_path: Path) -> None:
    mirror = OutputMirror(tmp_path / "here")
    publish(store, tmp_path / "there", FILES)
    mirror.update(store)
    publish(store, tmp_path / "there", {"feed.atom": b"<feed/>"})
    mirror.update(store)
    assert files(tmp_path / "here") == {"feed.atom": b"<feed/>"}


def test_a_folder_that_is_removed_is_written_again(store: Store, tmp_path: Path) -> None:
    mirror = OutputMirror(tmp_path / "here")
    publish(store, tmp_path / "there", FILES)
    mirror.update(store)
    shutil.rmtree(tmp_path / "here")
    assert mirror.update(store) == len(FILES)
    assert files(tmp_path / "here") == FILES


def test_a_folder_that_is_emptied_is_written_again(store: Store, tmp_path: Path) -> None:
    here = tmp_path / "here"
    mirror = OutputMirror(here)
    publish(store, tmp_path / "there", FILES)
    mirror.update(store)
    for name in FILES:
        (here / name).unlink()
    assert mirror.update(store) == len(FILES)
    assert files(here) == FILES
    assert mirror.update(store) == 0


@pytest.mark.parametrize("blocked", FILES)
def test_one_that_cannot_be_written_holds_up_no_other_and_comes_later(
    store: Store, tmp_path: Path, blocked: str
) -> None:
    here = tmp_path / "here"
    (here / blocked / "in the way").mkdir(parents=True)
    publish(store, tmp_path / "there", FILES)
    mirror = OutputMirror(here)
    with pytest.raises(ExportError, match="in the way"):
        mirror.update(store)
    assert files(here) == {name: body for name, body in FILES.items() if name != blocked}
    shutil.rmtree(here / blocked)
    mirror.update(store)
    assert files(here) == FILES
    # A folder where a file is gone is told as well.
    (here / blocked).unlink()
    (here / blocked).mkdir()
    publish(store, tmp_path / "there", {name: body for name, body in FILES.items() if name != blocked})
    with pytest.raises(ExportError, match="cannot write"):
        mirror.update(store)
