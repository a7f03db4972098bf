"""The task runner: `nox -l` lists the tasks, `nox` runs all of them, `nox -s types slow` runs two.

Each lane of tests is a task. Tasks use the environment that `scripts/setup dev` made, apart from `lowest` and
`sdist`, which make their own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "none"

ROOT = Path(__file__).parent
BIN = Path(sys.executable).parent  # of the environment that nox itself is in
# In CI a test that is skipped because a program is not installed counts as failed.
STRICT = ["--fail-on-skip"] if os.environ.get("CI") else []
# The lanes `network` and `fuzz` run where only loopback exists, so that a fault in a guard reaches nobody.
ALONE = [
    "unshare",
    *([] if os.geteuid() == 0 else ["--map-root-user"]),
    *("--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"),
]


def pytest(session: nox.Session, *arguments: str, within: tuple[str, ...] = ()) -> None:
    """Run pytest; it fails where it ran no test."""
    command = [*within, str(BIN / "python"), "-m", "pytest", "-q", *STRICT, *arguments, *session.posargs]
    session.run(*command, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    session.run(str(BIN / "ruff"), "check", ".", external=True)
    session.run(str(BIN / "ruff"), "format", "--check", ".", external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run(str(BIN / "mypy"), external=True)


@nox.session
def fast(session: nox.Session) -> None:
    """What a contributor runs before a commit, with the coverage of the package."""
    pytest(session, "--cov=aggregator", "--cov-report=term:skip-covered")


@nox.session
def law(session: nox.Session) -> None:
    """Properties, with many examples, the same each time."""
    pytest(session, "-m", "law", "--hypothesis-profile=thorough")


@nox.session(default=False)
def random(session: nox.Session) -> None:
    """Properties, with new examples each time; not in CI. What it finds becomes an @example."""
    pytest(session, "-m", "law", "--hypothesis-profile=random")


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Kills at many moments, a day of a thousand feeds, what befalls workers on either engine; not in CI, where shorter ones run."""
    session.env.update({"FAULTS_MOMENTS": "200", "FAULTS_FEEDS": "1000", "FAULTS_HOURS": "24"})
    pytest(session, "tests/faults", "tests/workers", "-m", "slow or not slow")


@nox.session(default=False)
def audit(session: nox.Session) -> None:
    """Known vulnerabilities of what is installed; asks a database on the network, so that CI does not.

    Fails, too, where the database cannot be reached: what it says nothing of is not safe.
    """
    uv = [sys.executable, "-m", "uv", "pip", "freeze", "--exclude-editable", "--python", str(BIN / "python")]
    installed = Path(session.create_tmp()) / "installed.txt"
    installed.write_text(str(session.run(*uv, external=True, silent=True)))
    session.run(
        *("uvx", "pip-audit", "--strict", "--disable-pip", "--no-deps", "-r", str(installed)), external=True
    )


@nox.session
def slow(session: nox.Session) -> None:
    """A simulated fortnight, pairs over sockets, captured feeds where FEED_CORPUS names them."""
    pytest(session, "-m", "slow", "--dist=loadfile")


@nox.session
def browser(session: nox.Session) -> None:
    """Pages in Chromium and the Nu HTML checker, feeds in feed readers, all behind nginx."""
    pytest(session, "-m", "browser", "--dist=loadfile")


@nox.session
def network(session: nox.Session) -> None:
    """Hostile servers."""
    pytest(session, "-m", "network", "--dist=loadfile", within=tuple(ALONE))


@nox.session
def fuzz(session: nox.Session) -> None:
    """What fuzzing found, and a while of more."""
    pytest(session, "-m", "fuzz")


def _environment(session: nox.Session, *install: str) -> str:
    """A virtual environment of its own with these; the path of its Python."""
    folder = Path(session.create_tmp()) / "venv"
    shutil.rmtree(folder, ignore_errors=True)
    session.run(sys.executable, "-m", "uv", "venv", "-q", str(folder), external=True)
    python = str(folder / "bin/python")
    uv = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python]
    session.run(*uv, *install, external=True)
    return python


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site, in an environment of its own, without a broken link."""
    python = _environment(session, "-e", ".", "--group", "docs")
    session.run(python, "-m", "mkdocs", "build", "--strict", "-q", external=True)


@nox.session
def sdist(session: nox.Session) -> None:
    """The fast tests from the unpacked source distribution, with the lowest versions that pyproject.toml allows."""
    folder = Path(session.create_tmp()).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    session.run(sys.executable, "-m", "uv", "build", "-q", "--out-dir", str(folder), external=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    with session.chdir(source):
        python = _environment(session, "--resolution=lowest-direct", "-e", ".", "--group", "dev")
        session.env.pop("TMPDIR", None)  # which create_tmp has set: tests choose a folder in memory
        session.run(python, "-m", "pytest", "-q", *STRICT, *session.posargs, external=True)
