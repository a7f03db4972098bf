"""Runs a pure function in processes that can be killed, each call within bounds of time and memory."""

from aggregator.workers.pool import Limits, WorkerError, Workers

__all__ = ["Limits", "WorkerError", "Workers"]
