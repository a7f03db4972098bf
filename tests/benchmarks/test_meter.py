"""The meter counts what a command leaves behind, too."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

METER = Path(__file__).parents[2] / "benchmarks" / "meter.py"

# A child that works for 0.8 s of CPU once its parent is gone, and the meter knows it; then it says what time it is.
LEAVES_ONE_BEHIND = """
import os, time
parent = os.getpid()
if os.fork() == 0:
    while os.path.exists(f"/proc/{parent}"): time.sleep(0.01)
    began = time.process_time()
    while time.process_time() < began + 0.8: pass
    print(time.monotonic(), flush=True)
    os._exit(0)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")
def test_a_process_that_nobody_waited_for_is_counted() -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, METER, sys.executable, "-c", LEAVES_ONE_BEHIND],
        capture_output=True,
        text=True,
        check=True,
    )
    told = re.match(r"([\d.]+) s of CPU in ([\d.]+) s, (\d+) MB RSS", done.stderr)
    assert told
    assert float(told[1]) >= 0.8
    assert float(told[2]) < float(done.stdout) - began - 0.75  # until the command itself had ended
    assert int(told[3]) > 0


def test_a_command_that_fails_says_why() -> None:
    done = subprocess.run(
        [sys.executable, METER, sys.executable, "-c", "raise SystemExit('no good')"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "no good" in done.stderr
