"""The environment of worker processes: what Python needs, and none of the secrets that ours may hold."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver

_KEPT = frozenset(
    {"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR"}
)
_KEPT_FIRST_WORDS = ("PYTHON",)
_one_at_a_time = threading.Lock()
_started = threading.Event()


def start_server() -> None:
    """Starts the process that workers are forked from, once for this process. Raises OSError.

    Once only, since exchanging the environment is not safe beside threads that look names up. Should the server
    be killed, multiprocessing starts another, which inherits our environment as it is.
    """
    with _one_at_a_time:
        if not _started.is_set():
            with _scrubbed():
                forkserver.ensure_running()
            _started.set()


@contextmanager
def _scrubbed() -> Iterator[None]:
    """Our own environment without secrets, for the moment in which the server inherits it.

    multiprocessing gives no other way: it starts the server with the environment as it is.
    """
    before = dict(os.environ)
    kept = {
        name: text for name, text in before.items() if name in _KEPT or name.startswith(_KEPT_FIRST_WORDS)
    }
    # The server begins as `python -c`, which would import from the folder that we were started in first.
    kept["PYTHONSAFEPATH"] = "1"
    try:
        os.environ.clear()
        os.environ.update(kept)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
