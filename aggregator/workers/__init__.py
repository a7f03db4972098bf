"""Runs a pure function in processes that can be killed, each call within bounds of time and memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregator.workers.pool import Limits, WorkerError, Workers

__all__ = ["Limits", "WorkerError", "Workers"]


def __getattr__(name: str) -> Any:
    """Late, since the processes themselves, which import parts of this package, have no need of an event loop."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from aggregator.workers import pool

    return getattr(pool, name)
