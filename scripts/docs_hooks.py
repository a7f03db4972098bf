"""For the documentation site: each command's own help, and no links to files that the site has not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from aggregator.cli.root import COMMANDS, root

DOCS = Path(__file__).parents[1] / "docs"
_LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#]*)(#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page as the site shows it."""
    source = Path(page.file.src_path)
    if source.as_posix() == "reference/commands.md":
        markdown += "\n\n## Every option\n" + "".join(map(_help, COMMANDS))
    return _LINK.sub(lambda found: _inside(found, DOCS / source.parent), markdown)


def _help(name: str) -> str:
    command = root.get_command(click.Context(root), name)
    assert command is not None  # noqa: S101 - it is in the table
    context = click.Context(command, info_name=name, parent=click.Context(root, info_name="aggregator"))
    return f"\n### {name}\n\n```text\n{command.get_help(context)}\n```\n"


def _inside(found: re.Match[str], folder: Path) -> str:
    """The link where it stays in the site, else its text with the file's path in the repository."""
    text, target = found[1], found[2]
    path = (folder / target).resolve()
    if path.is_relative_to(DOCS) and path.is_file():
        return found[0]
    name = path.relative_to(DOCS.parent).as_posix()
    return f"{text} (`{name}`)" if text.strip("`/") not in name else f"`{name}`"
