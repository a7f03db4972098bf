"""Measures what a command costs with every process it starts: CPU to the microsecond, and peak memory.

    python benchmarks/meter.py COMMAND ...

The command leads a process group of its own, and this process adopts what the command leaves behind
(PR_SET_CHILD_SUBREAPER). So multiprocessing's forkserver and its workers, which the command never waits
for, end as children of ours, and wait4 gives the kernel's own account of each and of those it waited for:
nothing is sampled, nothing is missed. Memory is sampled: resident (RSS, a page shared by three processes
counts three times) and proportional (PSS, it counts once), each the highest sum over the group.
On other systems than Linux, CPU is that of the command and what it waits for, and memory is not told.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
_LINUX = sys.platform == "linux"
_GRACE = 10.0  # seconds that processes may outlive the command


@dataclass(frozen=True, slots=True)
class Cost:
    cpu: float  # seconds, user and system, all processes
    wall: float  # seconds until the command itself ended
    rss: int  # bytes; 0 where not looked at
    pss: int
    output: str


class Failed(Exception):
    """The command ended with an error; the text is what it printed."""


def measure(command: Sequence[str], look_every: float | None = None) -> Cost:
    """What the command costs; memory looked at every so many seconds, or not at all. Raises Failed."""
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    cpu, rss, pss, wall = 0.0, 0, 0, 0.0
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        late = threading.Timer(_GRACE, _end, (process.pid,))
        with contextlib.suppress(ChildProcessError):  # the last of them has ended
            while True:
                ended, status, usage = os.wait4(-process.pid, os.WNOHANG if look_every else 0)
                if not ended:
                    memory = tuple(_memory(process.pid))
                    rss, pss = max(rss, sum(m[0] for m in memory)), max(pss, sum(m[1] for m in memory))
                    time.sleep(look_every or 0)
                    continue
                cpu += usage.ru_utime + usage.ru_stime
                if ended == process.pid:
                    wall = time.perf_counter() - started
                    process.returncode = os.waitstatus_to_exitcode(status)
                    late.start()
        late.cancel()
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{printed[-2_000:]}")
    return Cost(cpu, wall, rss, pss, printed)


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _memory(group: int) -> Iterator[tuple[int, int]]:
    """RSS and PSS in bytes of each process of the group."""
    if not _LINUX:
        return
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, KeyError):  # it ended while we looked
            if int((folder / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                lines = (line.split() for line in (folder / "smaps_rollup").read_text().splitlines()[1:])
                sizes = {line[0]: int(line[1]) * 1024 for line in lines}
                yield sizes["Rss:"], sizes["Pss:"]


if __name__ == "__main__":
    cost = measure(sys.argv[1:], look_every=0.02)
    print(cost.output, end="")
    print(
        f"{cost.cpu:.3f} s of CPU in {cost.wall:.3f} s, {cost.rss / 1e6:.0f} MB RSS, {cost.pss / 1e6:.0f} MB PSS",
        file=sys.stderr,
    )
