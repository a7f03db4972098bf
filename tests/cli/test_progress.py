"""What takes long says so on a terminal, and only there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from support.command import COMMAND, Folder
from support.server import Raw, hang, serve

# Runs until its standard input has a line, so that no test waits for a clock.
SCRIPT = "from aggregator.cli.progress import progress\nwith progress('Counting', after=0):\n    input()\n"


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: what a person sees, and what a program writes to."""
    seen, written = os.openpty()
    try:
        yield seen, written
    finally:
        os.close(seen)
        os.close(written)


def read_until(seen: int, pattern: bytes) -> bytes:
    text = b""
    while not re.search(pattern, text):
        text += os.read(seen, 1000)
    return text


def test_a_terminal_shows_what_is_done_and_then_nothing_of_it() -> None:
    with terminal() as (seen, written):
        child = subprocess.Popen([sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stderr=written)
        read_until(seen, rb"Counting \.\.\. \d+ s")
        child.communicate(b"\n")
        assert child.returncode == 0
        assert read_until(seen, rb"\r\x1b\[K").endswith(b"\r\x1b[K")


def test_nothing_is_shown_where_there_is_no_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], input=b"\n", capture_output=True, check=True)
    assert done.stderr == b""
    with terminal() as (seen, written):
        dumb = {**os.environ, "TERM": "dumb"}
        subprocess.run([sys.executable, "-c", SCRIPT], input=b"\n", stderr=written, env=dumb, check=True)
        os.write(written, b"end")
        assert os.read(seen, 1000) == b"end"


def test_a_list_whose_server_is_silent(folder: Folder) -> None:
    folder.configure(["https://a.example/"])
    with serve({"/list.opml": Raw(hang)}) as server, terminal() as (seen, written):
        command = [str(COMMAND), "feeds", "import", server.url("/list.opml")]
        environment = {**folder.environment(), "TERM": "xterm"}
        child = subprocess.Popen(command, cwd=folder.path, env=environment, stderr=written)
        try:
            assert server.url("/list.opml").encode() in read_until(seen, rb" s\x1b\[K")
        finally:
            child.kill()
            child.wait()
