"""Records the first five minutes in a terminal as an animated SVG: python scripts/record.py > docs/terminal.svg

Only loopback is asked: the feeds are those of the demo. The lines appear one after another, by CSS alone.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from aggregator.demo.catalogue import FEEDS
from aggregator.demo.server import serve

COLUMNS = 100
SHOWN = (
    "harbour-post",
    "tidewater-wire",
    "hinode",
    "workbench-journal",
    "kettle-and-code",
    "slow-train-hour",
)
SECONDS = 0.12  # a line


def main() -> None:
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: PTH123, SIM115 - open for as long as it records
    with tempfile.TemporaryDirectory() as folder, serve(datetime.now(UTC)) as address:
        urls = [f"{address}{feed.path.lstrip('/')}" for feed in FEEDS if Path(feed.file).stem in SHOWN]
        run(console, folder, "init")
        file = Path(folder, "feeds.yaml")
        text = re.sub(r"^feeds:.*", "", file.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        file.write_text(
            f"{text}\nallow_addresses: [127.0.0.0/8]\nfeeds:\n" + "".join(f"  - {url}\n" for url in urls)
        )
        run(console, folder, "poll")
        run(console, folder, "latest", "-n", "6", "--oneline")
        run(console, folder, "explain", "1")
    sys.stdout.write(animated(console.export_svg(title="aggregator")))


def run(console: Console, folder: str, *arguments: str) -> None:
    """Shows a command and what it prints."""
    console.print(Text.from_ansi(f"\x1b[1;32m$\x1b[0m \x1b[1maggregator {' '.join(arguments)}\x1b[0m"))
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    command = [str(Path(sys.executable).with_name("aggregator")), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    said = (done.stdout + done.stderr).replace(folder, "~/news")
    said = re.sub(r"http://127\.0\.0\.1:\d+/", "https://demo.example/", said)
    lines = said.rstrip().splitlines()
    for line in lines[:14]:
        console.print(Text.from_ansi(line), overflow="ellipsis", no_wrap=True)
    console.print()


def animated(svg: str) -> str:
    """The picture without fonts of another host, its lines appearing one after another."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    numbers = sorted({int(number) for number in re.findall(r"-line-(\d+)\)", svg)})
    rules = "".join(
        f'text[clip-path$="-line-{n})"]{{animation:line 0s {n * SECONDS:.2f}s both}}' for n in numbers
    )
    rules += "@keyframes line{from{visibility:hidden}to{visibility:visible}}"
    rules += "@media (prefers-reduced-motion:reduce){text{animation:none!important}}"
    return svg.replace("</style>", f"{rules}</style>", 1)


if __name__ == "__main__":
    main()
