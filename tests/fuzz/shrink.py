"""Makes a failing case small: fewer documents, and of each less and less, as long as it fails alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from fuzz.case import Case

Fails = Callable[[Case], bool]


def shrink(case: Case, fails: Fails, seconds: float = 60.0) -> Case:
    """The smallest case found within the time that still fails."""
    until = time.monotonic() + seconds
    size = -1
    while _size(case) != size and time.monotonic() < until:
        size = _size(case)
        case = _fewer(case, fails)
        for number in range(len(case)):
            case = _shorter(case, number, fails, until)
    return case


def _size(case: Case) -> int:
    return sum(len(each.body) + 1 for each in case)


def _fewer(case: Case, fails: Fails) -> Case:
    for number in reversed(range(len(case))):
        less = case[:number] + case[number + 1 :]
        if less and fails(less):
            case = less
    return case


def _shorter(case: Case, number: int, fails: Fails, until: float) -> Case:
    def with_body(body: bytes) -> Case:
        return (*case[:number], replace(case[number], body=body), *case[number + 1 :])

    best = case[number].body
    piece = max(1, len(best) // 2)
    while piece and time.monotonic() < until:
        for start, end in _pieces(len(best), piece):
            less = best[:start] + best[end:]
            if end <= len(best) and time.monotonic() < until and fails(with_body(less)):
                best = less
        piece //= 2
    return with_body(best)


def _pieces(length: int, size: int) -> Iterator[tuple[int, int]]:
    """From the end to the beginning, so that what is cut leaves the rest in its place."""
    for start in range((length - 1) // size * size, -1, -size):
        yield start, min(length, start + size)
