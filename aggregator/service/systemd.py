"""Notifies the service manager, as sd_notify(3) defines it; does nothing where there is none."""

from __future__ import annotations

import contextlib
import os
import socket
import time


def notify(*assignments: str) -> None:
    """Sends assignments such as "READY=1"."""
    place = os.environ.get("NOTIFY_SOCKET")
    if not place:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)  # a manager that does not listen must not hold us up
        channel.sendto("\n".join(assignments).encode(), "\0" + place[1:] if place.startswith("@") else place)


def reloading() -> None:
    """A reload begins; `READY=1` ends it. The time is what Type=notify-reload asks for."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_seconds() -> float | None:
    """How often the manager wants to hear `WATCHDOG=1`, halved as sd_watchdog_enabled(3) advises; None: never."""
    microseconds, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID")
    if not microseconds.isdigit() or int(microseconds) == 0 or pid not in (None, str(os.getpid())):
        return None
    return int(microseconds) / 2_000_000
