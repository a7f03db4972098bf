"""`aggregator completion`: what a shell needs to complete commands, options, feeds and tags."""

from __future__ import annotations

import click

from aggregator.cli.common import common_options

_WHERE = {
    "bash": "~/.local/share/bash-completion/completions/aggregator",
    "zsh": "a file _aggregator in a folder of $fpath",
    "fish": "~/.config/fish/completions/aggregator.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(_WHERE)))
@common_options
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      aggregator completion bash > ~/.local/share/bash-completion/completions/aggregator
      aggregator completion zsh > ~/.zfunc/_aggregator
      aggregator completion fish > ~/.config/fish/completions/aggregator.fish
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - the choices are click's
    click.echo(made(root, {}, "aggregator", "_AGGREGATOR_COMPLETE").source())
