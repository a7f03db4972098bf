"""Plain text on a terminal: widths as terminals count them, links where they can be clicked, times."""

from __future__ import annotations

import os
import sys
import unicodedata
from datetime import UTC, datetime

import click

from aggregator.text import one_line
from aggregator.times import format_utc


def iso(when: datetime | None) -> str | None:
    """A time for JSON: RFC 3339 in UTC."""
    return None if when is None else format_utc(when)


def local(when: datetime, form: str = "%Y-%m-%d %H:%M %Z") -> str:
    """A time for people: in the local zone, which is named; in UTC with --utc."""
    context = click.get_current_context(silent=True)
    utc = context is not None and getattr(context.obj, "utc", False)
    return when.astimezone(UTC if utc else None).strftime(form)


def width() -> int:
    """Columns to write in: the terminal's, 80 where there is none, never unreadably many."""
    return max(40, min(_columns(), 120))


def _columns() -> int:
    """As shutil has it, which imports every kind of compression."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def is_narrow(columns: int) -> bool:
    """Whether lists leave out columns, so that titles have room."""
    return columns < 60


def is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def discard_output(number: int = 1) -> None:
    """Lets what is written from now on, and what could not be written yet, go nowhere.

    `number`: of the stream; 1 is standard output.

    Else the text that waits would fail again wherever Python flushes: as a process is started, at the end.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def colour() -> bool | None:
    """Whether to colour: NO_COLOR and TERM=dumb say no, FORCE_COLOR says yes; None: as the output is a terminal."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return True if os.environ.get("FORCE_COLOR") else None


_NO_WIDTH = ("Mn", "Me", "Cf")  # vowels over and under letters, as in Thai and Hindi; joiners and isolates


def cells(text: str) -> int:
    """How many columns the text takes: wide characters take two, marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(c) in _NO_WIDTH and c != "\xad"  # a soft hyphen is shown
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of at most `columns`; a word that is longer is broken."""
    lines: list[str] = []
    line = ""
    for word in one_line(text).split(" "):
        joined = f"{line} {word}" if line else word
        if cells(joined) <= columns:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while cells(line) > columns:
            taken = _head(line, columns)
            lines.append(taken)
            line = line[len(taken) :]
    return [*lines, line] if line else lines


def fit(text: str, columns: int) -> str:
    """The text in exactly `columns`: cut with an ellipsis, or filled up with spaces."""
    text = one_line(text)
    if cells(text) > columns:
        text = _head(text, columns - 1) + "…"
    return text + " " * (columns - cells(text))


def isolated(text: str) -> str:
    """On a terminal, a text with right-to-left characters kept from reordering what stands beside it (UAX 9)."""
    if text.isascii() or not is_terminal():
        return text
    mixed = any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text)
    return f"\u2068{text}\u2069" if mixed else text


def linked(text: str, url: str | None) -> str:
    """The text as a clickable link on terminals that can (OSC 8), else as it is."""
    if not url or not is_terminal() or colour() is False:
        return text
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def dim(text: str) -> str:
    return click.style(text, dim=True)


def _head(text: str, columns: int) -> str:
    """As many characters from the start as fit, but at least one."""
    end, used = 0, 0
    for character in text:
        used += cells(character)
        if used > columns and end:
            break
        end += 1
    return text[:end]
