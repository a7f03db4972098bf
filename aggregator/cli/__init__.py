"""The command line: what is typed, what is printed, which exit code scripts get."""

from aggregator.cli.root import main

__all__ = ["main"]
