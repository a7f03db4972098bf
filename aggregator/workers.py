"""Runs a pure function in child processes that can be killed.

Parsers have inputs that take hours or gigabytes inside one C call that holds the interpreter lock: neither
threads nor timeouts of the event loop help. A process with a wall-clock limit and a memory limit does.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import multiprocessing
import os
import queue
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aggregator.errors import AggregatorError

# A worker that has grown beyond this is replaced when idle: memory that a large document fragmented.
_RECYCLE_BYTES = 140_000_000


class WorkerError(AggregatorError):
    """The function did not finish within its bounds; the text says which one it met."""


@dataclass(frozen=True, slots=True)
class Limits:
    seconds: float = 10.0  # wall clock, for one call
    memory: int = 256_000_000  # bytes of address space beyond what a fresh worker has


class Workers:
    """`count` processes that call one importable function; a hung or bloated one is killed and replaced."""

    def __init__(self, function: str, count: int, limits: Limits | None = None) -> None:
        """`function`: "package.module:name"; it and its answers must be picklable."""
        self._function = function
        self._limits = limits or Limits()
        self._context = multiprocessing.get_context("forkserver")
        # The server begins as `python -c`, which would import from the folder that we were started in first.
        os.environ["PYTHONSAFEPATH"] = "1"
        # Imported once in the server, so that a replaced worker starts in milliseconds.
        self._context.set_forkserver_preload([function.partition(":")[0]])
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)
        self._alive: set[_Worker] = set()
        self._closed = False

    async def run(self, *arguments: Any) -> Any:
        """What the function answers. Raises WorkerError; anything that the function raises becomes one."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, arguments)

    def close(self) -> None:
        """Kills the workers, busy or not."""
        self._closed = True
        for worker in tuple(self._alive):
            worker.kill()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _call(self, arguments: tuple[Any, ...]) -> Any:
        worker = self._idle.get()
        try:
            if self._closed:
                raise WorkerError("stopped")
            if worker is None or not worker.process.is_alive():
                worker = self._start()
            answer, keep = worker.call(arguments, self._limits.seconds)
        except BaseException:
            if worker is not None:
                self._end(worker)
            self._idle.put(None)
            raise
        if not keep:
            self._end(worker)
        self._idle.put(worker if keep else None)
        return answer

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._function, self._limits), daemon=True, name="aggregator reader"
        )
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._alive.add(worker)
        if self._closed:
            worker.kill()
        return worker

    def _end(self, worker: _Worker) -> None:
        self._alive.discard(worker)
        worker.kill()
        worker.process.join()
        worker.pipe.close()


class _Worker:
    def __init__(self, process: Any, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe

    def call(self, arguments: tuple[Any, ...], seconds: float) -> tuple[Any, bool]:
        """The answer, and whether the worker is fit for more."""
        try:
            self.pipe.send(arguments)
            if not self.pipe.poll(seconds):
                raise WorkerError(f"took longer than {seconds:g} s to read")
            kind, answer, keep = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(1)
            if self.process.exitcode == -signal.SIGXCPU:
                raise WorkerError(f"took longer than {seconds:g} s to read") from None
            raise WorkerError("the reader process ended on it") from None
        if kind == "error":
            raise WorkerError(answer)
        return answer, keep

    def kill(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.process.kill()


# ---------------------------------------------------------------- in the child


def _serve(pipe: Connection, function: str, limits: Limits) -> None:
    # Ctrl-C and a service manager's SIGTERM reach the whole group: the parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    module, _, name = function.partition(":")
    call: Callable[..., Any] = getattr(importlib.import_module(module), name)
    _limit_memory(limits.memory)
    while True:
        try:
            arguments = pipe.recv()
        except (EOFError, OSError):
            return
        _limit_cpu(limits.seconds)
        keep = True
        try:
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
            pipe.send((*reply, keep and _resident() < _RECYCLE_BYTES))
        except (OSError, MemoryError):
            return
        del reply


def _limit_memory(budget: int) -> None:
    if sys.platform == "linux":
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + budget, size + budget))


def _limit_cpu(seconds: float) -> None:
    """Ends a hung worker even when the parent was killed and cannot."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _resident() -> int:
    if sys.platform == "linux":
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return 0
