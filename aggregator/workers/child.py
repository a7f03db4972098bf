"""What runs in a worker process: calls the function, each time within bounds of time and memory."""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from aggregator.workers.sandbox import confine

# A worker that has grown by more than this is replaced when idle: memory that a large document fragmented.
_RECYCLE_BYTES = 24_000_000


class Bounds(NamedTuple):
    """What one attempt may take."""

    seconds: float  # wall clock
    cpu: float  # seconds
    memory: int  # bytes of address space beyond what a fresh worker has


def _ignore(*_: object) -> None:
    """Prints nothing."""


def serve(pipe: Connection, function: str) -> None:
    # Ctrl-C and a service manager's SIGTERM reach the whole group: the parent decides when we end.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # lxml prints what it cannot raise, as where memory is short; what came of the document is the reply's to say.
    sys.excepthook = _ignore
    sys.unraisablehook = _ignore
    module, _, name = function.partition(":")
    call: Callable[..., Any] = getattr(importlib.import_module(module), name)
    fresh = _memory()  # opens what the sandbox closes
    confine()
    while True:
        try:
            arguments, bounds = pipe.recv()
        except (EOFError, OSError):
            return
        keep = True
        try:
            with _bounded(bounds, fresh.size):
                reply = ("ok", call(*arguments))
        except MemoryError:
            reply, keep = ("error", "needs more memory than a feed may"), False
        except RecursionError:
            reply = ("error", "is nested too deeply")
        except Exception as error:
            # The bug is ours or the parser's; this document is its only victim.
            reply = ("error", f"cannot be read ({type(error).__name__}: {str(error)[:200]})")
        del arguments
        try:
            pipe.send((*reply, keep and _memory().resident < fresh.resident + _RECYCLE_BYTES))
        except (OSError, MemoryError):
            return
        del reply


@contextlib.contextmanager
def _bounded(bounds: Bounds, fresh_size: int) -> Iterator[None]:
    """Keeps the block within its bounds, or ends the process, also when the parent was killed and cannot."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + bounds.seconds) + 2, hard))
    if fresh_size:
        resource.setrlimit(resource.RLIMIT_AS, (fresh_size + bounds.memory, most))
    signal.setitimer(signal.ITIMER_PROF, bounds.cpu)  # its signal ends the process, whatever holds the lock
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if fresh_size:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


class _Memory(NamedTuple):
    size: int = 0  # bytes of address space; 0 where it cannot be known
    resident: int = 0


def _memory() -> _Memory:
    if sys.platform != "linux":
        return _Memory()
    pages = os.pread(_statm(), 256, 0).split()
    return _Memory(*(int(count) * resource.getpagesize() for count in pages[:2]))


@cache
def _statm() -> int:
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
