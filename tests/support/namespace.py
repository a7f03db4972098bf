"""Runs a command where nothing but loopback exists: in a network namespace of its own.

A guard that fails there reaches nobody. `unshare` makes the namespace, `ip` brings loopback up in it.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence

_UNSHARE = ("unshare", *(() if os.geteuid() == 0 else ("--map-root-user",)))


def inside() -> bool:
    """Whether this process is where loopback is the only interface that is up."""
    if not shutil.which("ip"):
        return False
    done = subprocess.run(["ip", "-o", "link", "show", "up"], capture_output=True, text=True, check=False)
    return [line.split()[1] for line in done.stdout.splitlines()] == ["lo:"]


@functools.cache
def missing() -> str | None:
    """Why no such namespace can be had here; None where it can."""
    for program in ("unshare", "ip"):
        if not shutil.which(program):
            return f"the program {program} is not installed"
    done = subprocess.run(alone(["true"]), capture_output=True, text=True, check=False)
    return done.stderr.strip() or None if done.returncode else None


def alone(command: Sequence[str]) -> list[str]:
    """The command line that runs a command where only loopback exists."""
    return [*_UNSHARE, "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]


def with_files(files: dict[str, str], command: Sequence[str]) -> list[str]:
    """The command line that runs a command which sees other files in place of these: {"/etc/hosts": "my-hosts"}.

    It works inside only, where this process may mount.
    """
    mounts = " && ".join(f"mount --bind '{mine}' '{theirs}'" for theirs, mine in files.items())
    return ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh", *command]
