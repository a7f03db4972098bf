"""Functions for worker processes to run: good, slow, greedy and broken."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path


def double(number: int) -> int:
    return number * 2


def misbehave(how: str) -> object:
    """Does what a parser does on a hostile document."""
    match how:
        case "hang":  # inside one C call that holds the interpreter lock
            return re.match(r"(a+)+$", "a" * 40 + "b")
        case "swallow":
            return bytearray(4_000_000_000)
        case "raise":
            raise KeyError("links")
        case "recurse":
            return misbehave(how)
        case "die":
            signal.raise_signal(signal.SIGKILL)
        case "pid":
            return os.getpid()
    return how


def break_out(how: str) -> object:
    """What somebody would try who had taken a worker over; the words of what stopped him."""
    tries: dict[str, Callable[[], object]] = {
        "read a file": lambda: Path("/etc/passwd").read_text(),
        "list a folder": lambda: list(Path("/var/tmp").iterdir()),
        "write a file": lambda: Path("/var/tmp/planted").write_text("x"),
        "connect": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1),
        "send a datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
            b"x", ("127.0.0.1", 9)
        ),
        "run a program": lambda: subprocess.run(["true"], check=False),
        "kill the parent": lambda: os.kill(os.getppid(), signal.SIGUSR1),
        "read the environment": lambda: Path("/proc/self/environ").read_bytes(),
    }
    try:
        return tries[how]()
    except OSError as error:
        return type(error).__name__


def environment() -> list[str]:
    return list(os.environ)


def descriptors() -> list[str]:
    """The pipes and sockets that this process has, standard streams apart."""
    found = []
    for number in range(3, 100):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
            found.append(str(number))
    return found
