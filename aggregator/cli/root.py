"""The `aggregator` command itself: its subcommands by name, imported only when they are called."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from aggregator import __version__
from aggregator.cli.common import common_options
from aggregator.errors import AggregatorError, ConfigError, StoreError
from aggregator.text import counted

# Name -> (module:function, what --help says in one line). In the order in which a newcomer needs them.
COMMANDS = {
    "demo": ("aggregator.cli.demo:demo", "See it work on a dozen small feeds, without any network."),
    "check": ("aggregator.cli.feeds:check", "Check feeds.yaml, and nothing else."),
    "poll": ("aggregator.cli.poll:poll", "Poll the feeds that are due, then publish."),
    "latest": ("aggregator.cli.latest:latest", "List the newest stories."),
    "digest": (
        "aggregator.cli.digest:digest",
        "Print what was published of late: text, Markdown, HTML or mail.",
    ),
    "explain": ("aggregator.cli.explain:command", "Say why a story is one story, and who tells it."),
    "dedupe": ("aggregator.cli.dedupe:command", "Show which rules decided what, or decide everything anew."),
    "feeds": ("aggregator.cli.feeds:feeds", "Show how each feed stands, and when it is polled next and why."),
    "why": ("aggregator.cli.status:why", "Say how a feed stands, and how its next poll was decided."),
    "status": (
        "aggregator.cli.service_status:command",
        "Show how the service, the store and the feeds stand, for people and for monitoring.",
    ),
    "filter": ("aggregator.cli.filter:filter_command", "Try the rules of feeds.yaml on what is stored."),
    "export": ("aggregator.cli.export:export", "Write the merged feed and the digest."),
    "run": ("aggregator.cli.run:run", "Run as a service: poll, publish, serve."),
}

# Exit codes that scripts can trust.
FAILED, USAGE, STORE, INTERRUPTED = 1, 2, 4, 130


class Commands(click.Group):
    """A group whose commands are imported when they are called: `latest` must not pay for `run`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - COMMANDS is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(COMMANDS)}."
            raise click.UsageError(f"No such command '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `aggregator demo`, or list your feeds in feeds.yaml and call `aggregator poll`.",
)
@click.version_option(__version__, prog_name="aggregator")
@common_options
def root() -> None:
    """Polls news feeds politely, tells each story once, publishes one merged feed and a digest."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 well, 2 wrong usage or configuration, 4 no store, 1 anything else."""
    try:
        code = root.main(arguments, prog_name="aggregator", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE if isinstance(error, click.UsageError) else FAILED)
    except ConfigError as error:
        sys.exit(_say(error, USAGE, _summary(error)))
    except StoreError as error:
        sys.exit(_say(error, STORE))
    except AggregatorError as error:
        sys.exit(_say(error, FAILED))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # `aggregator latest | head`: nobody listens any more, which is no failure of ours.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _say(error: AggregatorError, code: int, more: str = "") -> int:
    click.echo(f"aggregator: {error}" if code != USAGE else str(error), err=True)
    if more:
        click.echo(more, err=True)
    return code


def _summary(error: ConfigError) -> str:
    where = Path(error.issues[0].file).name  # "": there is no such file, and the message has said it
    return f"{counted(len(error.issues), 'error')} in {where}" if where else ""
