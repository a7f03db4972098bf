"""The background service: polls what is due, publishes, serves, reloads, and survives what goes wrong around it."""

from aggregator.service.service import Service

__all__ = ["Service"]
