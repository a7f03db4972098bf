"""Ctrl-C and SIGTERM: commands that are stopped say what came of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stoppable(words: str) -> Iterator[Callable[[], None]]:
    """Says `words` where Ctrl-C or SIGTERM ends the block. Gives what to call before its last step.

    From then on both are ignored: they are too late to take anything back, and the command ends at once anyway.
    """

    def finish() -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    try:
        with handlers_put_back():
            yield finish
    except KeyboardInterrupt:
        click.echo(f"\n{words}", err=True)
        raise click.Abort from None
    except SystemExit:
        click.echo(words, err=True)
        raise


@contextmanager
def handlers_put_back() -> Iterator[None]:
    """After the block both are handled as before: an event loop leaves SIGTERM to the system, which ends the process."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
