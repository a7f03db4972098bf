"""Says on a terminal what takes long, for how long already or how much of it is done, so that nobody takes it for hung."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_AFTER = 1.0  # seconds that anything may take unannounced
_EVERY = 0.5


@contextmanager
def progress(doing: str, after: float = _AFTER) -> Iterator[None]:
    """Shows `doing` and the seconds on standard error while the block runs, once it has run for `after` seconds.

    Only on a terminal, and not with -q. The line is gone when the block ends: print results after it.
    """
    if not _is_shown():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_show, args=(doing, after, done), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error while the block runs; gives what to call with the words, and how many of how many.

    Only on a terminal, and not with -q.
    """
    if not _is_shown():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda doing, done, total: bar.update(task, description=doing, completed=done, total=total)


def _is_shown() -> bool:
    context = click.get_current_context(silent=True)
    quiet = context is not None and getattr(context.obj, "quiet", False)
    return not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _show(doing: str, after: float, done: threading.Event) -> None:
    begin = time.monotonic()
    if done.wait(after):
        return
    try:
        while True:
            sys.stderr.write(f"\r{doing} ... {time.monotonic() - begin:.0f} s\x1b[K")
            sys.stderr.flush()
            if done.wait(_EVERY):
                break
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
    except OSError:  # a terminal that was closed
        return
