"""Watches a command while it runs: what each line of its output said and when, and the memory of all it started."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_OFTEN = 0.01  # seconds between two looks at the memory


@dataclass
class Watched:
    """What a command did."""

    code: int = 0
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    lines: list[tuple[float, str]] = field(default_factory=list)  # seconds since the start, line
    peak: int = 0  # bytes resident, the highest sum over all its processes

    @property
    def out(self) -> str:
        return "".join(line for _, line in self.lines)


def watch(process: subprocess.Popen[str], limit: float = 600) -> Watched:
    """Runs it to its end; killed after `limit` seconds. It must lead a session of its own."""
    seen = Watched()
    began = seen.began

    def listen() -> None:
        assert process.stdout
        for line in process.stdout:
            seen.lines.append((time.monotonic() - began, line))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    while process.poll() is None and time.monotonic() - began < limit:
        seen.peak = max(seen.peak, resident(process.pid))
        time.sleep(_OFTEN)
    seen.seconds = time.monotonic() - began
    process.kill()
    seen.code = process.wait()
    listener.join(5)
    if process.stdout:
        process.stdout.close()
    return seen


def resident(session: int) -> int:
    """Bytes in memory of all processes of a session, pages that several share counted for each."""
    total = 0
    for pid in members(session):
        with contextlib.suppress(OSError, IndexError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return total


def members(session: int) -> list[int]:
    """The processes of a session."""
    found = []
    for name in (path.name for path in Path("/proc").iterdir()):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):  # it ended while we looked
                if int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[3]) == session:
                    found.append(int(name))
    return found
