"""Scores our politeness in a simulated fortnight, and measures what it costs on real publishing times.

    python benchmarks/politeness.py [--no-score] [--corpus FOLDER] [--crowd 300] [--json]

The fortnight is that of `tests/polite`: real HTTP on loopback, a clock that jumps, and a judge that knows
nothing of the program. The delay needs a corpus of real feeds (else $FEED_CORPUS), and is left out without.
Exit code 1 where a rule was broken, or where news waits longer than 0.6 of what a fixed interval makes it wait.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from polite.delay import Cost, corpus, cost, fixed, fixed_at, ours, ours_at  # noqa: E402
from polite.fortnight import fortnight  # noqa: E402

MOST = 0.6  # of the fixed interval's mean delay at as many polls


def score(crowd: int) -> dict[str, Any]:
    """The fortnight, told as it is judged."""
    began = time.perf_counter()
    outcome = fortnight(crowd)
    print(
        f"{outcome.sites} feeds, a fortnight, {len(outcome.log)} requests, {time.perf_counter() - began:.0f} s"
    )
    for rule, found in outcome.scores.items():
        print(f"  {rule:<20}{found.checked:>7} times{len(found.broken):>5} broken")
        for case in found.broken[:5]:
            print(f"      {case}")
    print(f"{len(outcome.scores)} rules, {outcome.checked} verdicts, {len(outcome.broken)} broken")
    return {
        "feeds": outcome.sites,
        "requests": len(outcome.log),
        "rules": {rule: [found.checked, len(found.broken)] for rule, found in outcome.scores.items()},
        "broken": outcome.broken,
    }


def delays(folder: Path) -> dict[str, Any]:
    """Polls and delays, ours beside those of fixed intervals."""
    sources = corpus(folder)
    told: dict[str, Any] = {"feeds": len(sources)}
    for pooled, how in ((False, "each for the same time"), (True, "pooled")):
        print(f"\n{len(sources)} feeds, {how}: polls a feed and day, mean delay of an entry in minutes")
        mine = cost(sources, ours, pooled)
        every, as_many = fixed_at(sources, mine.polls, pooled)
        told[how] = [_pair(f"every {every:.0f} min", as_many, "ours", mine)]
        for minutes in () if pooled else (30, 60, 120):
            regular = cost(sources, lambda _: fixed(minutes), pooled)  # noqa: B023 - called at once
            base, same = ours_at(sources, regular.polls, pooled)
            told[how].append(_pair(f"every {minutes} min", regular, f"ours, base {base:.0f} min", same))
    return told


def _pair(name: str, regular: Cost, our_name: str, our: Cost) -> dict[str, Any]:
    """A fixed interval, and ours at as many polls."""
    ratio = our.delay / regular.delay
    print(f"  {name:<16}{regular}   {our_name:<18}{our}   {ratio:.2f} (at most {MOST})")
    return {
        "fixed": [name, regular.polls, regular.delay],
        "ours": [our_name, our.polls, our.delay],
        "ratio": ratio,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-score", action="store_true", help="leave out the fortnight")
    parser.add_argument(
        "--corpus", metavar="FOLDER", default=os.environ.get("FEED_CORPUS"), help="real feeds"
    )
    parser.add_argument("--crowd", type=int, default=300, help="feeds on one host (300)")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    options = parser.parse_args()
    told: dict[str, Any] = {}
    if not options.no_score:
        told["score"] = score(options.crowd)
    if options.corpus:
        told["delay"] = delays(Path(options.corpus))
    if options.json:
        print(json.dumps(told, indent=2))
    pairs = [pair for found in told.get("delay", {}).values() if isinstance(found, list) for pair in found]
    sys.exit(bool(told.get("score", {}).get("broken")) or any(pair["ratio"] > MOST for pair in pairs))


if __name__ == "__main__":
    main()
