"""Man pages from the commands' own help: `python -m aggregator.cli.man DIR` writes aggregator.1 and one for each command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from aggregator import __version__
from aggregator.cli.root import EXIT_CODES, root


def pages() -> dict[str, str]:
    """The pages by file name, in the man macros of troff."""
    context = click.Context(root, info_name="aggregator")
    return {name: page for name, page in _pages(root, context)}  # noqa: C416 - the iterator's type is wider


def _pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    name = context.command_path.replace(" ", "-")
    yield f"{name}.1", "\n".join(_page(command, context, name)) + "\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            below = command.get_command(context, inner)
            if below is not None:
                yield from _pages(below, click.Context(below, info_name=inner, parent=context))


def _page(command: click.Command, context: click.Context, name: str) -> Iterator[str]:
    yield f'.TH "{name.upper()}" "1" "" "aggregator {__version__}" "aggregator"'
    text, _, examples = (command.help or "").partition("Examples:")
    paragraphs = [" ".join(part.split()) for part in text.replace("\b", "").split("\n\n") if part.strip()]
    summary = paragraphs[0].split(". ")[0].rstrip(".") if paragraphs else ""
    yield from (".SH NAME", f"{_safe(name)} \\- {_safe(summary)}")
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (".SH SYNOPSIS", f"\\fB{_safe(context.command_path)}\\fR {_safe(usage)}")
    yield ".SH DESCRIPTION"
    for paragraph in paragraphs:
        yield from (".PP", _safe(paragraph))
    yield ".SH OPTIONS"
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record:
            yield from (".TP", f"\\fB{_safe(record[0])}\\fR", _safe(" ".join(record[1].split())))
    if isinstance(command, click.Group):
        yield ".SH COMMANDS"
        for inner in command.list_commands(context):
            yield from (".TP", f"\\fB{_safe(inner)}\\fR", f"see {_safe(f'{name}-{inner}')}(1)")
    if examples.strip():
        yield from (
            ".SH EXAMPLES",
            ".nf",
            *(_safe(line.strip()) for line in examples.strip().splitlines()),
            ".fi",
        )
    if command is root:
        yield ".SH EXIT STATUS"
        for code, words in EXIT_CODES.items():
            yield from (".TP", f"\\fB{code}\\fR", _safe(words))


def _safe(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "man")
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (folder / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
