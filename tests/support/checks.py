"""Checkers that are no Python: the Nu HTML checker, axe, and feed readers in JavaScript.

`.ci/run` installs them with npm into a folder outside the repository, which NODE_CHECKS names; by default
it is in the user's cache. Where they are not, their checks are skipped, loudly.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(os.environ.get("NODE_CHECKS") or Path.home() / ".cache/news-feed-aggregator/checks")
MODULES = FOLDER / "node_modules"
VNU = MODULES / "vnu-jar/build/dist/vnu.jar"
AXE = MODULES / "axe-core/axe.min.js"
NODE, JAVA = shutil.which("node"), shutil.which("java")

HAS_VNU = JAVA is not None and VNU.is_file()
HAS_AXE = AXE.is_file()


_TASTE = re.compile(r"Private Use Area|Normalization Form C|violates Content Security Policy.*http://\[")


def has_module(name: str) -> bool:
    return NODE is not None and (MODULES / name).is_dir()


def nu(pages: Iterable[Path]) -> list[str]:
    """What the Nu HTML checker has against the pages, the style in them included."""
    command = [str(JAVA), "-jar", str(VNU), "--format", "gnu", "--also-check-css", *map(str, pages)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    # Which characters of all that Unicode allows a feed uses is not for us to judge.
    return [line for line in done.stderr.splitlines() if not _TASTE.search(line)]


def node(script: Path, *arguments: str) -> str:
    """What the script prints; it finds the modules that are installed."""
    done = subprocess.run(
        # From standard input, since modules are looked for beside a script that is a file.
        [str(NODE), "--input-type=module", "-", *arguments],
        cwd=FOLDER,
        input=script.read_text("utf-8"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
