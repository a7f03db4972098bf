"""Runs a pure function in child processes that can be killed.

Parsers have inputs that take hours or gigabytes inside one C call that holds the interpreter lock: neither
threads nor timeouts of the event loop help. A process with a wall-clock limit and a memory limit does.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import importlib
import itertools
import multiprocessing
import os
import queue
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from aggregator.errors import AggregatorError

# A worker that has grown by more than this is replaced when idle: memory that a large document fragmented.
_RECYCLE_BYTES = 24_000_000


class WorkerError(AggregatorError):
    """The function did not finish within its bounds; the text says which one it met."""


class _TooLong(WorkerError):
    pass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take: so much, and more for each byte of the document it is about."""

    seconds: float = 10.0  # wall clock
    quick_seconds: float = 0.5  # CPU, at the first attempt
    quick_seconds_per_mb: float = 1.0
    large: int = 1_000_000  # bytes: from here on one at a time
    memory: int = 24_000_000  # bytes of address space beyond what a fresh worker has
    memory_per_byte: int = 13  # the most that honest feeds need: 50,000 entries in 10 MB
    patience: float = 60.0  # seconds that a second attempt waits for its turn


class Bounds(NamedTuple):
    """What one attempt may take."""

    seconds: float  # wall clock
    cpu: float  # seconds
    memory: int  # bytes of address space beyond what a fresh worker has


class Workers:
    """`count` processes that call one importable function; a hung or bloated one is killed and replaced.

    Most documents take some milliseconds; of those that wait, the smallest is next. One that takes long, or
    that is large, goes on one at a time, so that the rest passes it by, and one process at most is large.
    """

    def __init__(self, function: str, count: int, limits: Limits | None = None) -> None:
        """`function`: "package.module:name"; it and its answers must be picklable. `count`: two at least."""
        self._function = function
        self._limits = limits or Limits()
        self._context = multiprocessing.get_context("forkserver")
        # The server begins as `python -c`, which would import from the folder that we were started in first.
        os.environ["PYTHONSAFEPATH"] = "1"
        # Imported once in the server, so that a replaced worker starts in milliseconds.
        self._context.set_forkserver_preload([function.partition(":")[0]])
        count = max(2, count)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        self._free = count
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []  # a heap, the smallest document first
        self._number = itertools.count()
        self._slow = asyncio.Lock()
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)
        self._alive: set[_Worker] = set()
        self._closed = False

    async def run(self, *arguments: Any, size: int = 0, seconds: float | None = None) -> Any:
        """What the function answers. Raises WorkerError; anything that the function raises becomes one.

        `size`: bytes of the document it is about; `seconds`: for one call, where that is less than usual.
        """
        limits = self._limits
        most = min(seconds or limits.seconds, limits.seconds)
        memory = limits.memory + limits.memory_per_byte * size
        large = size > limits.large
        if not large:
            quick = limits.quick_seconds + limits.quick_seconds_per_mb * size / 1e6
            with contextlib.suppress(_TooLong):
                return await self._run(arguments, Bounds(most, min(quick, most), memory), size)
        try:
            async with asyncio.timeout(None if large else limits.patience):
                await self._slow.acquire()
        except TimeoutError:
            raise WorkerError("takes long to read, and too many others do: its turn did not come") from None
        try:
            return await self._run(arguments, Bounds(most, most, memory), rank=-1)
        finally:
            self._slow.release()

    async def _run(self, arguments: tuple[Any, ...], bounds: Bounds, rank: int) -> Any:
        await self._turn(rank)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._call, arguments, bounds)
        finally:
            self._next()

    async def _turn(self, rank: int) -> None:
        """Waits for a free worker; the lowest rank has it first."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._number), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def close(self) -> None:
        """Kills the workers, busy or not."""
        self._closed = True
        for worker in tuple(self._alive):
            worker.kill()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _call(self, arguments: tuple[Any, ...], bounds: Bounds) -> Any:
        worker = self._idle.get()
        try:
            if self._closed:
                raise WorkerError("stopped")
            if worker is None or not worker.process.is_alive():
                worker = self._start()
            answer, keep = worker.call(arguments, bounds)
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
            target=_serve, args=(theirs, self._function), daemon=True, name="aggregator reader"
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

    def call(self, arguments: tuple[Any, ...], bounds: Bounds) -> tuple[Any, bool]:
        """The answer, and whether the worker is fit for more."""
        late = _TooLong(f"took longer than {bounds.seconds:g} s to read")
        try:
            self.pipe.send((arguments, bounds))
            if not self.pipe.poll(bounds.seconds):
                raise late
            kind, answer, keep = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(1)
            if self.process.exitcode in (-signal.SIGPROF, -signal.SIGXCPU):
                raise late from None
            raise WorkerError("the reader process ended on it") from None
        if kind == "error":
            raise WorkerError(answer)
        return answer, keep

    def kill(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.process.kill()


# ---------------------------------------------------------------- in the child


def _serve(pipe: Connection, function: str) -> None:
    # Ctrl-C and a service manager's SIGTERM reach the whole group: the parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    module, _, name = function.partition(":")
    call: Callable[..., Any] = getattr(importlib.import_module(module), name)
    fresh = _memory()
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
    pages = Path("/proc/self/statm").read_text().split()
    return _Memory(*(int(count) * resource.getpagesize() for count in pages[:2]))
