"""The service grows by nothing as its rounds go by: objects, descriptors, threads, the store's log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/growth.py"


@pytest.mark.slow
def test_rounds_leave_nothing_behind() -> None:
    command = [sys.executable, str(SCRIPT), "--feeds", "5", "--rounds", "300", "--every", "100"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    names, samples = rows[0], [dict(zip(rows[0], map(float, row), strict=True)) for row in rows[2:]]
    assert {"objects", "descriptors", "threads", "log MB"} <= set(names)
    first, _, last = samples
    # Ten objects a round would be 2,000 more; modules that are first needed now bring some hundreds.
    assert last["objects"] < first["objects"] + 2_000
    assert last["descriptors"] <= first["descriptors"] + 3
    assert last["threads"] <= first["threads"] + 6  # asyncio's pool has as many as it needed at once
    assert max(sample["log MB"] for sample in samples) < 17
