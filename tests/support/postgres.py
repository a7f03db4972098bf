"""A real PostgreSQL for tests: from the installed programs, as a user that is not root, on a socket in a temporary folder.

It is started when it is first asked for, one for each process of the tests, and ends with that process.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import pytest

DRIVER = "psycopg is not installed (the extra `postgres`)"
NEEDED = "PostgreSQL's server is not installed (Debian: apt install postgresql)"
_USERS = ("postgres", "nobody")  # under whom root starts it
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # what a test writes need not survive the machine
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}
_PLACES, _ENOUGH = (
    ("/dev/shm", "/tmp"),
    2_000_000_000,
)  # bytes free: a server's log alone may take half of that
_PARENT_ENDS = 1  # PR_SET_PDEATHSIG


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql*/bin")]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).parent)
    usable = [folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return max(
        usable, key=lambda folder: [int(part) for part in folder.parts if part.isdecimal()], default=None
    )


@dataclass(slots=True)
class Server:
    """One server; `folder` holds its data and its socket."""

    folder: Path
    bin: Path
    user: str | None  # under whom it runs, None for ours
    process: subprocess.Popen[bytes] | None = None
    within: Sequence[str] = ()  # the beginning of a command line that runs it elsewhere, as root

    def start(self) -> None:
        options = [each for name, value in _SETTINGS.items() for each in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self.process = self._begin(options, log)
        import psycopg

        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url()).close()
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def _begin(self, options: list[str], log: BinaryIO) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [
            self.bin / "postgres",
            "-D",
            self.folder / "data",
            "-k",
            self.folder,
            *options,
        ]
        if self.within and self.user is not None:
            as_user = ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups"]
            command = [*self.within, *as_user, "--pdeathsig", "QUIT", *command]
        return subprocess.Popen(
            command,
            user=None if self.within else self.user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=_end_with_parent,
        )

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it cleanly, whoever is connected; SIGQUIT as a crash does."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def url(self, schema: str = "public", user: str = "postgres", password: str = "") -> str:
        """The address of a store in this schema."""
        name = f"{user}:{quote(password)}@" if password else f"{user}@"
        return f"postgresql://{name}/postgres?host={self.folder}&options=-csearch_path%3D{schema}"

    def sql(self, statement: str, schema: str = "public") -> list[tuple[object, ...]]:
        """Runs the statement as the server's owner."""
        import psycopg

        with psycopg.connect(self.url(schema), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_store(self) -> str:
        """The address of a store that nobody has used."""
        schema = f"store_{next(_NUMBERS)}"
        self.sql(f"CREATE SCHEMA {schema}")
        return self.url(schema)


_NUMBERS = itertools.count(1)


@contextlib.contextmanager
def new_server() -> Iterator[Server]:
    """A server of its own, for a test that stops it. Skips the test where none is installed."""
    server = _make()
    try:
        yield server
    finally:
        _remove(server)


@contextlib.contextmanager
def new_standby(primary: Server) -> Iterator[Server]:
    """A server that has all of another one, which waits with each commit until the standby has it."""
    folder = _new_folder(primary.user)
    source = ("-h", primary.folder, "-U", "postgres", "-R", "-c", "fast", "-D", folder / "data")
    subprocess.run([primary.bin / "pg_basebackup", *source], user=primary.user, cwd=folder, check=True)
    standby = Server(folder, primary.bin, primary.user)
    standby.start()
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.sql("ALTER DATABASE postgres SET synchronous_commit = on")
    primary.sql("SELECT pg_reload_conf()")
    try:
        yield standby
    finally:
        _remove(standby)


@functools.cache
def shared_server() -> Server:
    """The server that the tests of this process share. Skips the test where none is installed."""
    server = _make()
    atexit.register(_remove, server)
    return server


def _make() -> Server:
    pytest.importorskip("psycopg", reason=DRIVER)
    bin = programs()
    if bin is None:
        pytest.skip(NEEDED)
    user = next(filter(_is_user, _USERS)) if os.geteuid() == 0 else None
    folder = _new_folder(user)
    subprocess.run(
        [
            bin / "initdb",
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ],
        user=user,
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    rules = folder / "data" / "pg_hba.conf"
    rules.write_text(
        "local all with_password scram-sha-256\nlocal all all trust\nlocal replication all trust\n"
    )
    server = Server(folder, bin, user)
    server.start()
    return server


def _new_folder(user: str | None) -> Path:
    """In memory where there is room, which a container seldom has; in a short path, as a socket's has 107 bytes at most."""
    roomy = (
        place for place in _PLACES if os.access(place, os.W_OK) and shutil.disk_usage(place).free > _ENOUGH
    )
    folder = Path(tempfile.mkdtemp(prefix="pg", dir=next(roomy, None)))
    if user is not None:
        shutil.chown(folder, user)
    folder.chmod(0o755)
    return folder


def _remove(server: Server) -> None:
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


def _is_user(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PARENT_ENDS, signal.SIGQUIT)
