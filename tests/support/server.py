"""A real HTTP server on loopback, in a thread of its own: what it answers is a table, what it was asked is kept.

    with serve({"/feed": Feed(b"<rss/>"), "/gone": Reply(410)}) as server:
        ... server.url("/feed") ...
        assert server.requests[0].header("Accept-Encoding") == "gzip"

One connection carries one answer. Nothing sleeps: a route that hangs waits for its socket, and leaving
the block wakes it.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType

Headers = tuple[tuple[str, str | bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent, as it stood on the wire."""

    method: str
    target: str  # path and query
    headers: tuple[tuple[bytes, bytes], ...]  # in order, names as they were spelt
    body: bytes
    at: float  # time.monotonic()

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, as Latin-1, or None."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; Content-Length and Connection: close are added where they are not given."""

    status: int = 200
    body: bytes = b""
    headers: Headers = ()

    def wire(self, method: str = "GET") -> bytes:
        """The bytes to send."""
        given = {name.lower() for name, _ in self.headers}
        bodiless = self.status in (204, 304)
        headers = list(self.headers)
        if not bodiless and not given & {"content-length", "transfer-encoding"}:
            headers.append(("Content-Length", str(len(self.body))))
        if "connection" not in given:
            headers.append(("Connection", "close"))
        phrase = http.HTTPStatus(self.status).phrase if self.status in set(http.HTTPStatus) else "Odd"
        lines = [f"HTTP/1.1 {self.status} {phrase}".encode()]
        for name, value in headers:
            lines.append(
                name.encode() + b": " + (value if isinstance(value, bytes) else value.encode("latin-1"))
            )
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        return head if bodiless or method == "HEAD" else head + self.body


@dataclass(slots=True)
class Feed:
    """A document that knows its validators and answers 304; a test may swap the body between polls."""

    body: bytes
    content_type: str = "application/rss+xml"
    etag: str | None = "auto"  # "auto" is a hash of the body, None sends none
    last_modified: str | None = None
    gzip: bool = False  # only for clients that accept it
    headers: Headers = ()

    def __call__(self, request: Request) -> Reply:
        packed = self.gzip and "gzip" in (request.header("Accept-Encoding") or "")
        etag = self.etag
        if etag == "auto":
            etag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}{"-gzip" if packed else ""}"'
        headers: list[tuple[str, str | bytes]] = [*self.headers]
        headers += [("ETag", etag)] if etag else []
        headers += [("Last-Modified", self.last_modified)] if self.last_modified else []
        if self._is_current(request, etag):
            return Reply(304, headers=tuple(headers))
        headers.append(("Content-Type", self.content_type))
        headers += [("Content-Encoding", "gzip")] if packed else []
        return Reply(200, gzip.compress(self.body, mtime=0) if packed else self.body, tuple(headers))

    def _is_current(self, request: Request, etag: str | None) -> bool:
        asked = request.header("If-None-Match")  # takes precedence: RFC 9110, 13.1.3
        if asked is not None:
            return etag is not None and etag in asked
        since = request.header("If-Modified-Since")
        return since is not None and since == self.last_modified


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer to the byte: sent as it is, or made by a handler that is given the socket."""

    answer: bytes | Callable[[socket.socket], object]


def hang(client: socket.socket) -> None:
    """For Raw: says nothing until the client gives up or the server closes."""
    while client.recv(65536):
        pass


def redirect(to: str | bytes, status: int = 301) -> Reply:
    """An answer that leads elsewhere."""
    return Reply(status, headers=(("Location", to),))


Route = bytes | Reply | Feed | Raw | Callable[[Request], Reply]


@dataclass
class Server:
    """What `serve` gives: where it listens, what it answers, what it was asked."""

    host: str
    port: int
    scheme: str
    routes: dict[str, Route]  # by path and query, else by path; may be changed while it runs
    requests: list[Request] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)  # raised by routes; raised again at the end

    def url(self, path: str = "/") -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        """The requests for one path, oldest first."""
        return [request for request in self.requests if request.target.partition("?")[0] == path]


@contextlib.contextmanager
def serve(
    routes: Mapping[str, Route], host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """A server on a free port of a loopback address until the block is left; https where `tls` is given."""
    with _Listener(host, tls) as listener:
        server = Server(host, listener.port, "https" if tls else "http", dict(routes))
        listener.start(server)
        yield server
    if server.errors:
        raise server.errors[0]


class _Listener:
    """Accepts connections, a thread each, and ends them all on leaving."""

    def __init__(self, host: str, tls: ssl.SSLContext | None) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, 0), family=family, backlog=1024)
        self._address: tuple[str, int] = self._socket.getsockname()[:2]
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closing = False
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        return self._address[1]

    def __enter__(self) -> _Listener:
        return self

    def start(self, server: Server) -> None:
        self._spawn(self._accept, server)

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads = [*(known for known in self._threads if known.is_alive()), thread]
        thread.start()

    def _accept(self, server: Server) -> None:
        while True:
            client, _ = self._socket.accept()
            with self._lock:
                if self._closing:
                    client.close()
                    return
                self._open.add(client)
            self._spawn(self._converse, client, server)

    def _converse(self, client: socket.socket, server: Server) -> None:
        with contextlib.suppress(OSError):  # the client hung up, or we are closing
            if self._tls is not None:
                plain, client = client, self._tls.wrap_socket(client, server_side=True)
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(client)
            _answer(client, server)
        with self._lock:
            self._open.discard(client)
        client.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closing = True
            for client in self._open:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):  # wakes accept() on every system
            socket.create_connection(self._address, timeout=1).close()
        for thread in self._threads:
            thread.join(timeout=5)
        self._socket.close()


def _answer(client: socket.socket, server: Server) -> None:
    request = _read(client)
    if request is None:
        return
    server.requests.append(request)
    routes = server.routes
    route = routes.get(request.target, routes.get(request.target.partition("?")[0], Reply(404)))
    try:
        if isinstance(route, Raw):
            client.sendall(route.answer) if isinstance(route.answer, bytes) else route.answer(client)
            return
        reply = Reply(body=route) if isinstance(route, bytes) else route
        client.sendall((reply if isinstance(reply, Reply) else reply(request)).wire(request.method))
    except OSError:
        raise
    except Exception as error:
        server.errors.append(error)
        client.sendall(Reply(500).wire())


def _read(client: socket.socket) -> Request | None:
    """One request, or None where the client left before it was complete."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(65536)
        if not piece:
            return None
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ", 2)
    pairs = (line.partition(b":") for line in lines)
    headers = tuple((name, value.strip(b" \t")) for name, _, value in pairs)
    request = Request(method, target, headers, b"", time.monotonic())
    length = int(request.header("Content-Length") or 0)
    while len(body) < length:
        piece = client.recv(65536)
        if not piece:
            return None
        body += piece
    return Request(method, target, headers, body, request.at)
