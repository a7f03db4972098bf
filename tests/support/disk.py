"""A small disk over a folder, which can be filled: a tmpfs in a mount namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.command import COMMAND, Folder

# Why no disk can be made here; None where one can.
MISSING = (
    None
    if os.geteuid() == 0 and shutil.which("unshare") and shutil.which("nsenter")
    else "nothing can be mounted here"
)


@dataclass(frozen=True)
class Disk:
    over: Path  # the folder
    _holder: int  # a process in the namespace

    @property
    def inside(self) -> Path:
        """The folder as a process in the namespace sees it."""
        return Path(f"/proc/{self._holder}/root{self.over}")

    @property
    def within(self) -> tuple[str, ...]:
        """What runs a command in the namespace, and beside the folder."""
        script = 'cd "$0" && exec "$@"'
        return (
            "nsenter",
            "--mount",
            "--target",
            str(self._holder),
            "sh",
            "-c",
            script,
            str(self.over.parent),
        )

    def run(self, *command: str) -> None:
        """Runs a command there, which must succeed."""
        subprocess.run([*self.within, *command], check=True)

    def resize(self, size: int) -> None:
        self.run("mount", "-o", f"remount,size={size}", str(self.over))

    def fill(self) -> Path:
        """Takes all room that is left; the file to be removed."""
        filler = self.inside / "filler"
        try:
            with filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
        except OSError:
            return filler


@contextmanager
def small_disk(over: Path, size: int) -> Iterator[Disk]:
    """With a copy of what the folder has; `size`: bytes beyond that."""
    used = sum(-(-path.stat().st_size // 4096) * 4096 for path in over.rglob("*"))
    folders = 4096 * sum(1 for path in over.rglob("*") if path.is_dir())
    script = (
        f"mount -t tmpfs -o size={used + folders + size} none '{over}' && echo ready && exec sleep infinity"
    )
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "ready\n"
            disk = Disk(over, holder.pid)
            shutil.copytree(over, disk.inside, dirs_exist_ok=True)
            yield disk
        finally:
            holder.kill()


def run_read_only(folder: Folder, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a script of commands where the folder's `data` is on a disk that cannot be written."""
    mounted = "cp -r data kept && mount -t tmpfs none data && cp -r kept/. data/ && mount -o remount,ro data"
    environment = folder.environment()
    environment["PATH"] = f"{COMMAND.parent}:{environment['PATH']}"
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mounted} && {script}"],
        cwd=folder.path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
