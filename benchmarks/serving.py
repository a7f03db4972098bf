"""Compares the service's web server with nginx on the same public folder: requests for each second of CPU.

    python benchmarks/serving.py [--feeds 100] [--seconds 4]

Needs nginx and wrk. CPU is that of the server's process alone, as the kernel counts it, so that the client and a
busy machine take no part. nginx packs each answer anew, as its defaults are; the service keeps what it has packed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from feedfarm import farm
from meter import measure
from poll import Ours

_NGINX = """
worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off; types {{ application/atom+xml atom; }} gzip on; gzip_types application/atom+xml; sendfile on;
  keepalive_requests 100000000;
  server {{ listen 127.0.0.1:{port}; root {public}; }}
}}
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def cpu_of(process: int) -> float:
    """Seconds, of all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(*command: str, port: int) -> Iterator[int]:
    """The process, once it answers there."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def asked(url: str, process: int, seconds: float, *headers: str) -> float:
    """Requests for each second of CPU."""
    command = [
        "wrk",
        "-t1",
        "-c8",
        f"-d{seconds:g}s",
        *(each for header in headers for each in ("-H", header)),
        url,
    ]
    before = cpu_of(process)
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"(\d+) requests in", printed)
    if found is None or "Non-2xx" in printed:
        raise SystemExit(printed)
    return int(found[1]) / max(0.01, cpu_of(process) - before)


def tag_of(url: str) -> str:
    command = ["curl", "-sI", "-H", "Accept-Encoding: gzip", url]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"(?i)^etag: (\S.*?)\s*$", printed, re.MULTILINE)
    if found is None:
        raise SystemExit(printed)
    return found[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=100, help="feeds that are polled beforehand (100)")
    parser.add_argument("--seconds", type=float, default=4, help="for each measurement (4)")
    given = parser.parse_args()
    for program in ("nginx", "wrk", "curl"):
        if not shutil.which(program):
            sys.exit(f"{program} is not installed")
    found: dict[str, dict[str, float]] = {}
    with (
        TemporaryDirectory(prefix="serving-benchmark-") as name,
        farm(given.feeds, given.feeds * 66_000) as served,
    ):
        folder = Path(name)
        ours = Ours(folder, served.urls)
        measure(ours.command("poll", "--all", "-q"))
        public = folder / "data" / "public"
        size = (public / "feed.atom").stat().st_size
        ports = {"nginx": free_port(), "this program": free_port()}
        folder.chmod(0o755)
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, port=ports["nginx"], public=public), encoding="utf-8")
        commands = {
            "nginx": [shutil.which("nginx") or "", "-c", str(config)],
            "this program": ours.command("run", "--port", str(ports["this program"])),
        }
        for server, command in commands.items():
            with running(*command, port=ports[server]) as process:
                url = f"http://127.0.0.1:{ports[server]}/feed.atom"
                time.sleep(2)  # what it does as it starts is not measured
                found[server] = {
                    "304": asked(
                        url, process, given.seconds, f"If-None-Match: {tag_of(url)}", "Accept-Encoding: gzip"
                    ),
                    "200 with gzip": asked(url, process, given.seconds, "Accept-Encoding: gzip"),
                }
    print(f"feed.atom of {size:,} bytes, requests for each second of CPU:\n")
    print("| | nginx | this program | ratio |\n| --- | ---: | ---: | ---: |")
    for kind, nginx in found["nginx"].items():
        own = found["this program"][kind]
        print(f"| {kind} | {nginx:,.0f} | {own:,.0f} | {own / nginx:.2f} |")


if __name__ == "__main__":
    main()
