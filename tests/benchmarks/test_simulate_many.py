"""The simulation says that it is one, gives the same each time, and grows with the feeds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "simulate_many.py"


def simulate(feeds: int) -> dict[str, str]:
    command = [sys.executable, str(SCRIPT), f"--feeds={feeds}", "--sample=30"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    title, *rows = done.stdout.splitlines()
    assert "SIMULATED" in title
    return {row[:27].strip(): row[27:42].strip().replace(",", "") for row in rows}


def test_a_day_of_feeds_is_simulated() -> None:
    thousand, million = simulate(1_000), simulate(1_000_000)
    assert simulate(1_000) == thousand
    assert 1_000 < float(thousand["polls a day"]) < 48_000
    assert abs(float(million["polls a day"]) - 1000 * float(thousand["polls a day"])) <= 1_000
    assert million["an entry waits, minutes"] == thousand["an entry waits, minutes"]
