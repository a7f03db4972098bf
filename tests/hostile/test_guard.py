"""What a feed says opens no file and no connection: every system call of a poll is looked at."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from hostile import bodies, entries, redirects, xml
from hostile.case import FEED, Case, fails, reads
from hostile.round import Round, gathered, host
from hostile.test_cases import check_outputs
from support import namespace
from support.command import Folder
from support.server import Reply, redirect

pytestmark = pytest.mark.network

ALLOWED = ip_network("127.0.0.0/9")  # and so 127.128.0.0 and above are not
STRACE = (
    "strace",
    "-f",
    "-qq",
    "-e",
    "trace=socket,connect,open,openat,openat2,creat,execve",
    "-s",
    "300",
)

# What the names mean that these feeds are at, or that they redirect to.
NAMES = {
    "private.example": ["10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "loopback.example": ["127.200.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "six.example": ["::1"],
    "local6.example": ["fe80::1", "fd00::1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "sixtofour.example": ["2002:7f00:1::1"],
    "both.example": ["127.3.0.1", "10.0.0.1"],
    "both6.example": ["127.3.0.1", "::1"],
    "zero.example": ["0.0.0.0"],
    "good.example": ["127.3.0.2"],
}
METADATA = ("metadata.google.internal", "instance-data", "localhost", "ip6-localhost")


def at(name: str) -> Case:
    return Case(Reply(200, FEED), "", url=f"http://{name}:{{port}}{{path}}?{name}")


CASES: dict[str, Case] = {
    **{f"redirects: {name}": case for name, case in redirects.CASES.items()},
    **{f"bodies: {name}": case for name, case in bodies.CASES.items() if "body that says" in name},
    **{f"xml: {name}": case for name, case in xml.CASES.items() if name.startswith(("entities", "external"))},
    **{f"entries: {name}": case for name, case in entries.CASES.items()
       if name.endswith((" of a file", " of a path", " of an address", " of half an address"))},
    **{f"at {name}": at(name) for name in (*NAMES, *METADATA) if name not in ("good.example",)},
    **{f"to {name}": fails(redirect(f"http://{name}/secret", status), "")
       for name in (*NAMES, *METADATA) if name != "good.example" for status in (301, 307)},
    "at good.example": reads(Reply(200, FEED), 3),
    "to good.example": Case(Reply(200, FEED), status=""),
    "at an address that is not allowed": Case(Reply(200, FEED), "", url="http://127.200.0.1:{port}{path}"),
}  # fmt: skip
CASES["at good.example"] = Case(Reply(200, FEED), "", "ok", 3, "http://good.example:{port}{path}")


@dataclass(frozen=True)
class Traced:
    """A round, and what its processes did."""

    round: Round
    folder: Path
    trace: str  # by strace, a system call a line

    @property
    def connected(self) -> set[str]:
        """Addresses to which a connection was begun. A look at its routes, by the system, is by UDP and sends nothing."""
        streams: dict[str, bool] = {}  # by the number of the socket
        found = set()
        for call in self.calls:
            if made := re.match(r"socket\(AF_INET6?, (\w+).* = (\d+)", call):
                streams[made[2]] = made[1] == "SOCK_STREAM"
            elif (
                to := re.match(r'connect\((\d+), .*(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"', call)
            ) and streams[to[1]]:
                found.add(to[2])
        return found

    @property
    def calls(self) -> Iterator[str]:
        """The system calls, in the order in which they came back."""
        begun: dict[str, str] = {}  # by thread
        for line in self.trace.splitlines():
            thread, call = line.split(maxsplit=1)  # short numbers are padded
            if call.endswith("<unfinished ...>"):
                begun[thread] = call.removesuffix("<unfinished ...>")
            else:
                yield re.sub(r"^<\.\.\. \w+ resumed>", begun.pop(thread, "").replace("\\", r"\\"), call)

    @property
    def opened(self) -> set[str]:
        """Paths of files that were there or that it made."""
        calls = re.findall(r'(?:open(?:at2?)?|creat)\([^"\n]*"([^"]*)"[^\n]*= (-?\d+)', "\n".join(self.calls))
        return {path for path, result in calls if int(result) >= 0}

    @property
    def started(self) -> set[str]:
        """Programs."""
        return set(re.findall(r'execve\("([^"]*)"', self.trace))


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    if not shutil.which("strace") or subprocess.run([*STRACE, "true"], capture_output=True).returncode:
        pytest.skip("strace cannot be had: which files and addresses a poll opens was NOT looked at")
    folder = Folder(tmp_path_factory.mktemp("guard"))
    hosts, trace = folder.path / "hosts", folder.path / "trace"
    hosts.write_text("".join(f"{address} {name}\n" for name, found in NAMES.items() for address in found))
    with hosts.open("a") as more:
        more.write(
            "169.254.169.254 metadata.google.internal instance-data\n127.200.0.1 localhost\n::1 ip6-localhost\n"
        )
    (switch := folder.path / "nsswitch.conf").write_text("hosts: files\n")
    within = namespace.with_files(
        {"/etc/hosts": str(hosts), "/etc/nsswitch.conf": str(switch)}, [*STRACE, "-o", str(trace)]
    )
    settings = "allow_addresses: [" + str(ALLOWED) + "]\npolling: {{host_gap: 0s, timeout: {timeout}}}\n"
    with gathered(folder, CASES, settings=settings) as crowd:
        found = crowd.poll(within=within)
    text = trace.read_text(errors="replace")
    return Traced(found, folder.path, text)


def test_no_address_is_connected_to_that_is_not_allowed(traced: Traced) -> None:
    assert host(0) in traced.connected  # the trace has seen those that are
    others = {address for address in traced.connected if ip_address(address) not in ALLOWED}
    assert others <= {"8.0.0.1"}  # public: what 010.0.0.1 means to browsers and to the system


TEMP = tempfile.gettempdir()
# Python's own, and what the system needs to look up names and to run programs.
SYSTEM = (
    "/usr/lib", "/usr/local/lib", "/lib", "/etc/ssl", "/usr/share", "/usr/local/share", "/proc/self/statm", "/proc/self/maps",
    "/proc/self/fd", "/sys/devices/system/cpu", f"{TEMP}/pymp-", "/proc/sys/vm/overcommit_memory",
)  # fmt: skip
LOOKED_UP = {
    "/etc/ld.so.cache", "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf",
    "/etc/localtime", "/dev/null", "/dev/urandom", "/sys/fs/cgroup/cpu.max",
}  # fmt: skip
PROBED = re.compile(rf"{TEMP}/([a-z0-9_]{{8}}|etilqs_\w+)")  # for the workers' sockets; SQLite's own


def test_no_file_is_opened_because_a_feed_says_so(traced: Traced) -> None:
    assert "feeds.yaml" in traced.opened  # the trace has seen those that are
    project = str(Path(__file__).parents[2])
    known = (str(traced.folder / "data"), sys.prefix, sys.base_prefix, project, *SYSTEM)
    strange = {
        path
        for path in traced.opened - LOOKED_UP - {"feeds.yaml"}
        if not str(traced.folder / path).startswith(known) and not PROBED.fullmatch(path)
    }
    assert strange == set()
    programs = {Path(program).name for program in traced.started}
    assert all(name.startswith(("aggregator", "python")) for name in programs), programs


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(("at ", "to "))])
def test_names_that_mean_forbidden_addresses_are_refused(traced: Traced, name: str) -> None:
    row = traced.round.rows[name]
    if "good" in name:
        assert row.status == "ok", row
    else:
        assert row.status == "failing", row
        assert "allow_addresses" in row.words, row


def test_the_others_are_served(traced: Traced) -> None:
    assert {(row.status, row.new) for row in traced.round.good.values()} == {("ok", 1)}
    check_outputs(traced.round.outputs)
