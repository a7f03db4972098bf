"""How long a fuzzer goes on: for a number of rounds, which finds the same on every machine, or for a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count


def turns(rounds: int | None, seconds: float) -> Iterator[int]:
    """Counts from 0, up to `rounds` where they are given, else until the seconds are over."""
    until = time.monotonic() + seconds
    for number in count():
        if (number >= rounds) if rounds is not None else (time.monotonic() >= until):
            return
        yield number
