"""What all tests share: the profiles of Hypothesis, temporary folders in memory, the marker `law`, a bench."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from support.bench import Bench
from support.stores import new_store

# A busy machine is no failure: no law has a deadline. `steady` and `thorough` try the same examples each time, so
# that a failure is the fault of the change under test; `random` looks for new ones: what it finds becomes an @example.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "random",
    deadline=None,
    max_examples=300,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("steady"), max_examples=300)
settings.load_profile("steady")

MEMORY = Path("/dev/shm")
ENOUGH = 2_000_000_000  # bytes free there
# Reasons of skips that no installed program would change: the captured feeds, which are not part of the project,
# and what depends on the user, the kernel or chance.
OPTIONAL = (
    "FEED_CORPUS",
    "root writes",
    "another user cannot run",
    "pages were not in use",
    "this kernel has no",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fail-on-skip",
        action="store_true",
        help="fail where a test was skipped because a program that it needs is not installed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Temporary folders in memory where there is room: on a disk SQLite waits for it at each commit."""
    usable = "TMPDIR" not in os.environ and MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    if usable and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # ask the environment again


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that Hypothesis runs are marked `law`."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.function):
            item.add_marker("law")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail on skips where that was asked for, and say which."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("--fail-on-skip"):
        return
    skipped = [
        report
        for report in reporter.stats.get("skipped", ())
        if not any(reason in str(report.longrepr) for reason in OPTIONAL)
    ]
    if skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"\n{len(skipped)} skipped tests count as failed (--fail-on-skip)", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, new_store(tmp_path / "aggregator.db"))
    yield bench
    bench.store.close()  # a test may have put another one in its place
