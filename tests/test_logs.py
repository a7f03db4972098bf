"""Log lines: forms, levels, no password, no flood."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

from aggregator.logs import Repetitions

TALK = """
import logging, sys
from aggregator.logs import configure
configure(logging.INFO, sys.argv[1])
log = logging.getLogger("aggregator.test")
log.info("polled %s", "http://me:secret@example.org/feed")
try:
    raise KeyError("x")
except KeyError:
    log.exception("it broke")
log.debug("not shown")
"""


def talk(form: str, stderr: int, environment: dict[str, str] | None = None) -> None:
    subprocess.run(
        [sys.executable, "-c", TALK, form], stderr=stderr, env=os.environ | (environment or {}), check=True
    )


def written(path: Path, form: str, journal: bool = False) -> list[str]:
    with path.open("w") as file:
        found = os.fstat(file.fileno())
        name = f"{found.st_dev}:{found.st_ino}" if journal else "1:1"
        talk(form, file.fileno(), {"JOURNAL_STREAM": name})
    return path.read_text().splitlines()


def test_text_has_a_time_and_no_password(tmp_path: Path) -> None:
    lines = written(tmp_path / "log", "text")
    assert lines[0].endswith(" INFO polled http://example.org/feed")
    assert lines[-1] == "KeyError: 'x'"


def test_the_journal_gets_levels_and_no_time_of_ours(tmp_path: Path) -> None:
    lines = written(tmp_path / "log", "text", journal=True)
    assert lines[0] == "<6>polled http://example.org/feed"
    assert lines[1] == "<3>it broke"
    assert all(line.startswith("<3>") for line in lines[1:])


def test_json_is_one_object_a_line(tmp_path: Path) -> None:
    first, second = (json.loads(line) for line in written(tmp_path / "log", "json", journal=True))
    assert (first["level"], first["message"]) == ("info", "polled http://example.org/feed")
    assert second["exception"].endswith("KeyError: 'x'")


def test_a_line_that_comes_again_and_again_is_counted() -> None:
    limit = Repetitions()

    def line(text: str) -> logging.LogRecord:
        return logging.LogRecord("x", logging.ERROR, "", 0, text, None, None)

    assert sum(limit.filter(line("the disk is full")) for _ in range(1000)) == 5
    assert limit.filter(line("another"))
    limit._known = type(limit._known)({key: (at - 61, n) for key, (at, n) in limit._known.items()})
    later = line("the disk is full")
    assert limit.filter(later)
    assert later.getMessage() == "the disk is full (and 995 times before)"
