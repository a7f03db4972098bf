"""What a YAML parser's error means to the person who wrote the file."""

from __future__ import annotations

from typing import NoReturn

import yaml

from aggregator.config.complaints import Complaints

# What YAML 1.1 cannot carry (5.1 Character Set); PyYAML's own, for it takes 4 ms to compile.
_FORBIDDEN = yaml.reader.Reader.NON_PRINTABLE

_CLOSERS = {"flow sequence": "[", "flow mapping": "{"}

# A part of the parser's words (libyaml's and those of the pure parser), what is wrong, what is right.
_MEANINGS = (
    (
        "mapping values are not allowed",
        "a colon stands where no key can be",
        "put a text that holds a colon and a space in quotes, and check the indentation",
    ),
    (
        "node content",
        "a value is missing, or begins with a special character",
        "put a text that begins with a special character in quotes",
    ),
)


def refuse_control_characters(text: str, complaints: Complaints) -> None:
    found = _FORBIDDEN.search(text)
    start = found.start() if found else text.find("\ufeff")  # a byte order mark in the middle
    if start >= 0:
        line = text.count("\n", 0, start) + 1
        complaints.stop(line, "", f"holds the control character U+{ord(text[start]):04X}", "remove it")


def explain(error: Exception, text: str, complaints: Complaints) -> NoReturn:
    """Stop with the parser's error in plain words, at the line where the cure belongs."""
    problem = getattr(error, "problem", None) or "it cannot be read"
    context = getattr(error, "context", None) or ""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        complaints.stop(0, "", f"is not valid YAML: {problem}")
    line = mark.line + 1
    opening = getattr(error, "context_mark", None)
    opened = opening.line + 1 if opening else line
    for part, wrong, right in _MEANINGS:
        if part in problem:
            complaints.stop(line, "", wrong, right)
    if "cannot start any token" in problem:
        _explain_start(text, line, mark.column, complaints)
    if "unexpected end of stream" in problem and "scalar" in context:
        complaints.stop(opened, "", "a quotation mark is opened here and never closed", "close it")
    for name, bracket in _CLOSERS.items():
        if name in context:
            complaints.stop(
                opened,
                "",
                f"the `{bracket}` here is not closed, or something in it is out of place",
                "part the items with commas, and put an item that holds special characters in quotes",
            )
    complaints.stop(
        line,
        "",
        f"something is out of place: {problem}",
        "check the indentation, the quotes, and that a space follows each colon and dash",
    )


def _explain_start(text: str, line: int, column: int, complaints: Complaints) -> NoReturn:
    lines = text.splitlines()
    character = lines[line - 1][column : column + 1] if line <= len(lines) else ""
    if character == "\t":
        complaints.stop(line, "", "a tab stands where YAML wants spaces", "indent with spaces only")
    complaints.stop(line, "", f"a text cannot begin with `{character}`", "put the whole text in quotes")
