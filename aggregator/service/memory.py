"""What a publication took and is free again goes back to the system: glibc would keep it until the next one."""

from __future__ import annotations

import contextlib
import ctypes


def give_back() -> None:
    """Takes some milliseconds; does nothing where the system has no glibc."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
