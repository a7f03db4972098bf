"""Where the web server listens at a Unix socket: what is in the way is named and left alone, a stale socket is replaced."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aggregator.web.sockets import ServerError, address_of, listen


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where relative paths begin: the path of a socket is short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def bound(path: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(path)
    return made


def test_the_address_tells_where(folder: Path) -> None:
    with listen("unix:web.sock", 0) as listener:
        assert address_of(listener) == "unix:web.sock"
        assert (folder / "web.sock").stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("listened", [True, False])
def test_a_socket_that_a_crash_has_left_is_replaced(listened: bool) -> None:
    old = bound("web.sock")
    if listened:
        old.listen()
    old.close()
    with listen("unix:web.sock", 0), socket.socket(socket.AF_UNIX) as client:
        client.connect("web.sock")


def make_file() -> None:
    Path("web.sock").write_text("mine")


def make_pipe() -> None:
    os.mkfifo("web.sock")


def make_link_to_file() -> None:
    Path("other").write_text("mine")
    Path("web.sock").symlink_to("other")


def make_link_to_nothing() -> None:
    Path("web.sock").symlink_to("nowhere")


def make_link_to_stale_socket() -> None:
    bound("other").close()
    Path("web.sock").symlink_to("other")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_file, "a file that is no socket is there; name another path, or remove it"),
        (make_pipe, "a file that is no socket is there"),
        (lambda: Path("web.sock").mkdir(), "it is a folder; name a file in it, as unix:web.sock/web.sock"),
        (make_link_to_file, "it is a symbolic link; remove it, or name the path"),
        (make_link_to_nothing, "it is a symbolic link"),
        (make_link_to_stale_socket, "it is a symbolic link"),
    ],
    ids=["file", "pipe", "folder", "link to a file", "dangling link", "link to a stale socket"],
)  # fmt: skip
def test_what_is_no_socket_is_named_and_left_alone(make: object, words: str, folder: Path) -> None:
    assert callable(make)
    make()
    before = {path.name: path.lstat() for path in folder.iterdir()}
    with pytest.raises(ServerError, match="cannot serve at unix:web.sock: " + words):
        listen("unix:web.sock", 0)
    assert {path.name: path.lstat() for path in folder.iterdir()} == before


def test_a_server_that_is_there_keeps_its_socket(sockets: ExitStack) -> None:
    server = sockets.enter_context(bound("web.sock"))
    server.listen()
    with pytest.raises(ServerError, match="another process serves there; stop it, or name another path"):
        listen("unix:web.sock", 0)
    server.setblocking(True)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("web.sock")


def test_a_server_that_accepts_nobody_is_there_all_the_same(sockets: ExitStack) -> None:
    """As one that is stopped: a connection to it waits for ever."""
    server = sockets.enter_context(bound("web.sock"))
    server.listen(0)
    for _ in range(5):
        client = sockets.enter_context(socket.socket(socket.AF_UNIX))
        client.setblocking(False)
        try:
            client.connect("web.sock")
        except BlockingIOError:
            break
    with pytest.raises(ServerError, match="another process serves there"):
        listen("unix:web.sock", 0)
    assert Path("web.sock").is_socket()


def test_a_socket_of_another_kind_is_in_use(sockets: ExitStack) -> None:
    """As that of a log daemon, to which nobody can connect as to a server."""
    sockets.enter_context(bound("web.sock", socket.SOCK_DGRAM))
    with pytest.raises(ServerError, match="another process serves there"):
        listen("unix:web.sock", 0)
    assert Path("web.sock").is_socket()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("unix:", "--host unix: lacks a path"),
        ("unix:missing/web.sock", "there is no folder missing; make it, or name another path"),
        ("unix:file/web.sock", "there is no folder file"),
        (f"unix:{'x' * 120}", "the path of a socket can have 103 bytes; name a shorter one"),
        (f"unix:{'é' * 60}", "the path of a socket can have 103 bytes"),
    ],
    ids=["no path", "no folder", "a file for a folder", "long", "long in bytes"],
)
def test_a_path_where_no_socket_can_be_is_told(host: str, words: str) -> None:
    Path("file").write_text("")
    with pytest.raises(ServerError, match=words):
        listen(host, 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes what is read-only")
def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o500)
    with pytest.raises(ServerError, match="this user may not make files in closed; name a folder of its own"):
        listen("unix:closed/web.sock", 0)
