"""What the fuzzer found, each as the smallest documents that show it; and the fuzzer itself, for a while."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.case import Case, Document
from fuzz.target import play
from support import namespace

ROOT = Path(__file__).parents[2]
SECONDS = 40
NOON = "<pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>"


def item(inside: str) -> str:
    return f'<rss version="2.0"><channel><title>News</title><item>{inside}</item></channel></rss>'


def shown(*documents: str | bytes) -> Case:
    """What one feed shows, one after the other."""
    return tuple(Document(each.encode() if isinstance(each, str) else each) for each in documents)


FOUND: dict[str, Case] = {
    "an encoding that is none of text": shown(b'<?xml encoding="rot13"?><rss>\xad</rss>'),
    "a new date with an edit": shown(
        item("<title>One</title><link>https://x.example/1</link>"),
        item(
            "<title>One</title><link>https://x.example/1</link><description>x</description><pubDate>2 Mar 2020</pubDate>"
        ),
    ),
    "a stray percent sign in a link that is an id": shown(
        item("<title>One</title><link>https://x.example/50%</link>")
    ),
    "a new link that another entry has as well": shown(
        item("<title>Nobody knew what the harbour had cost</title><pubDate>2 Mar 2020 12:00 GMT</pubDate>"),
        item(
            "<title>Nobody knew what the harbour had cost</title><link>https://x.example/1</link>"
            "<pubDate>2 Mar 2020 12:00 GMT</pubDate></item><item><link>https://x.example/1</link>"
        ),
    ),
    "entries that swap ids": shown(
        item("<guid>1</guid><link>https://x.example/1</link></item><item><link>https://x.example/2</link>"),
        item("<link>https://x.example/1</link></item><item><guid>1</guid><link>https://x.example/2</link>"),
    ),
    "a feed's id with two ports": shown(
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>http://x.example:http:/</id><title>News</title>'
        "<entry><id>1</id><title>One</title></entry></feed>"
    ),
    "an id with a long port": shown(item("<title>One</title><guid>https://x.example:99999999999/a</guid>")),
    "an id that was another entry's": shown(
        item("<guid>1</guid><title>What the harbour had cost was never told</title>" + NOON),
        item("<guid>2</guid><title>What the harbour had cost was never told</title>" + NOON),
        item("<guid>1</guid><title>Quite another</title>"),
    ),
    "two number signs in a link": shown(item("<title>One</title><link>https://x.example/a#b#c</link>")),
    "brackets in an id": shown(item("<title>One</title><guid>https://x.example/a[1]</guid>")),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_holds_now(name: str) -> None:
    play(FOUND[name])


def test_a_while_of_fuzzing_finds_nothing(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "benchmarks/fuzzing.py", "--seconds", str(SECONDS), "--seed", "1"),
        *("--to", str(tmp_path / "found")),
    ]
    if not namespace.missing():
        command = namespace.alone(command)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " cases of " in done.stdout
