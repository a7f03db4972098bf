"""Runs a pure function in child processes that can be killed.

Parsers have inputs that take hours or gigabytes inside one C call that holds the interpreter lock: neither
threads nor timeouts of the event loop help. A process with a wall-clock limit and a memory limit does.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from aggregator.errors import AggregatorError, LocalError
from aggregator.records import dataclass
from aggregator.workers.child import Bounds
from aggregator.workers.fork_server import ForkServer, Process
from aggregator.workers.limiter import PriorityLimiter, WaitBudget, WaitBudgetSpent

# The more documents have recently taken too long, the shorter the first attempt of the others, down to a fifth:
# hundreds of slow documents would otherwise block the rest for minutes.
_FEW_SLOW, _MIN_FIRST_ATTEMPT = 5, 0.2
# Added to the rank of a slow document, so that it comes after every other.
_LOW_PRIORITY = 1 << 40


class WorkerError(AggregatorError):
    """The function did not finish within its bounds; the text says which one it met."""


class _TooLong(WorkerError):
    pass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take: so much, and more for each byte of the document it is about."""

    seconds: float = 10.0  # wall clock, of all attempts
    quick_seconds: float = 0.5  # CPU, at the first attempt
    quick_seconds_per_mb: float = 1.0
    large: int = 1_000_000  # bytes: from here on one at a time
    memory: int = 24_000_000  # bytes of address space beyond what a fresh worker has
    memory_per_byte: int = 13  # the most that honest feeds need: 50,000 entries in 10 MB


class Workers:
    """`count` processes that call one importable function; a hung or bloated one is killed and replaced.

    Most documents take some milliseconds; of those that wait, the smallest is next, but for one that each process
    has ready. Slow and large documents are read one at a time, so that they do not block the rest and at most one
    process is large. Among these, too, the smallest is next; slow ones come last.
    """

    def __init__(self, function: str, count: int, limits: Limits | None = None) -> None:
        """`function`: "package.module:name"; it and its answers must be picklable. `count`: two at least.

        No process starts before the first call, or prepare().
        """
        self._limits = limits or Limits()
        self._server = ForkServer(function)
        count = max(2, count)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        # For each process one more: it need not wait for the next until the event loop has stored what it read.
        self._slots, self._one_at_a_time = PriorityLimiter(2 * count), PriorityLimiter(1)
        self._idle: queue.SimpleQueue[Worker | None] = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)
        self._slow = 0.0  # how many documents recently took too long at the first attempt
        self._alive: set[Worker] = set()
        self._closed = False
        self.restarts = 0  # workers that were killed or replaced

    @property
    def are_started(self) -> bool:
        """Whether there are processes: not before the first call or prepare()."""
        return self._server.process_id is not None

    def prepare(self) -> None:
        """Says that there will be something to read: the processes' imports need not wait for it."""
        with contextlib.suppress(OSError, EOFError):  # then the first call says so
            self._server.start()

    async def run(
        self, *arguments: Any, size: int = 0, seconds: float | None = None, wait_budget: float = 60.0
    ) -> Any:
        """What the function answers. Raises WorkerError; anything that the function raises becomes one.

        `size`: bytes of the document it is about; `seconds`: for one call, where that is less than usual;
        `wait_budget`: seconds that it may wait, besides these, for slots.
        """
        try:
            return await self._attempts(arguments, size, seconds, WaitBudget(wait_budget))
        except WaitBudgetSpent:
            raise WorkerError("not read: too many other documents take long to read") from None

    async def _attempts(
        self, arguments: tuple[Any, ...], size: int, seconds: float | None, budget: WaitBudget
    ) -> Any:
        limits = self._limits
        most = min(seconds or limits.seconds, limits.seconds)
        memory = limits.memory + limits.memory_per_byte * size
        quick = limits.quick_seconds + limits.quick_seconds_per_mb * size / 1e6
        quick *= max(_MIN_FIRST_ATTEMPT, _FEW_SLOW / (_FEW_SLOW + self._slow))
        if quick < most / 2:
            attempt = Bounds(most, quick, memory)
            try:
                if size <= limits.large:
                    answer = await self._run(arguments, attempt, size)
                else:
                    async with budget.slot(self._one_at_a_time, size):
                        answer = await self._run(arguments, attempt)
            except _TooLong:
                self._slow += 1
            else:
                self._slow = max(0.0, self._slow - 0.1)
                return answer
            most -= quick
            size += _LOW_PRIORITY
        async with budget.slot(self._one_at_a_time, size):
            return await self._run(arguments, Bounds(most, most, memory))

    async def _run(self, arguments: tuple[Any, ...], bounds: Bounds, rank: int = -1) -> Any:
        async with self._slots.slot(rank):
            if self._closed:
                raise WorkerError("stopped")
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._call, arguments, bounds)

    def close(self) -> None:
        """Kills the workers, busy or not."""
        self._closed = True
        for worker in tuple(self._alive):
            worker.kill()
        self._threads.shutdown(wait=False)  # what waits for a thread is told that we stopped, not cancelled
        self._server.close()

    def _call(self, arguments: tuple[Any, ...], bounds: Bounds) -> Any:
        worker = self._idle.get()
        try:
            if self._closed:
                raise WorkerError("stopped")
            if worker is None or not worker.process.is_alive():
                worker = self._start()
            answer, keep = worker.call(arguments, bounds)
        except (
            OSError,
            EOFError,
        ) as error:  # EOFError: the fork server itself ran out of descriptors or memory
            self._idle.put(None)
            if self._closed:
                raise WorkerError("stopped") from None
            reason = getattr(error, "strerror", None) or str(error) or "the fork server did not answer"
            raise LocalError(f"no process to read with can be started: {reason}") from error
        except BaseException:
            if worker is not None:
                self._end(worker)
            self._idle.put(None)
            raise
        if not keep:
            self._end(worker)
        self._idle.put(worker if keep else None)
        return answer

    def _start(self) -> Worker:
        worker = Worker(*self._server.fork())
        self._alive.add(worker)
        if self._closed:
            worker.kill()
        return worker

    def _end(self, worker: Worker) -> None:
        self._alive.discard(worker)
        self.restarts += 1
        worker.kill()
        worker.process.join()
        worker.pipe.close()


class Worker:
    def __init__(self, process: Process, pipe: Connection) -> None:
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
            self.process.kill()  # one that has closed its end and goes on; of one that has ended, how it did so stays
            if self.process.join() in (-signal.SIGPROF, -signal.SIGXCPU):
                raise late from None
            raise WorkerError("the reader process ended on it") from None
        if kind == "error":
            raise WorkerError(answer)
        return answer, keep

    def kill(self) -> None:
        self.process.kill()
