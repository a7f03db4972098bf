"""Runs commands as a user does, in a folder of their own.

Most tests ask what a command prints and does, and run it within the test's process, which saves it a start of 0.3 s.
Where the process itself is tested (its start, signals, real output, a sandbox), the installed command is run.
"""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli import main

COMMAND = Path(sys.executable).with_name("aggregator")


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Folder:
    """A folder with a feeds.yaml, in which commands are run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def configure(self, urls: Iterable[str], more: str = "") -> None:
        text = f"allow_addresses: [127.0.0.0/8]\npolling: {{host_gap: 0s, timeout: 60s}}\n{more}feeds:\n"
        text += "".join(f"  - {url}\n" for url in urls)
        (self.path / "feeds.yaml").write_text(text, encoding="utf-8")

    def copy(self, path: Path) -> Folder:
        """The same folder at another path, which need not exist: to poll once for many tests."""
        shutil.copytree(self.path, path, dirs_exist_ok=True)
        return Folder(path)

    def environment(self) -> dict[str, str]:
        keep = {key: value for key, value in os.environ.items() if not key.startswith("AGGREGATOR_")}
        return keep | {"TZ": "UTC", "COLUMNS": "80", "PYTHONWARNINGS": "ignore"}

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, within: Sequence[str] = ()
    ) -> Answer:
        """Runs the command to its end: within this process, with this folder, environment and streams.

        The installed command is run instead where another command runs it (`within`: the beginning of that command
        line), where Python itself is to behave otherwise, and in any thread but the main one: folder, environment
        and streams belong to the whole process, so that two commands at once would take each other's.
        """
        alone = threading.current_thread() is threading.main_thread()
        if within or not alone or any(name.startswith("PYTHON") for name in env or {}):
            return self.run_process(*arguments, env=env, within=within)
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        code: object = 0
        with _own_logging(), pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.path)
            _set_environment(patch, self.environment() | dict(env or {}))
            patch.setattr(sys, "argv", ["aggregator", *arguments])
            for name, stream in (("stdin", io.StringIO()), ("stdout", out), ("stderr", err)):
                patch.setattr(sys, name, stream)
            try:
                main()
            except SystemExit as end:
                code = end.code
        time.tzset()
        assert isinstance(code, int)
        return Answer(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def run_process(
        self, *arguments: str, env: Mapping[str, str] | None = None, within: Sequence[str] = ()
    ) -> Answer:
        """Runs the installed command to its end, in a process of its own."""
        done = subprocess.run(
            [*within, COMMAND, *arguments],
            cwd=self.path,
            env=self.environment() | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(
        self, *arguments: str, within: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Starts it in a session of its own; `within`: the beginning of a command line that runs another."""
        return subprocess.Popen(
            [*within, str(COMMAND), *arguments],
            cwd=self.path,
            env={**self.environment(), **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def published(self) -> dict[str, bytes]:
        public = self.path / "data/public"
        return {
            str(path.relative_to(public)): path.read_bytes()
            for path in sorted(public.rglob("*"))
            if path.is_file()
        }


def _set_environment(patch: pytest.MonkeyPatch, wanted: Mapping[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        patch.delenv(name)
    for name, value in wanted.items():
        patch.setenv(name, value)
    time.tzset()


@contextmanager
def _own_logging() -> Iterator[None]:
    """What a command changes of logging is put back, so that pytest goes on collecting what is logged."""
    root, raising = logging.getLogger(), logging.raiseExceptions
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        yield
    finally:
        root.handlers[:], logging.raiseExceptions = handlers, raising
        root.setLevel(level)
