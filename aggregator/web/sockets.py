"""The socket at which the web server listens: an address and a port, or the path of a Unix socket."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import Any

from aggregator.errors import AggregatorError

UNIX = "unix:"  # a host that begins like this is the path of a Unix socket
_LONGEST_PATH = 103  # bytes of such a path: 107 on Linux, 103 on macOS


class ServerError(AggregatorError):
    """The address cannot be served at; the text says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; `host` may be `unix:` and a path. Raises ServerError with what to do."""
    if host.startswith(UNIX):
        return _listen_unix(host.removeprefix(UNIX))
    if not host.strip("[] "):
        raise ServerError("--host is empty, which would mean every address: write 0.0.0.0 if that is meant")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServerError(
            f"cannot serve at {host}:{port}: {error.strerror or error}; choose another --port or --host,"
            " or --no-web"
        ) from error
    return listener


def _listen_unix(written: str) -> socket.socket:
    """A Unix socket that the owner and the group may use, so that a web server of that group can."""
    if not written:
        raise ServerError("--host unix: lacks a path; write it as unix:/run/aggregator/web.sock")
    path = Path(written)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _make_way(path)
        before = os.umask(0o117)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _cannot(path, _advice(path, error)) from error
    except ServerError:
        listener.close()
        raise
    return listener


def _make_way(path: Path) -> None:
    """Removes a socket that was left by a crash, and nothing else. Raises ServerError with what is there, OSError."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise _cannot(path, "it is a symbolic link; remove it, or name the path that it leads to")
    if stat.S_ISDIR(mode):
        raise _cannot(path, f"it is a folder; name a file in it, as {UNIX}{path / 'web.sock'}")
    if not stat.S_ISSOCK(mode):
        raise _cannot(
            path, "a file that is no socket is there; name another path, or remove it if it is not needed"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # one that has no time to accept is in use as well
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except PermissionError:
            raise _cannot(path, "a socket of another user is there; name another path") from None
        except OSError:  # of another kind, as of a log daemon
            pass
    raise _cannot(path, "another process serves there; stop it, or name another path")


def _advice(path: Path, error: OSError) -> str:
    """What was wrong and what to do."""
    if len(os.fsencode(path)) > _LONGEST_PATH:
        return f"the path of a socket can have {_LONGEST_PATH} bytes; name a shorter one, as /run/aggregator/web.sock"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"there is no folder {path.parent}; make it, or name another path"
    if isinstance(error, PermissionError):
        return f"this user may not make files in {path.parent}; name a folder of its own, or change the owner of this one"
    return f"{error.strerror or error}; name another path"


def _cannot(path: Path, why: str) -> ServerError:
    return ServerError(f"cannot serve at {UNIX}{path}: {why}")


def address_of(listener: socket.socket) -> str:
    """As "http://127.0.0.1:8080/", or "unix:/run/aggregator/web.sock"."""
    name: Any = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"{UNIX}{name}"
    host, port = name[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
