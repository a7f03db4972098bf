"""Answers that are no file: not found, not allowed, not yet, in good health; and the headers that guard all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]
OnError = Callable[[Request, Exception], Awaitable[Response]]

_RETRY = 30  # seconds; the first publish comes after the first poll

# A page's own meta element narrows this to its style's hash and, where images are off, to no image at all.
HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; "
POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FORM_POLICY = POLICY.replace("form-action 'none'", "form-action 'self'")
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": f"default-src 'none'; {POLICY}",
}
_UNKEPT = {**GUARDS, "Cache-Control": "no-store"}


async def healthz(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers=_UNKEPT)


def not_yet() -> Response:
    text = "Nothing is published yet. The first poll is on its way; please come back in a minute.\n"
    return PlainTextResponse(text, 503, {**_UNKEPT, "Retry-After": str(_RETRY)})


def redirect(to: str) -> Endpoint:
    """An endpoint that leads elsewhere for good; `to` is relative, as a prefix may stand before us."""

    async def endpoint(request: Request) -> Response:
        return RedirectResponse(to, 308, {**GUARDS, "Cache-Control": "public, max-age=86400"})

    return endpoint


def not_found(page: Path) -> OnError:
    """The page of that file, which leads to the others; before the first publish a line of text."""

    async def answer(request: Request, error: Exception) -> Response:
        try:
            body = await run_in_threadpool(page.read_bytes)
        except OSError:
            return PlainTextResponse("There is nothing at this address.\n", 404, _UNKEPT)
        return HTMLResponse(body, 404, {**_UNKEPT, "Content-Security-Policy": HTML_POLICY + FORM_POLICY})

    return answer


async def not_allowed(request: Request, error: Exception) -> Response:
    text = "Only GET and HEAD are answered here.\n"
    return PlainTextResponse(text, 405, {**_UNKEPT, "Allow": "GET, HEAD"})
