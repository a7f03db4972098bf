"""Takes the tests of this folder to where nothing but loopback exists, module by module.

Outside, a module is one test that runs all of it inside; where no network namespace can be had it is
skipped, and says that the hostile servers were not tried.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import namespace
from support.command import Folder


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if namespace.inside():
        return None
    found: pytest.Collector = Apart.from_parent(parent, path=module_path)
    return found


class Apart(pytest.File):
    """A module that is run by a pytest of its own."""

    def collect(self) -> Iterator[pytest.Item]:
        item: pytest.Item = Inside.from_parent(self, name="where_only_loopback_exists")
        item.add_marker("network")
        yield item


class Inside(pytest.Item):
    def runtest(self) -> None:
        if reason := namespace.missing():
            pytest.skip(f"no network namespace can be had ({reason}): these hostile servers were NOT tried")
        more = ["-q", "-n0", "-m", "network", "-p", "no:cacheprovider", f"--rootdir={self.config.rootpath}"]
        if self.config.getoption("--fail-on-skip"):
            more.append("--fail-on-skip")
        done = subprocess.run(
            namespace.alone([sys.executable, "-m", "pytest", *more, str(self.path)]),
            cwd=self.config.rootpath,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(done.stdout + done.stderr)
        self.add_report_section("call", "inside", done.stdout)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        return str(excinfo.value) if isinstance(excinfo.value, Failed) else str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name} where only loopback exists"


class Failed(Exception):
    """What the pytest inside printed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("hostile"))
