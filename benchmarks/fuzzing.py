"""Fuzzes the way of a document from its bytes to what is published, and says what broke.

    python benchmarks/fuzzing.py [--seconds 60 | --rounds N] [--seed 1] [--corpus FOLDER] [--to FOLDER] [--play FILE ...]
    python benchmarks/fuzzing.py texts|answers [--seconds 60 | --rounds N] [--seed 1]

Documents are made by spoiling good ones (our own small ones, and those of a corpus, else $FEED_CORPUS); the same
seed makes the same documents (and `--rounds` plays as many on every machine). Each is read, saved in a store beside others, published, searched and
regrouped; `tests/fuzz/properties.py` says what must hold. What fails is made small and saved; `--play` plays it
again. From Python 3.12 on, what reaches new code is built upon. `texts` fuzzes what reads small texts instead:
feeds.yaml, dates, links, titles, headers; `answers` the fetcher, on loopback, and only where there is nothing else
(`unshare -n sh -c 'ip link set lo up; python ...'`). Exit code 1 where something failed.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from fuzz.case import load  # noqa: E402
from fuzz.loop import fuzz  # noqa: E402
from fuzz.properties import Broken  # noqa: E402
from fuzz.seeds import seeds  # noqa: E402
from fuzz.small import fuzz_texts  # noqa: E402
from fuzz.target import play  # noqa: E402
from fuzz.turns import turns  # noqa: E402
from fuzz.wire import fuzz_answers  # noqa: E402
from support import namespace  # noqa: E402

MEMORY = 2_000_000_000  # bytes of address space


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("documents", "texts", "answers"), nargs="?", default="documents")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, help="so many cases, texts a row, or rounds of answers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("FEED_CORPUS"))
    parser.add_argument("--to", type=Path, default=Path("fuzz-found"), help="folder for what fails")
    parser.add_argument("--play", type=Path, nargs="+", help="files saved earlier, instead")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    faulthandler.enable()
    if arguments.play:
        return played(arguments.play)
    if arguments.what == "texts":
        return 1 if fuzz_texts(arguments.seed, arguments.rounds, arguments.seconds) else 0
    if arguments.what == "answers":
        if not namespace.inside():
            parser.error("there is more than loopback here, and an answer may lead anywhere")
        return 1 if fuzz_answers(arguments.seed, arguments.rounds, arguments.seconds) else 0
    found = seeds(arguments.corpus)
    print(
        f"seed {arguments.seed}, {len(found)} documents to begin with, Python {sys.version.split()[0]}",
        flush=True,
    )
    began = time.process_time()
    report = fuzz(
        found,
        arguments.seed,
        turns(arguments.rounds, arguments.seconds),
        arguments.to,
        lambda words: print(words, flush=True),
    )
    spent = time.process_time() - began
    print(
        f"{report.cases:,} cases of {report.documents:,} documents with {report.entries:,} entries kept,"
        f" {report.documents / spent:.1f} documents a second of CPU, the slowest case {report.slowest:.1f} s;"
        f" {report.kept:,} documents did something new, {report.places:,} places of the code reached"
    )
    for name, times in report.failures.most_common():
        print(f"  {times:>6} times {name}")
    return 1 if report.failures else 0


def played(paths: list[Path]) -> int:
    broken = 0
    for path in paths:
        try:
            play(load(path))
            print(f"{path}: holds")
        except Broken as error:
            broken += 1
            print(f"{path}: {error}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
