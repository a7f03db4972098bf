"""`aggregator --version`, and with `--json` all that a bug report needs."""

from __future__ import annotations

import json
import platform
import sys
from typing import Any

import click

from aggregator import __version__

_LIBRARIES = ("feedparser", "httpx", "sqlite-utils", "apscheduler", "lxml", "nh3", "starlette", "uvicorn")


def version_option(command: Any) -> Any:
    """Adds --version and, for it alone, --json."""

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(
                json.dumps(as_dict(), indent=2) if "--json" in sys.argv else f"aggregator {__version__}"
            )
            ctx.exit()

    option = click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=show)
    as_json = click.option(
        "--json", is_flag=True, expose_value=False, help="With --version: as a JSON object, with libraries."
    )
    return option(as_json(command))


def as_dict() -> dict[str, Any]:
    """Versions of the program, of Python and of the libraries."""
    from importlib.metadata import PackageNotFoundError, version

    libraries: dict[str, str | None] = {}
    for name in _LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            libraries[name] = None
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": libraries,
    }
