"""A file of ours is there whole or not at all, and is left alone where nothing changed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.errors import ExportError
from aggregator.export.files import Writer, make_folder, write_changed, write_together


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_new_file_is_written(tmp_path: Path) -> None:
    assert write_changed(tmp_path / "feed.atom", b"one")
    assert (tmp_path / "feed.atom").read_bytes() == b"one"
    assert names(tmp_path) == ["feed.atom"]


def test_other_bytes_are_written(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    write_changed(path, b"one")
    assert write_changed(path, b"two")
    assert path.read_bytes() == b"two"


def test_same_bytes_leave_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    write_changed(path, b"one")
    os.utime(path, ns=(1, 1))
    before = path.stat()
    assert not write_changed(path, b"one")
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (1, before.st_ino)


@pytest.mark.parametrize("ahead", [0, 0.7, 3600, 400 * 86_400], ids=["now", "this second", "hour", "year"])
def test_what_replaces_a_file_is_a_second_younger(tmp_path: Path, ahead: float) -> None:
    """In the same second, too, and after the clock was set back: for who asks whether it was modified since."""
    path = tmp_path / "feed.atom"
    write_changed(path, b"0")
    first = int(time.time() + ahead)
    os.utime(path, (first, first + 0.5))
    for number in range(1, 4):
        assert write_changed(path, b"%d" % number)
        assert int(path.stat().st_mtime) >= first + number


def test_a_file_is_dated_now_where_that_is_later(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    write_changed(path, b"one")
    os.utime(path, (1, 1))
    before = time.time_ns()
    write_changed(path, b"two")
    assert path.stat().st_mtime_ns >= before - 1_000_000_000  # the kernel's clock ticks in steps


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0, 0o644)])
def test_file_is_readable_as_far_as_the_umask_lets_it(
    tmp_path: Path, umask: None, mask: int, mode: int
) -> None:
    os.umask(mask)
    write_changed(tmp_path / "feed.atom", b"one")
    assert (tmp_path / "feed.atom").stat().st_mode & 0o777 == mode


CRASH = """
import os, sys
from pathlib import Path
from aggregator.export.files import write_changed
os.replace = lambda *paths: os._exit(9)  # the power fails just before the rename
write_changed(Path(sys.argv[1]), b"new" * 100_000)
"""


def test_crash_before_the_rename_leaves_the_old_file_and_is_cleaned_up_after(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    write_changed(path, b"old")
    assert subprocess.run([sys.executable, "-c", CRASH, path], check=False).returncode == 9
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == [".feed.atom.tmp", "feed.atom"]
    assert not write_changed(path, b"old")
    assert names(tmp_path) == ["feed.atom"]


def test_readers_and_several_writers_never_see_a_part(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    wholes = [letter * 300_000 for letter in (b"a", b"b", b"c")]
    write_changed(path, wholes[0])
    done = threading.Event()

    def write(data: bytes) -> None:
        for _ in range(15):
            write_changed(path, data)

    def read() -> None:
        while not done.is_set():
            assert path.read_bytes() in wholes

    failed: list[object] = []
    before, threading.excepthook = threading.excepthook, failed.append
    try:
        reader = threading.Thread(target=read)
        writers = [threading.Thread(target=write, args=(data,)) for data in wholes]
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()
    finally:
        threading.excepthook = before
    assert failed == []
    assert names(tmp_path) == ["feed.atom"]


def test_symbolic_link_is_refused_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"mine")
    (tmp_path / "feed.atom").symlink_to(secret)
    with pytest.raises(ExportError, match="symbolic link"):
        write_changed(tmp_path / "feed.atom", b"one")
    assert secret.read_bytes() == b"mine"
    assert (tmp_path / "feed.atom").is_symlink()


def test_link_planted_at_the_temporary_name_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"mine")
    (tmp_path / ".feed.atom.tmp").symlink_to(secret)
    assert write_changed(tmp_path / "feed.atom", b"one")
    assert secret.read_bytes() == b"mine"


def test_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "feed.atom").mkdir()
    with pytest.raises(ExportError, match=r"feed\.atom is in the way"):
        write_changed(tmp_path / "feed.atom", b"one")


def test_pipe_in_the_way_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "feed.atom")
    with pytest.raises(ExportError, match="in the way"):
        write_changed(tmp_path / "feed.atom", b"one")


def test_missing_folder_is_an_error_with_its_cause(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"cannot write .*: No such file or directory") as raised:
        write_changed(tmp_path / "nowhere" / "feed.atom", b"one")
    assert isinstance(raised.value.__cause__, FileNotFoundError)


FULL = """
import resource, signal, sys
from pathlib import Path
from aggregator.export.files import write_changed
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # as on a disk with 1000 bytes left
write_changed(Path(sys.argv[1]), b"new" * 100_000)
"""


def test_full_disk_leaves_the_old_file_and_no_temporary(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    write_changed(path, b"old")
    ended = subprocess.run([sys.executable, "-c", FULL, path], check=False, capture_output=True, text=True)
    assert "ExportError: cannot write" in ended.stderr
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["feed.atom"]


def test_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "public").write_bytes(b"")
    with pytest.raises(ExportError, match="public is in the way"):
        make_folder(tmp_path / "public")
    with pytest.raises(ExportError, match="cannot make the folder"):
        make_folder(tmp_path / "public" / "deeper")


def test_the_disk_is_waited_for_once_all_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[int] = []

    def wait(descriptor: int) -> None:
        there.append(len(names(tmp_path)))

    monkeypatch.setattr(os, "fsync", wait)
    paths = [tmp_path / f"{number}.html" for number in range(5)]
    assert write_together([(path, b"one") for path in paths]) == (paths, {})
    assert there == [5] * 5  # five temporary files or what they have become
    assert write_together([(path, b"one") for path in paths]) == ([], {})
    assert len(there) == 5


def test_one_that_cannot_be_written_does_not_hold_up_the_others(tmp_path: Path) -> None:
    (tmp_path / "1.html").mkdir()
    (tmp_path / "sources").mkdir()
    with Writer(tmp_path) as writer:
        for name in ("0.html", "1.html", "2.html", "sources/a.html", "nowhere/b.html", "3.html"):
            writer.add(name, b"one")
    assert writer.changed == ["0.html", "2.html", "sources/a.html", "3.html"]
    assert {name: str(error).partition(": ")[0] for name, error in writer.failures.items()} == {
        "1.html": f"{tmp_path / '1.html'} is in the way",
        "nowhere/b.html": f"cannot write {tmp_path / 'nowhere/b.html'}",
    }
    assert names(tmp_path) == ["0.html", "1.html", "2.html", "3.html", "sources"]


def test_a_file_has_the_date_that_is_wanted(tmp_path: Path) -> None:
    """From the moment that it can be seen, and where its bytes were there already."""
    for date in (1_800_000_000, 1_900_000_000):
        with Writer(tmp_path) as writer:
            writer.add("0.html", b"one", modified=date)
            writer.add("1.html", b"%d" % date, modified=date)
        assert [int((tmp_path / name).stat().st_mtime) for name in names(tmp_path)] == [date, date]


def test_what_was_given_is_written_where_making_the_next_fails(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="broken template"), Writer(tmp_path) as writer:
        writer.add("0.html", b"one")
        raise ExportError("broken template")
    assert names(tmp_path) == ["0.html"]
