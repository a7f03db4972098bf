"""Functions for worker processes to run: good, slow, greedy and broken."""

from __future__ import annotations

import os
import re
import signal


def double(number: int) -> int:
    return number * 2


def misbehave(how: str) -> object:
    """Does what a parser does on a hostile document."""
    match how:
        case "hang":  # inside one C call that holds the interpreter lock
            return re.match(r"(a+)+$", "a" * 40 + "b")
        case "swallow":
            return bytearray(4_000_000_000)
        case "raise":
            raise KeyError("links")
        case "recurse":
            return misbehave(how)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "pid":
            return os.getpid()
    return how
