"""Runs the installed command as a user does: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def run(self, *arguments: str, env: dict[str, str] | None = None, within: Sequence[str] = ()) -> Answer:
        """Runs it to its end; `within`: the beginning of a command line that runs another."""
        done = subprocess.run(
            [*within, COMMAND, *arguments],
            cwd=self.path,
            env=self.environment() | (env or {}),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, within: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Starts it in a session of its own; `within`: the beginning of a command line that runs another."""
        return subprocess.Popen(
            [*within, str(COMMAND), *arguments],
            cwd=self.path,
            env=self.environment(),
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
