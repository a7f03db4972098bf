"""The `aggregator` command itself: its subcommands by name, and the exit code of each way to end."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import sys
from pathlib import Path

import click

from aggregator.cli.common import common_options
from aggregator.cli.groups import LazyGroup, ReaderGone
from aggregator.cli.text import colour, discard_output
from aggregator.cli.version import version_option
from aggregator.errors import AggregatorError, ConfigError, StoreError
from aggregator.text import counted

# In the order in which a newcomer needs them.
COMMANDS = {
    "demo": ("aggregator.cli.demo:demo", "Try it with a dozen small feeds, without a network."),
    "init": ("aggregator.cli.init:init", "Create a feeds.yaml."),
    "feeds": ("aggregator.cli.feeds:feeds", "List, add, import and change the feeds that you follow."),
    "check": ("aggregator.cli.check:check", "Check feeds.yaml, and with --online the feeds in it."),
    "poll": ("aggregator.cli.poll:poll", "Poll the feeds that are due, then publish."),
    "latest": ("aggregator.cli.latest:latest", "List the newest stories."),
    "covered": ("aggregator.cli.covered:covered", "List what most of your sources report."),
    "show": ("aggregator.cli.show:show", "Read a story in the terminal."),
    "open": ("aggregator.cli.show:open_", "Open a story in the web browser."),
    "search": ("aggregator.cli.search:search", "Find stories by words in title or summary."),
    "digest": ("aggregator.cli.digest:digest", "Print or mail the recently published stories."),
    "explain": ("aggregator.cli.explain:command", "Show why entries are one story, and which one leads it."),
    "why": ("aggregator.cli.status:why", "Show the state of a feed, and how its next poll was decided."),
    "status": (
        "aggregator.cli.service_status:command",
        "Show the state of the service, the store and the feeds, for monitoring.",
    ),
    "doctor": ("aggregator.cli.doctor:doctor", "Find what is wrong around the program, and what to do."),
    "backup": ("aggregator.cli.backup:backup", "Copy the store to a file, while it is in use."),
    "restore": ("aggregator.cli.backup:restore", "Put a copy in the place of the store."),
    "store": ("aggregator.cli.store:store", "Move the store between a file and a PostgreSQL database."),
    "dedupe": (
        "aggregator.cli.dedupe:command",
        "Count the decisions of each rule, or decide everything again.",
    ),
    "redact": ("aggregator.cli.redact:command", "Take stories out of everything that is published."),
    "filter": ("aggregator.cli.filter:filter_command", "Try the rules of feeds.yaml on the stored entries."),
    "export": ("aggregator.cli.export:export", "Write the merged feed and the pages."),
    "run": ("aggregator.cli.run:run", "Run as a service: poll, publish, serve."),
    "completion": ("aggregator.cli.completion:completion", "Print the completion script of a shell."),
}

# Exit codes that scripts can rely on; docs/reference/commands.md has the same table.
EXIT_CODES = {
    0: "success, also when single feeds failed",
    1: "any other failure: what was asked for was not done, or the output could not be written; warnings of `check --strict` and `doctor`",
    2: "wrong usage, or errors in feeds.yaml; errors that `check` and `doctor` find",
    4: "the store cannot be used",
    130: "interrupted by Ctrl-C",
    141: "the reader of the output went away, as `head` does; the work itself was finished and saved",
}
# A full disk or quota, a closed output, a device that fails.
_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EBADF, errno.EIO)
FAILED, USAGE, STORE, INTERRUPTED, PIPE = 1, 2, 4, 130, 141


@click.command(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `aggregator demo`, or with `aggregator init` and `aggregator feeds add URL`.",
)
@version_option
@common_options
def root() -> None:
    """Polls news feeds politely, shows each story once, publishes one merged feed and a digest."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with one of EXIT_CODES."""
    _prepare_streams()
    try:
        code = run(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGone):
        code = PIPE
    except OSError as error:
        what = "cannot write the output: " if error.errno in _OUTPUT_ERRORS else ""
        code = _say(f"{what}{error.strerror or error}", FAILED)
    _leave(code)


def run(arguments: list[str] | None) -> int:
    """The exit code of one command line; what it raises on purpose is printed."""
    try:
        code = root.main(arguments, prog_name="aggregator", standalone_mode=False, color=colour())
        return code if isinstance(code, int) else 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE if isinstance(error, click.UsageError) else FAILED
    except ConfigError as error:
        click.echo(str(error), err=True)
        where = Path(error.issues[0].file).name  # "": there is no such file, and the message has said it
        if where:
            click.echo(f"{counted(len(error.issues), 'error')} in {where}", err=True)
        return USAGE
    except StoreError as error:
        return _say(str(error), STORE)
    except AggregatorError as error:
        return _say(str(error), FAILED)


def _prepare_streams() -> None:
    """Standard streams that exist and take any text.

    A closed one is opened for reading only: its number must not go to the store, and what is written to it must
    fail, so that the exit code tells.
    """
    logging.raiseExceptions = False  # of a standard error that is closed
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)  # reading processes have them too
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an encoding that lacks a character


def _say(words: str, code: int) -> int:
    with contextlib.suppress(OSError):  # the exit code tells all the same
        click.echo(f"aggregator: {words}", err=True)
    return code


def _leave(code: int) -> None:
    """Ends the process; what cannot be written any more must not fail a second time as Python tidies up."""
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            stream.flush()
        except (OSError, ValueError):
            discard_output(number)
    sys.exit(code)
