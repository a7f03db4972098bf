"""The bench stands in support; its name here is for tests of this folder."""

from support.bench import Bench, statuses

__all__ = ["Bench", "statuses"]
