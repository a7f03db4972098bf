"""What was published, kept in the store by who publishes, and mirrored by others."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import chdir, closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import ExportError, StoreBusy
from aggregator.models import Lease, PublishedFile
from aggregator.pipeline.outputs import OutputKeeper, OutputMirror
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.make import NOON
from support.postgres import shared_server

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    place = str(tmp_path / "store.db") if request.param == "sqlite" else shared_server().new_store()
    with closing(open_store(place)) as opened:
        yield opened


def lead(store: Store, owner: str, minutes: int = 0) -> Lease:
    now = NOON + minutes * MINUTE
    return Lease("publish", owner, store.lease(["publish"], owner, now, now + MINUTE)["publish"])


def write(folder: Path, **files: str | None) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
            os.utime(path, (1_800_000_000, 1_800_000_000 + len(text)))


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), int(path.stat().st_mtime))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_mirror_has_the_same_files_with_the_same_dates(store: Store, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    keeper, mirror, lease = OutputKeeper(here), OutputMirror(there), lead(store, "one")
    write(here, feed_atom="<feed/>", tags__x_atom="x", index_html="old")
    (here / ".index.html.tmp").write_text("half written")
    assert keeper.keep(store, lease)
    assert mirror.update(store) == 3
    assert files(there) == {name: each for name, each in files(here).items() if not name.startswith(".")}
    assert mirror.update(store) == 0
    write(here, index_html="newer", tags__x_atom=None)
    assert keeper.keep(store, lease)
    assert mirror.update(store) == 2
    (here / ".index.html.tmp").unlink()
    assert files(there) == files(here)
    assert OutputMirror(there).update(store) == 3  # one that begins anew, as after a restart
    assert files(there) == files(here)


def test_the_merged_feed_is_copied_last_the_first_time(store: Store, tmp_path: Path) -> None:
    """As long as it is missing a web server says that it is not ready: no page is missing that others have."""
    here, there = tmp_path / "here", tmp_path / "there"
    keeper, lease = OutputKeeper(here), lead(store, "one")
    write(here, feed_atom="<feed/>")
    assert keeper.keep(store, lease)
    write(here, **{f"tags__{number}_atom": "x" for number in range(100)}, index_html="page")
    assert keeper.keep(store, lease)
    (there / "index.html").mkdir(parents=True)
    with pytest.raises(ExportError, match="is in the way"):  # one that fails holds nobody up
        OutputMirror(there).update(store)
    changed = {path.name: path.stat().st_ctime_ns for path in there.rglob("*.atom")}
    assert len(changed) == 101
    assert changed["feed.atom"] == max(changed.values())


def test_nothing_is_kept_of_who_does_not_publish_any_more(store: Store, tmp_path: Path) -> None:
    """Two that believe to be the one, in turns: what the older one writes is not what others get."""
    old, new, there = tmp_path / "old", tmp_path / "new", tmp_path / "there"
    first, second, mirror = OutputKeeper(old), OutputKeeper(new), OutputMirror(there)
    write(old, feed_atom="1", gone_html="x")
    stale = lead(store, "one")
    assert first.keep(store, stale)
    write(new, feed_atom="22")
    lease = lead(store, "two", 2)
    assert second.keep(store, lease)
    for turn in range(3):
        write(old, feed_atom=f"stale {turn}")
        assert not first.keep(store, stale)
        write(new, feed_atom=f"{turn}" * (turn + 4))
        assert second.keep(store, lease)
        mirror.update(store)
        assert files(there) == files(new)
    again = lead(store, "one", 4)
    assert first.keep(store, again)
    mirror.update(store)
    assert files(there) == files(old)


def test_what_could_not_be_kept_is_kept_the_next_time(tmp_path: Path) -> None:
    here, place = tmp_path / "here", tmp_path / "store.db"
    with closing(open_store(place, lock_timeout=0)) as store, closing(sqlite3.connect(place)) as other:
        keeper, lease = OutputKeeper(here), lead(store, "one")
        write(here, feed_atom="<feed/>")
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            keeper.keep(store, lease)
        other.execute("ROLLBACK")
        assert keeper.keep(store, lease)
        assert [each.name for each in store.published_files(0)] == ["feed.atom"]


def test_the_merged_feed_is_kept_last(store: Store, tmp_path: Path) -> None:
    """A publisher that ends in the middle of its first publication leaves no web server that says that all is there."""
    here = tmp_path / "here"
    write(here, feed_atom="<feed/>", **{f"tags__{number}_atom": "x" for number in range(300)})
    assert OutputKeeper(here).keep(store, lead(store, "one"))
    assert [each.name for each in store.published_files(0)][-1] == "feed.atom"


def test_what_another_publisher_writes_is_dated_later(store: Store, tmp_path: Path) -> None:
    """Though its machine's clock is behind: who asks what was modified since the file before is told of it."""
    old, new, there = tmp_path / "old", tmp_path / "new", tmp_path / "there"
    mirror = OutputMirror(there)
    write(old, feed_atom="older", index_html="the same")
    assert OutputKeeper(old).keep(store, lead(store, "one"))
    mirror.update(store)
    before = files(there)
    write(new, feed_atom="newer", index_html="the same")
    for file in new.iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))
    keeper, lease = OutputKeeper(new), lead(store, "two", 2)
    for turn in range(2):
        if turn:
            write(new, feed_atom="newest")
            os.utime(new / "feed.atom", (1_700_000_001, 1_700_000_001))
        assert keeper.keep(store, lease)
        mirror.update(store)
        assert files(there)["feed.atom"][1] == before["feed.atom"][1] + 1 + turn
        assert files(there)["feed.atom"] == files(new)["feed.atom"]
    assert files(there)["index.html"] == before["index.html"]


def test_what_the_store_has_lost_is_kept_again(store: Store, tmp_path: Path) -> None:
    """A standby takes over that has not got the last transactions, and nobody begins anew."""
    here, other = tmp_path / "here", tmp_path / "other"
    write(here, feed_atom="<feed/>", index_html="page")
    write(other, feed_atom="<feed/>", index_html="older")
    lease = lead(store, "one")
    keeper = OutputKeeper(here)
    assert keeper.keep(store, lease)
    assert OutputKeeper(other).keep(store, lease)
    assert keeper.keep(store, lease)
    assert {each.name: each.body for each in store.published_files(0)}["index.html"] == b"page"


def test_a_folder_that_cannot_be_read_is_not_empty(store: Store, tmp_path: Path) -> None:
    """As on a disk that fails, or a file server that is away: nothing goes on other machines."""
    here = tmp_path / "here"
    write(here, feed_atom="<feed/>", tags__x_atom="x")
    keeper, lease = OutputKeeper(here), lead(store, "one")
    assert keeper.keep(store, lease)
    here.rename(tmp_path / "away")
    with pytest.raises(ExportError, match="cannot read"):
        keeper.keep(store, lease)
    (tmp_path / "away").rename(here)
    (here / "dead.html").symlink_to("n" * 300)
    with pytest.raises(ExportError, match=r"cannot read .*dead\.html"):
        keeper.keep(store, lease)
    assert {each.name for each in store.published_files(0) if each.body is not None} == {
        "feed.atom",
        "tags/x.atom",
    }


def test_what_could_not_be_written_is_not_gone(store: Store, tmp_path: Path) -> None:
    """After a publication that has failed, what it has written is kept, and what it has not stays as it was."""
    here, there = tmp_path / "here", tmp_path / "there"
    write(here, feed_atom="<feed/>", tags__x_atom="x")
    keeper, lease = OutputKeeper(here), lead(store, "one")
    assert keeper.keep(store, lease)
    write(here, feed_atom="<feed>newer</feed>", tags__x_atom=None)
    assert keeper.keep(store, lease, is_whole=False)
    OutputMirror(there).update(store)
    assert {name: body for name, (body, _) in files(there).items()} == {
        "feed.atom": b"<feed>newer</feed>",
        "tags/x.atom": b"x",
    }
    assert keeper.keep(store, lease)
    OutputMirror(there).update(store)
    assert set(files(there)) == {"feed.atom"}


@pytest.mark.parametrize("what", ["link", "loop", "socket", "pipe"])
def test_what_is_no_file_holds_up_nothing_that_is_one(store: Store, tmp_path: Path, what: str) -> None:
    """And nothing goes: a link may lead to a file server that is away."""
    here, there = tmp_path / "here", tmp_path / "there"
    keeper, mirror, lease = OutputKeeper(here), OutputMirror(there), lead(store, "one")
    write(here, feed_atom="<feed/>", mine__a_html="x", mine2_html="x")
    assert keeper.keep(store, lease)
    shutil.rmtree(here / "mine")
    (here / "mine2.html").unlink()
    with closing(socket.socket(socket.AF_UNIX)) as listener, chdir(here):
        match what:
            case "link":
                (here / "mine").symlink_to("nowhere")
            case "loop":
                (here / "mine").symlink_to("mine")
            case "socket":
                listener.bind("mine")
            case "pipe":
                os.mkfifo("mine")
        write(here, z_html="x")
        assert keeper.keep(store, lease)
    mirror.update(store)
    assert sorted(files(there)) == ["feed.atom", "mine/a.html", "z.html"]


@pytest.mark.parametrize("name", ["../outside.html", "/etc/outside.html", "a/../../outside.html"])
def test_a_name_that_leads_out_of_the_folder_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    lease = lead(store, "one")
    store.save_outputs([PublishedFile(name, b"x", 1_800_000_000)], lease)
    with pytest.raises(ExportError, match="does not belong"):
        OutputMirror(tmp_path / "there").update(store)
    assert not list(tmp_path.rglob("outside.html"))
