"""Answers that are no file: not found, not allowed, not yet, in good health; and the headers that guard all."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable

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

# As much of the pages' look as a page of one line wants.
_STYLE = """
body { max-width: 34rem; margin: 4rem auto; padding: 0 1.125rem; background: #fcfbf8; color: #1f1c18;
  font: 1.0625rem/1.55 system-ui, sans-serif; }
h1 { font: 700 2rem/1.1 ui-serif, "Noto Serif", Georgia, serif; }
a { color: inherit; }
@media (prefers-color-scheme: dark) { body { background: #171512; color: #ebe6dc; } }
"""


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


def not_found(home: str) -> OnError:
    """A page that leads to the front door, at `home`."""
    text = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>Not found</title>\n'
        f"<style>{_STYLE}</style>\n"
        "<h1>Not found</h1>\n"
        f'<p>There is nothing here. <a href="{html.escape(home)}">The digest</a> is at the front door.</p>\n'
    )

    async def answer(request: Request, error: Exception) -> Response:
        return HTMLResponse(text, 404, {**_UNKEPT, "Content-Security-Policy": HTML_POLICY + POLICY})

    return answer


async def not_allowed(request: Request, error: Exception) -> Response:
    text = "Only GET and HEAD are answered here.\n"
    return PlainTextResponse(text, 405, {**_UNKEPT, "Allow": "GET, HEAD"})
