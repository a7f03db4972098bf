"""A running `aggregator run`: its log as it comes, its port, requests to it, and an end whatever happens."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from support.command import Folder

TIMEOUT = 60.0  # seconds; no test waits that long on a machine that does anything at all


def until(holds: Callable[[], bool], seconds: float = 2 * TIMEOUT) -> None:
    """Waits until this holds; a deadline that only a hang would meet."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "this did not come to hold"
        time.sleep(0.05)


@dataclass
class Running:
    """The service's process. Its log is read by a thread, so that a full pipe never stops it."""

    process: subprocess.Popen[str]
    _lines: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _ended: bool = False
    _read: int = 0  # lines that were waited past

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def close(self) -> None:
        """Ends it, however it stands."""
        self.process.kill()
        self.process.wait(TIMEOUT)
        self._thread.join(TIMEOUT)
        assert self.process.stdout
        self.process.stdout.close()

    def _follow(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def log(self) -> str:
        with self._news:
            return "".join(self._lines)

    def wait_for(self, words: str) -> str:
        """The next line of the log with these words, after those that were waited for before."""
        end = time.monotonic() + TIMEOUT
        with self._news:
            while True:
                for number in range(self._read, len(self._lines)):
                    if words in self._lines[number]:
                        self._read = number + 1
                        return self._lines[number]
                assert not self._ended, f"ended without saying {words!r}:\n{''.join(self._lines)}"
                assert self._news.wait(end - time.monotonic()), (
                    f"did not say {words!r}:\n{''.join(self._lines)}"
                )

    @property
    def port(self) -> int:
        with self._news:
            while not (found := re.search(r"serving .* at http://[^ ]*:(\d+)/", "".join(self._lines))):
                assert not self._ended, "".join(self._lines)
                assert self._news.wait(TIMEOUT), "".join(self._lines)
            return int(found[1])

    def get(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return (
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read(),
            )
        finally:
            connection.close()

    def wait_to_serve(self, path: str, words: str) -> None:
        """Until it serves these words there; a line of its log may be of the publication before."""
        until(lambda: words.encode() in self.get(path)[2])

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after this signal."""
        self.send(number)
        return self.process.wait(TIMEOUT)


@contextmanager
def running(
    folder: Folder,
    *arguments: str,
    within: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """`aggregator run` at a free port."""
    service = Running(folder.start("run", "--port", "0", *arguments, within=within, environment=environment))
    try:
        yield service
    finally:
        service.close()
