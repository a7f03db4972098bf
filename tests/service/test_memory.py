"""The service does not keep the memory that a publication took."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

TAKEN = """
import os
from pathlib import Path
from aggregator.service.memory import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

taken = [bytes(3_000) for _ in range(20_000)]
last = bytes(3_000)  # above the others, so that they are a hole in the middle once they are free
del taken
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_what_is_free_is_given_back() -> None:
    found = subprocess.run([sys.executable, "-c", TAKEN], check=True, capture_output=True, text=True)
    assert int(found.stdout) > 40_000_000
