"""A full disk at any moment of what changes files, and under a running service. `FAULTS_MOMENTS=200` tries as many."""

from __future__ import annotations

import shutil
import signal

import pytest

from faults.operations import MOMENTS, OPERATIONS, trial
from support.command import Folder
from support.disk import MISSING, small_disk
from support.feeds import numbered, rss
from support.invariants import check
from support.running import running
from support.server import Feed, serve

pytestmark = [pytest.mark.slow, pytest.mark.skipif(MISSING is not None, reason=str(MISSING))]

SIZES = {  # bytes of the disk that are left, about half of what each needs
    "polling": 500_000,
    "polling again": 300_000,
    "publishing": 60_000,
    "pruning": 100_000,
    "migrating": 200_000,
    "backing up": 200_000,
    "mailing": 30_000,
}


def sizes(name: str) -> list[int]:
    """MOMENTS of them, from nothing to enough."""
    if MOMENTS == 1:
        return [SIZES[name]]
    return [SIZES[name] * 2 * number // (MOMENTS - 1) for number in range(MOMENTS)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_full_disk_at_any_moment(folder: Folder, name: str) -> None:
    with trial(folder, name) as made:
        command = made.operation.command
        if name == "backing up":
            command = ("backup", "data/copy.db")
        for size in sizes(name):
            made.begin()
            with small_disk(made.data, size) as disk:
                answer = folder.run(*command, within=disk.within)
                assert "Traceback" not in answer.err
                assert not answer.code or any(words in answer.err for words in ("disk", "No space left")), (
                    answer.err
                )
                made.check(disk.inside)
                if answer.code:
                    assert not (disk.inside / "copy.db").exists()
                disk.resize(64_000_000)
                again = folder.run(*command, within=disk.within)
                assert again.code == 0, again.err
                shutil.copytree(disk.inside, folder.path / "after")
            shutil.rmtree(made.data)
            (folder.path / "after").rename(made.data)
            (made.data / "copy.db").unlink(missing_ok=True)
            made.complete()


def test_a_service_survives_a_full_disk_and_read_only_outputs(folder: Folder) -> None:
    routes = {f"/{n}": Feed(rss(*numbered(range(n * 50, n * 50 + 50)))) for n in range(3)}
    data = folder.path / "data"
    public = str(data / "public")
    data.mkdir()
    with serve(routes) as server, small_disk(data, 4_000_000) as disk:
        folder.configure([server.url("/0")])
        with running(folder, within=disk.within) as service:
            service.wait_for("published")
            for number, fault in enumerate(("full", "read-only outputs"), 1):
                if fault == "full":
                    filler = disk.fill()
                else:
                    disk.run("mount", "--bind", public, public)
                    disk.run("mount", "-o", "remount,bind,ro", public)
                folder.configure([server.url(f"/{n}") for n in range(number + 1)], f"title: T{number}\n")
                service.send(signal.SIGHUP)
                service.wait_for("trying again")
                assert service.get("/feed.atom")[0] == 200
                assert service.get("/healthz")[0] == 503
                check(disk.inside)
                if fault == "full":
                    filler.unlink()
                else:
                    disk.run("umount", "--lazy", public)
                service.send(signal.SIGHUP)
                service.wait_for("resolved: ")
                service.wait_to_serve("/feed.atom", f"T{number}")
            assert service.stop() == 0
        assert "Traceback" not in service.log
        check(disk.inside)
        server.errors.clear()
