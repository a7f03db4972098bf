"""Takes from a worker process what reading a document does not need: network, other programs, files, signals.

A parser in C with a hole in it then holds an attacker who can compute, and answer wrongly for one document.
Three locks of Linux, each used where the kernel has it: no_new_privs, Landlock (files; signals since 6.12) and
seccomp (system calls). Elsewhere nothing is locked.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# What each version of Landlock knows: rights on files, on TCP (bind, connect), scopes (abstract sockets, signals).
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_BEFORE_NETWORK, _BEFORE_SCOPES = 3, 5

# System calls that are refused: by machine, the audit number of the machine and the calls' numbers.
# socket connect kill execve execveat ptrace process_vm_readv process_vm_writev unshare setns bpf io_uring_setup
# pidfd_send_signal
_MACHINES = {
    "x86_64": (0xC000003E, (41, 42, 62, 59, 322, 101, 310, 311, 272, 308, 321, 425, 424)),
    "aarch64": (0xC00000B7, (198, 203, 129, 221, 281, 117, 270, 271, 97, 268, 280, 425, 424)),
}
_X32 = 0x40000000  # another numbering of x86_64's calls, which would pass the table by
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06


def confine() -> tuple[str, ...]:
    """Locks this process for good; names of the locks that closed. To be called while it has one thread."""
    if sys.platform != "linux":
        return ()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ()
    closed = {"landlock": _restrict_files(libc), "seccomp": _restrict_calls(libc)}
    return ("no_new_privs", *(name for name, is_closed in closed.items() if is_closed))


def landlock_version() -> int:
    """Which version of Landlock the kernel has; 0: none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(_LANDLOCK_CREATE, None, 0, 1)))


def _restrict_files(libc: ctypes.CDLL) -> bool:
    """Modules may still be read, since some are imported when they are needed; nothing else, and nothing written."""
    version = landlock_version()
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1
    network = 0b11 if version > _BEFORE_NETWORK else 0
    scopes = 0b11 if version > _BEFORE_SCOPES else 0
    attributes = struct.pack("QQQ", rights, network, scopes)
    size = 24 if scopes else 16 if network else 8
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, size, 0)
    if ruleset < 0:
        return False
    try:
        for path in _readable():
            _allow_reading(libc, ruleset, path)
        return bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _readable() -> Iterable[Path]:
    """Where modules, and what they read by themselves, may lie."""
    places = [
        *sys.path,
        sys.prefix,
        sys.base_prefix,
        "/usr/lib",
        "/usr/lib64",
        "/lib",
        "/lib64",
        "/usr/share",
    ]
    return {Path(place).resolve() for place in places if place and Path(place).exists()}


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
            libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
        finally:
            os.close(descriptor)


def _restrict_calls(libc: ctypes.CDLL) -> bool:
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    audit, numbers = machine
    # A classic BPF program: each instruction is (code, jump if true, jump if false, operand).
    program = [(_LOAD, 0, 0, 4), (_IF_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    program += [(_IF_AT_LEAST, len(numbers) + 1, 0, _X32)]
    program += [(_IF_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    head = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, head, 0, 0) == 0)
