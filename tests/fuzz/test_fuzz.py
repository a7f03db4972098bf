"""What the fuzzer found, each as the smallest documents that show it; and the fuzzer itself, for a while."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from fuzz.case import Case, Document, load, save
from fuzz.mutate import case as made
from fuzz.properties import Broken, inert
from fuzz.seeds import OWN
from fuzz.shrink import shrink
from fuzz.target import play
from support import namespace

pytestmark = pytest.mark.fuzz

ROOT = Path(__file__).parents[2]
CASES, TEXTS, ANSWERS = 250, 1_500, 150  # as many on every machine, so that it finds the same everywhere
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
    "a tag that is double encoded once its references are read": shown(
        item("<title>One</title><category><![CDATA[W&#195;\u00a6reld]]></category>")
    ),
    "brackets in an id": shown(item("<title>One</title><guid>https://x.example/a[1]</guid>")),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_holds_now(name: str) -> None:
    play(FOUND[name])


def fuzzed(*arguments: str) -> str:
    """What the fuzzer prints, run where nothing but loopback exists, if such a place can be had."""
    command = [sys.executable, "benchmarks/fuzzing.py", *arguments, "--seed", "1"]
    if not namespace.missing() and not namespace.inside():
        command = namespace.alone(command)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_while_of_fuzzing_documents_finds_nothing(tmp_path: Path) -> None:
    said = fuzzed("--rounds", str(CASES), "--to", str(tmp_path / "found"))
    assert re.search(r"[1-9]\d* cases of .* [1-9]\d* entries kept", said.replace(",", ""))


def test_a_while_of_fuzzing_texts_finds_nothing() -> None:
    assert "config: " in fuzzed("texts", "--rounds", str(TEXTS))


@pytest.mark.skipif(bool(namespace.missing()), reason=f"HTTP answers are NOT fuzzed: {namespace.missing()}")
def test_a_while_of_fuzzing_answers_finds_nothing() -> None:
    assert " answers: " in fuzzed("answers", "--rounds", str(ANSWERS))


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<p>x<script>y</script></p>", "tag"),
        ("<img src=x onerror=y>", "attribute"),
        ('<a href="&#1;java&#9;script:x">y</a>', "script link"),
    ],
)
def test_what_would_run_is_noticed(html: str, kind: str) -> None:
    with pytest.raises(Broken, match=kind):
        inert("page", html, strict=True)


def test_a_failing_case_is_made_small() -> None:
    case = shown("one", "a long document with an x in it", "two")
    assert shrink(case, lambda less: any(b"x" in each.body for each in less)) == shown("x")


def test_the_same_seed_makes_the_same_cases() -> None:
    assert [made(Random(7), OWN) for _ in range(3)] == [made(Random(7), OWN) for _ in range(3)]
    assert made(Random(7), OWN) != made(Random(8), OWN)


def test_a_case_is_saved_as_it_was(tmp_path: Path) -> None:
    case = (Document(bytes(range(256)), "text/xml", 2), Document(b""))
    save(case, tmp_path / "case.json")
    assert load(tmp_path / "case.json") == case
