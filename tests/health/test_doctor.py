"""`aggregator doctor` on stores that are whole, old, new, damaged, elsewhere, or on a disk that cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import COMMAND, Answer, Folder
from support.disk import MISSING, run_read_only
from support.feeds import numbered, rss
from support.server import Feed, serve
from support.stores import sql

RELEASE = Path(__file__).parents[1] / "store/first-release/aggregator.db"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "data").mkdir()
    folder = Folder(tmp_path)
    folder.configure(["http://127.0.0.1:9999/feed"])
    return folder


def store_of(folder: Folder) -> Path:
    return folder.path / "data/aggregator.db"


def poll(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(5))))}) as server:
        folder.configure([server.url("/feed")])
        assert folder.run("poll").code == 0


def words(answer: Answer) -> str:
    return " ".join(answer.out.split())


def test_a_whole_store_names_its_schema(folder: Folder) -> None:
    poll(folder)
    answer = folder.run("doctor", "--json")
    assert answer.code == 0
    found = {row["what"]: row["message"] for row in answer.json}
    assert "is whole" in found["store"]
    assert "this program's" in found["schema"]


def test_a_store_of_an_older_release_is_no_damage(folder: Folder) -> None:
    shutil.copyfile(RELEASE, store_of(folder))
    answer = folder.run("doctor")
    assert answer.code == 1
    assert "is of an older aggregator" in words(answer)
    assert "is damaged" not in words(answer)


def test_a_store_of_a_newer_release_is_not_touched(folder: Folder) -> None:
    poll(folder)
    sql(store_of(folder), "PRAGMA user_version = 999")
    before = store_of(folder).read_bytes()
    for arguments in ([], ["--repair"]):
        answer = folder.run("doctor", *arguments)
        assert answer.code == 2
        assert "newer aggregator" in words(answer)
    assert store_of(folder).read_bytes() == before


@pytest.mark.parametrize("content", [b"no database" * 500, b""], ids=["text", "nothing"])
def test_what_is_no_store_is_said_by_its_name_and_left_alone(folder: Folder, content: bytes) -> None:
    store_of(folder).write_bytes(content)
    store_of(folder).chmod(0o600)
    answer = folder.run("doctor")
    assert answer.code == (2 if content else 0), answer.out
    mended = folder.run("doctor", "--repair", env={"COLUMNS": "300"})
    assert "salvaged" not in mended.out + mended.err
    if content:
        assert mended.code == 2
        assert f"nothing can be read of {store_of(folder)}" in words(mended)
        assert "aggregator restore FILE" in words(mended)
    assert store_of(folder).read_bytes() == content
    assert not [path for path in (folder.path / "data").iterdir() if "salvaged" in path.name]


@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_a_store_on_a_read_only_disk_is_examined(folder: Folder) -> None:
    poll(folder)
    done = run_read_only(
        folder, "{ aggregator doctor; echo code $?; aggregator doctor --repair; echo code $?; }"
    )
    said = " ".join(done.stdout.split())
    assert "is whole" in said, said + done.stderr
    assert "cannot be written" in said
    assert "Traceback" not in done.stderr
    assert said.count("code") == 2


def test_no_place_for_temporary_files_is_said(folder: Folder) -> None:
    nowhere = "import tempfile; tempfile.tempdir = '/nowhere'; from aggregator.__main__ import main; main()"
    python = COMMAND.with_name("python")
    done = subprocess.run(
        [python, "-c", nowhere, "doctor"], cwd=folder.path, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    assert "TMPDIR" in done.stdout


def test_a_store_in_postgresql_is_examined_as_far_as_it_is_ours(folder: Folder) -> None:
    from support.postgres import new_server

    with new_server() as server:
        place = server.new_store()
        store_of(folder).write_bytes(b"an old file, not in use")
        store_of(folder).chmod(0o644)
        (folder.path / "feeds.yaml").write_text(f"store: {place}\nfeeds: [http://127.0.0.1:9999/feed]\n")
        answer = folder.run("doctor")
        assert answer.code == 0, answer.out
        assert "answers" in words(answer)
        assert "pg_amcheck" in words(answer)  # what is left to PostgreSQL's own programs
        repaired = folder.run("doctor", "--repair")
        assert repaired.code == 0, repaired.out + repaired.err
        assert store_of(folder).read_bytes() == b"an old file, not in use"
        assert folder.run("poll").code == 0
        server.sql(f"CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA {place.rpartition('%3D')[2]} TO reader")
        server.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA {place.rpartition('%3D')[2]} TO reader")
        (folder.path / "reader.yaml").write_text(
            f"store: {place.replace('postgres@', 'reader@')}\nfeeds: [http://127.0.0.1:9999/feed]\n"
        )
        answer = folder.run("doctor", "-c", "reader.yaml")
        assert answer.code == 1
        assert "GRANT SELECT, INSERT, UPDATE, DELETE" in words(answer)
        server.stop()
        answer = folder.run("doctor")
        assert answer.code == 2
        assert "does not answer" in words(answer)


@pytest.mark.parametrize("version", [0, 5, 999])
def test_a_database_of_another_program_is_left_alone(folder: Folder, version: int) -> None:
    path = store_of(folder)
    sql(path, "CREATE TABLE others (a)")
    sql(path, f"PRAGMA user_version = {version}")
    path.chmod(0o600)
    before = path.read_bytes()
    for command in (["doctor"], ["doctor", "--repair"], ["poll"], ["latest"], ["backup", "copy.db"]):
        answer = folder.run(*command, env={"COLUMNS": "300"})
        assert answer.code in (2, 4), answer.out
        assert "is a database of another program" in words(answer) + answer.err
    copied = folder.path / "other.db"
    copied.write_bytes(before)
    path.unlink()
    assert "is a database of another program" in folder.run("restore", "other.db").err
    assert copied.read_bytes() == before
    assert not path.exists()


@pytest.mark.parametrize("kind", ["file", "loop", "link"])
def test_what_stands_where_the_data_folder_should_be_is_named(folder: Folder, kind: str) -> None:
    data = folder.path / "data"
    data.rmdir()
    if kind == "file":
        data.write_text("x")
    else:
        data.symlink_to(data if kind == "loop" else "nowhere/at/all")
    found = folder.run("doctor", env={"COLUMNS": "300"})
    assert found.code == 2
    for answer in (
        found,
        folder.run("poll"),
        folder.run("run", "--port", "0"),
        folder.run("restore", "feeds.yaml"),
    ):
        assert answer.code in (2, 4)
        assert f"the data folder {data} is a" in words(answer) + answer.err
        assert "Traceback" not in answer.err


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_stands_where_the_store_should_be_is_a_finding(
    folder: Folder, make: Callable[[Path], None]
) -> None:
    make(store_of(folder))
    answer = folder.run("doctor", env={"COLUMNS": "300"})
    assert answer.code == 2
    assert "it should be" in words(answer)
    assert "clock" in words(answer)  # the other checks are made all the same
    for command in ("latest", "poll", "backup"):
        assert folder.run(command, *["copy.db"] * (command == "backup")).code == 4
