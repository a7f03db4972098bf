"""The `aggregator` command, also as `python -m aggregator`.

Signals are handled before anything else is imported, so that Ctrl-C or a service manager during the first half
second ends the program quietly. The service has handlers of its own later.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys

# Stories and entries are made by thousands and hold no cycles: looking for garbage at every 700 new objects, as is
# usual, takes a tenth of a publication.
_THRESHOLDS = (20_000, 20, 50)
_LARGE = 1 << 20  # bytes


def main() -> None:
    """Runs the command line; never returns."""
    if os.name == "nt":
        sys.exit("aggregator runs on Linux and macOS. On Windows, install and run it in WSL: wsl --install")
    try:
        _run()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "aggregator":
            raise
        sys.exit(
            f"aggregator: the Python package that provides {error.name} is not installed."
            " Install again: `sh scripts/setup` in the repository, else with pip"
        )
    except SystemExit as ended:
        if isinstance(ended.code, int):
            _leave(ended.code)
        raise


def _run() -> None:
    if "run" in sys.argv:  # a reload asked for too early is one that is not needed
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    _keep_freed_memory()
    gc.disable()  # nothing that is imported is garbage
    from aggregator.cli import main as command_line

    gc.freeze()
    gc.enable()
    gc.set_threshold(*_THRESHOLDS)
    # From here on they are exceptions, so that what was begun is finished or taken back.
    signal.signal(signal.SIGINT, _stop if "run" in sys.argv else signal.default_int_handler)
    signal.signal(signal.SIGTERM, _stop)
    command_line()


def _keep_freed_memory() -> None:
    """Lets the C library keep memory that is freed, up to two megabytes, for what is allocated next.

    glibc returns it to the kernel at 128 KB, and takes it again page by page, until a larger block has been freed: see
    M_MMAP_THRESHOLD in mallopt(3). SQLite frees as much with each statement that needs a temporary table, such as one
    with RETURNING: in a round of unchanged feeds that took a seventh of the CPU.
    """
    bytes(_LARGE)


def _leave(code: int) -> None:
    """Ends the process as Python would, but for taking apart what was imported: a tenth of what `latest` takes.

    Does nothing where Python has more to do: another thread may have something to finish, and output that cannot be
    written needs words.
    """
    import threading  # as something has done

    if threading.active_count() > 1:
        return
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # closed, or there was none
        return
    os._exit(code)


def _end(number: int, _: object) -> None:
    """Ends at once: nothing was begun. A service that was stopped has ended well."""
    os._exit(0 if "run" in sys.argv else 128 + number)


def _stop(number: int, _: object) -> None:
    """As Ctrl-C does: what was begun is finished or taken back on the way out."""
    sys.exit(0 if "run" in sys.argv else 128 + number)


if __name__ == "__main__":
    main()
