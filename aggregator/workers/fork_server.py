"""The process that workers are forked from: it has imported what they need, so that they begin in milliseconds.

multiprocessing has one, too, but starts it with our environment, which may hold secrets, and with a second process
beside it. This one starts with the first worker, from any thread.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Collection, Iterable
from multiprocessing.connection import Connection, Pipe
from typing import NoReturn

from aggregator.workers.child import serve
from aggregator.workers.environment import without_secrets

_MAIN = "import sys; sys.path[:] = {path!r}; from {module} import main; main({control}, {function!r})"
_NUMBER = struct.Struct("i")  # a process id, then its exit code
_LOST = 255  # the exit code of a worker whose server ended first
_CLOSE_TIMEOUT = 5.0  # seconds that a server has to end its workers and itself


class Process:
    """A worker, as its user sees it."""

    def __init__(self, status: int) -> None:
        """`status`: where its server writes its id and, when it has ended, its exit code. Raises EOFError."""
        self._status = status
        self._exitcode: int | None = None
        self.pid = self._read()

    def __del__(self) -> None:
        os.close(self._status)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.join(0) is None

    def join(self, seconds: float | None = None) -> int | None:
        """Waits for its end; the exit code, negative for a signal, None if it goes on."""
        if self._exitcode is None and select.select([self._status], [], [], seconds)[0]:
            try:
                self._exitcode = self._read()
            except EOFError:  # or another thread has read it
                self._exitcode = _LOST if self._exitcode is None else self._exitcode
        return self._exitcode

    def kill(self) -> None:
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _read(self) -> int:
        data = os.read(self._status, _NUMBER.size)
        if len(data) < _NUMBER.size:
            raise EOFError("the fork server did not answer")
        return int(_NUMBER.unpack(data)[0])


class ForkServer:
    """Forks workers that call one function; its own process starts with the first of them."""

    def __init__(self, function: str) -> None:
        """`function`: "package.module:name"."""
        self._function = function
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """The server's; None before the first worker."""
        return self._process.pid if self._process is not None else None

    def fork(self) -> tuple[Process, Connection]:
        """A new worker and the pipe to it. Raises OSError, or EOFError if the server has no means for it."""
        ours, theirs = Pipe()
        status, written = os.pipe()
        try:
            with self._lock:
                socket.send_fds(self._connected(), [b"f"], [theirs.fileno(), written])
        except BaseException:
            os.close(status)
            raise
        finally:
            os.close(written)
            theirs.close()
        return Process(status), ours

    def start(self) -> None:
        """Starts the server's process, which imports what its workers need meanwhile. Raises OSError or EOFError."""
        with self._lock:
            self._connected()

    def close(self) -> None:
        """Ends the server and the workers that it has."""
        with self._lock:
            self._closed = True
            process, control = self._process, self._control
            self._process = self._control = None
        if process is None or control is None:
            return
        control.close()
        try:
            process.wait(_CLOSE_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _connected(self) -> socket.socket:
        """The way to the server, which is started if there is none, or was killed."""
        if self._closed:
            raise EOFError("stopped")
        if self._process is not None and self._process.poll() is not None and self._control is not None:
            self._control.close()
            self._process = self._control = None
        if self._control is None:
            ours, theirs = socket.socketpair()
            with theirs:
                code = _MAIN.format(
                    path=[place for place in sys.path if place],
                    module=__name__,
                    control=theirs.fileno(),
                    function=self._function,
                )
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-c", code],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=without_secrets(os.environ),
                    pass_fds=[theirs.fileno()],
                )
            self._control = ours
        return self._control


# ---------------------------------------------------------------- in the server's process


def main(control: int, function: str) -> None:
    """Forks a worker for each request that comes, until nobody can ask any more; then ends those that it has."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group; our parent decides when we end
    gc.disable()  # nothing that is imported is garbage
    importlib.import_module(function.partition(":")[0])
    gc.freeze()  # what is imported here is shared with the workers as long as nobody writes to it
    gc.enable()
    ended, ends = os.pipe()
    os.set_blocking(ends, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ends)
    workers: dict[int, int] = {}  # the status pipe of each, by process id
    with socket.socket(fileno=control) as requests:
        while True:
            ready = select.select([control, ended], [], [])[0]
            if ended in ready:
                os.read(ended, 1000)
                _report_ended(workers)
            if control in ready:
                request, descriptors, _, _ = socket.recv_fds(requests, 1, 2)
                if not request:
                    break
                pipe, status = descriptors
                _fork(pipe, status, function, workers, (control, ended, ends))
    for pid in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in workers:
        os.waitpid(pid, 0)
    os._exit(0)


def _fork(pipe: int, status: int, function: str, workers: dict[int, int], others: Collection[int]) -> None:
    """`others`: what the server has open, which no worker may have: it could answer for others."""
    try:
        pid = os.fork()
    except OSError:
        os.close(status)  # so that the other end reads no id
    else:
        if pid == 0:
            _begin(pipe, function, (status, *others, *workers.values()))
        workers[pid] = status
        with contextlib.suppress(OSError):
            os.write(status, _NUMBER.pack(pid))
    os.close(pipe)


def _begin(pipe: int, function: str, others: Iterable[int]) -> NoReturn:
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in others:
            os.close(descriptor)
        serve(Connection(pipe), function)
        code = 0
    finally:
        os._exit(code)


def _report_ended(workers: dict[int, int]) -> None:
    """Writes the exit code of each worker that has ended to its status pipe."""
    while workers:
        pid, how = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        status = workers.pop(pid)
        with contextlib.suppress(OSError):
            os.write(status, _NUMBER.pack(os.waitstatus_to_exitcode(how)))
        os.close(status)
