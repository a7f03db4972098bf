"""What is published, over HTTP: a table of paths, each one file of the public folder; nothing else is served.

Conditional requests follow RFC 9110, 13: a reader that has the file already gets a 304 of a few bytes.
"""

from __future__ import annotations

import gzip
import html
import os
import re
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from aggregator.export import OUTPUTS

_RETRY = 30  # seconds; the first publish comes after the first poll


@dataclass(frozen=True, slots=True)
class Page:
    """One row of what is served."""

    path: str
    name: str  # of the file in the public folder
    media_type: str


PAGES: tuple[Page, ...] = tuple(
    Page("/" if output.name == "index.html" else f"/{output.name}", output.name, output.media_type)
    for output in OUTPUTS
)

# The digest's own meta element narrows its style to a hash; this is what a page of any version needs.
_HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": f"default-src 'none'; {_POLICY}",
}


@dataclass(frozen=True, slots=True)
class Body:
    """One form of a file: as it is, or packed."""

    data: bytes
    etag: str  # strong, hence another for each form (RFC 9110, 8.8.3.3)
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it stood on disk, ready to be sent."""

    state: tuple[int, int, int]
    modified: int  # whole seconds, all that an HTTP date can say
    plain: Body
    packed: Body | None  # None where packing gains nothing


Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(folder: Path, max_age: Callable[[], int]) -> Starlette:
    """The ASGI application over the public folder; `max_age`: seconds until it is worth asking again."""
    pages = [
        Route(page.path, _endpoint(page, folder / page.name, max_age), methods=["GET"]) for page in PAGES
    ]
    app = Starlette(
        routes=[*pages, Route("/healthz", _healthz, methods=["GET"])],
        exception_handlers={404: _not_found, 405: _not_allowed},
    )
    app.router.redirect_slashes = False
    return app


def _endpoint(page: Page, path: Path, max_age: Callable[[], int]) -> Endpoint:
    kept: Document | None = None
    charset = "" if page.media_type.endswith("json") else "; charset=utf-8"
    guards = {**_GUARDS, "Content-Type": page.media_type + charset}
    if page.media_type == "text/html":
        guards["Content-Security-Policy"] = _HTML_POLICY + _POLICY

    async def endpoint(request: Request) -> Response:
        nonlocal kept
        try:
            if kept is None or kept.state != _state_now(path):
                kept = await run_in_threadpool(_load, path)
            document = kept
        except OSError:  # not there yet, or not ours to read
            return _not_yet()
        packed = document.packed if _takes_gzip(request.headers) else None
        body = packed or document.plain
        headers = {
            "ETag": body.etag,
            "Cache-Control": f"public, max-age={max(0, max_age())}",
            "Vary": "Accept-Encoding",
        }
        if _is_fresh(request.headers, body.etag, document.modified):
            return Response(status_code=304, headers=headers)
        headers |= guards
        headers["Last-Modified"] = formatdate(document.modified, usegmt=True)
        headers["Content-Length"] = str(len(body.data))
        if body.encoding:
            headers["Content-Encoding"] = body.encoding
        return Response(b"" if request.method == "HEAD" else body.data, headers=headers)

    return endpoint


# ---------------------------------------------------------------- the file


def _load(path: Path) -> Document:
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        data = file.read()
    name = sha256(data).hexdigest()[:32]
    packed = gzip.compress(data, mtime=0)
    return Document(
        state=_state(found),
        modified=int(found.st_mtime),
        plain=Body(data, f'"{name}"'),
        packed=Body(packed, f'"{name}-gzip"', "gzip") if len(packed) < len(data) else None,
    )


def _state_now(path: Path) -> tuple[int, int, int]:
    return _state(path.stat())


def _state(found: os.stat_result) -> tuple[int, int, int]:
    if not stat.S_ISREG(found.st_mode):
        raise OSError("not a file")
    return found.st_mtime_ns, found.st_size, found.st_ino


# ---------------------------------------------------------------- what the request asks for


def _takes_gzip(headers: Headers) -> bool:
    """Whether gzip is accepted, and not less gladly than the plain form (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for item in ",".join(headers.getlist("Accept-Encoding")).lower().split(","):
        coding, _, parameter = item.partition(";")
        weights[coding.strip()] = _weight(parameter)
    gladly = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0)))
    return gladly > 0 and gladly >= weights.get("identity", 0)


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if not name.strip():
        return 1
    # What is not a weight is taken as a no: the plain form is right for everybody.
    return float(value) if name.strip() == "q" and re.fullmatch(r"\s*[01](\.\d{0,3})?\s*", value) else 0


def _is_fresh(headers: Headers, etag: str, modified: int) -> bool:
    """Whether the reader has this very form; If-None-Match goes before If-Modified-Since (13.2.2)."""
    tags = headers.getlist("If-None-Match")
    if tags:
        # The weak comparison: a cache on the way may have put W/ before ours.
        return any(tag.strip() == "*" or etag in re.findall(r'"[^"]*"', tag) for tag in tags)
    dates = headers.getlist("If-Modified-Since")
    if len(dates) != 1:
        return False
    try:
        date = parsedate_to_datetime(dates[0])
        # The asctime form names no zone; every HTTP date is in GMT (5.6.7).
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() >= modified
    except (ValueError, OverflowError):
        return False  # 13.1.3: what is no date is ignored


# ---------------------------------------------------------------- other answers


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={**_GUARDS, "Cache-Control": "no-store"})


def _not_yet() -> Response:
    text = "Nothing is published yet. The first poll is on its way; please come back in a minute.\n"
    return PlainTextResponse(text, 503, {**_GUARDS, "Cache-Control": "no-store", "Retry-After": str(_RETRY)})


async def _not_found(request: Request, error: Exception) -> Response:
    home = html.escape(f"{request.scope.get('root_path', '')}/")
    text = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>Not found</title>\n'
        f'<h1>Not found</h1>\n<p>There is nothing here. <a href="{home}">The digest</a> is at the front door.</p>\n'
    )
    return HTMLResponse(text, 404, {**_GUARDS, "Cache-Control": "no-store"})


async def _not_allowed(request: Request, error: Exception) -> Response:
    return PlainTextResponse(
        "Only GET and HEAD are answered here.\n",
        405,
        {**_GUARDS, "Allow": "GET, HEAD", "Cache-Control": "no-store"},
    )
