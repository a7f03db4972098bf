"""What is published, over HTTP: a table of paths, each one file of the public folder; nothing else is served.

Conditional requests follow RFC 9110, 13: a reader that has the file already gets a 304 of a few bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.export import ARCHIVE_OUTPUTS, HTML, NOT_FOUND, OUTPUTS, SOURCE_OUTPUTS, TAG_OUTPUTS
from aggregator.export.places import FEED, SLUG, numbered
from aggregator.files import is_file
from aggregator.times import format_http_date
from aggregator.web import responses
from aggregator.web.conditional import is_fresh, takes_gzip
from aggregator.web.feeds import VIEW_POLICY, VIEW_TYPE, VIEWED, FeedSettings, as_page, wants_page
from aggregator.web.file_cache import FileCache, read
from aggregator.web.responses import GUARDS, Endpoint

_SEARCHES = 4  # at a time
_BINARY = ("image/x-icon", "image/png")
_PAGE = re.compile("[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Page:
    """One row of what is served; what stands in braces is a slug, of which there may be any number."""

    path: str
    name: str  # of the file in the public folder
    media_type: str


PAGES: tuple[Page, ...] = tuple(
    Page(f"/{name.removesuffix('index.html')}", name, output.media_type)
    for outputs, kind in (
        (OUTPUTS, ""),
        (TAG_OUTPUTS, "{tag}"),
        (SOURCE_OUTPUTS, "{source}"),
        (ARCHIVE_OUTPUTS, "{month}"),
    )
    for output in outputs
    # Further pages first: as routes they are the more special ones.
    for name in ([numbered(output.name, "{page}")] if output.paged else []) + [output.name]
    for name in (name.replace("{}", kind),)
    if name != NOT_FOUND
) + tuple(
    Page(f"/{name}", name, media_type)
    for name, media_type in (
        ("feed.css", "text/css"),
        ("favicon.ico", "image/x-icon"),
        ("icon.svg", "image/svg+xml"),
        ("icon-{hash}.svg", "image/svg+xml"),
        ("icon-{hash}.png", "image/png"),
        ("icon-{hash}.ico", "image/x-icon"),
    )
)

Health = Callable[
    [str], tuple[int, bytes, str]
]  # name of the page -> status, body, media type; may take a while
HEALTH_PAGES = ("healthz", "readyz", "health", "health.json", "health.atom")
Search = Callable[
    [str, int], tuple[int, bytes]
]  # words and number of the page -> status and page; may be slow

ShowStory = Callable[[str], tuple[int, bytes]]  # key of the story -> status and page


def make_app(
    folder: Path,
    max_age: Callable[[], int],
    prefix: str = "/",
    *,
    search: Search | None = None,
    story: ShowStory | None = None,
    private: bool = False,
    health: Health | None = None,
    feeds: FeedSettings | None = None,
) -> ASGIApp:
    """The ASGI application over the public folder; `max_age`: seconds until it is worth asking again.

    `prefix`: the path of base_url. A proxy before us may take it off or leave it on; both are answered.
    `private`: no shared cache may keep answers, since a password is asked for. `feeds`: what is said of
    feeds in headers, and further paths of the merged one.
    """

    def caching() -> str:
        return f"{'private' if private else 'public'}, max-age={max(0, max_age())}"

    feeds = feeds or FeedSettings()
    cache = FileCache(folder)
    routes: list[Route] = []
    for page in PAGES:
        if page.name.endswith("index.html"):
            routes.append(Route(f"/{page.name}", responses.redirect("./"), methods=["GET"]))
        if page.path.endswith("/") and page.path != "/":
            name = page.path.strip("/")
            routes.append(Route(f"/{name}", responses.redirect(f"{name}/"), methods=["GET"]))
    files = {page.path: _endpoint(page, cache, caching, feeds) for page in PAGES}
    routes += [Route(path, endpoint, methods=["GET"]) for path, endpoint in files.items()]
    routes += [Route(path, files[f"/{FEED}"], methods=["GET"]) for path in feeds.aliases]
    if story:
        routes.append(Route("/story/{key}", _story(story, caching), methods=["GET"]))
    if search:
        routes.append(Route("/search", _searching(search, caching), methods=["GET"]))
    if health:
        routes += [Route(f"/{name}", _health(health, name), methods=["GET"]) for name in HEALTH_PAGES]
    else:
        routes.append(Route("/healthz", responses.healthz, methods=["GET"]))
    app = Starlette(
        routes=routes,
        exception_handlers={404: responses.not_found(folder / NOT_FOUND), 405: responses.not_allowed},
    )
    app.router.redirect_slashes = False
    direct = _Direct(files, app)
    return direct if prefix == "/" else _WithoutPrefix(direct, prefix)


class _Direct:
    """Answers what is asked for most, files at fixed paths, without trying the routes in turn (benchmarks/serving.py)."""

    def __init__(self, files: Mapping[str, Endpoint], rest: ASGIApp) -> None:
        self._files, self._rest = files, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._rest
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in self._files:
            with contextlib.suppress(HTTPException):
                app = await self._files[scope["path"]](Request(scope))
        await app(scope, receive, send)


class _WithoutPrefix:
    """Takes the path of base_url off, where it is still there."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            scope = {**scope, "path": scope["path"][len(self._prefix) - 1 :]}
        await self._app(scope, receive, send)


def _endpoint(page: Page, cache: FileCache, caching: Callable[[], str], feeds: FeedSettings) -> Endpoint:
    charset = "" if page.media_type.endswith("json") or page.media_type in _BINARY else "; charset=utf-8"
    guards = {**GUARDS, "Content-Type": page.media_type + charset}
    if page.media_type == HTML:
        guards["Content-Security-Policy"] = responses.HTML_POLICY + responses.FORM_POLICY

    def headers_of(name: str, etag: str, cached: str) -> dict[str, str]:
        return {
            "ETag": etag,
            "Cache-Control": cached,
            "Vary": "Accept-Encoding, Accept" if page.media_type in VIEWED else "Accept-Encoding",
            **feeds.headers(name, page.media_type),
        }

    @lru_cache(8)  # many readers have the same
    def not_modified(name: str, etag: str, cached: str) -> Response:
        return Response(status_code=304, headers=headers_of(name, etag, cached))

    def is_published() -> bool:
        return is_file(cache.folder / FEED)

    async def endpoint(request: Request) -> Response:
        slugs = request.path_params
        if not all(re.fullmatch(SLUG, slug) for slug in slugs.values()):
            raise HTTPException(404)
        name = page.name.format(**slugs)
        viewed = page.media_type in VIEWED and wants_page(request.headers)
        form, change = (
            ("page", partial(as_page, name=name, base_url=feeds.base_url)) if viewed else ("", None)
        )
        try:
            document = cache.fresh(name, form)
            if document is None:
                document = await run_in_threadpool(read, cache.folder / name, change)
                cache.keep(name, document, form)
        except OSError as error:  # not there yet, or not ours to read
            if (slugs or page.media_type.startswith("image/")) and is_published():
                raise HTTPException(404) from error
            return responses.not_yet()
        packed = document.packed if takes_gzip(request.headers) else None
        body = packed or document.plain
        if is_fresh(request.headers, body.etag, document.modified):
            return not_modified(name, body.etag, caching())
        headers = headers_of(name, body.etag, caching()) | guards
        if viewed:
            headers |= {"Content-Type": VIEW_TYPE, "Content-Security-Policy": VIEW_POLICY}
        headers["Last-Modified"] = format_http_date(document.modified)
        headers["Content-Length"] = str(len(body.data))
        if body.encoding:
            headers["Content-Encoding"] = body.encoding
        return Response(b"" if request.method == "HEAD" else body.data, headers=headers)

    return endpoint


def one_page(path: str, render: Callable[[], tuple[bytes, str]]) -> ASGIApp:
    """An application with one page; `render` gives its body and media type, and may take a while."""

    async def endpoint(request: Request) -> Response:
        body, media_type = await run_in_threadpool(render)
        return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    return Starlette(routes=[Route(path, endpoint, methods=["GET"])])


def _health(health: Health, name: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        status, body, media_type = await run_in_threadpool(health, name)
        headers = {**GUARDS, "Cache-Control": "no-store", "Content-Length": str(len(body))}
        headers["Content-Type"] = media_type + ("" if media_type.endswith("json") else "; charset=utf-8")
        if media_type == HTML:
            headers["Content-Security-Policy"] = responses.HTML_POLICY + responses.FORM_POLICY
            headers["Refresh"] = "60"  # whoever has it open sees what changes
        return Response(b"" if request.method == "HEAD" else body, status, headers)

    return endpoint


def _story(show: ShowStory, caching: Callable[[], str]) -> Endpoint:
    turns = asyncio.Semaphore(_SEARCHES)

    async def endpoint(request: Request) -> Response:
        async with turns:
            status, page = await run_in_threadpool(show, request.path_params["key"])
        headers = {
            **GUARDS,
            "Content-Type": f"{HTML}; charset=utf-8",
            "Content-Security-Policy": responses.HTML_POLICY + responses.FORM_POLICY,
            "Cache-Control": caching() if status == 200 else "no-store",
            "Content-Length": str(len(page)),
        }
        return Response(b"" if request.method == "HEAD" else page, status, headers)

    return endpoint


def _searching(search: Search, caching: Callable[[], str]) -> Endpoint:
    turns = asyncio.Semaphore(_SEARCHES)
    guards = {
        **GUARDS,
        "Content-Type": f"{HTML}; charset=utf-8",
        "Content-Security-Policy": responses.HTML_POLICY + responses.FORM_POLICY,
    }

    async def endpoint(request: Request) -> Response:
        query = request.query_params.get("q", "")
        number = request.query_params.get("page", "1")
        async with turns:
            status, page = await run_in_threadpool(
                search, query, int(number) if _PAGE.fullmatch(number) else 1
            )
        kept = caching() if status == 200 else "no-store"
        headers = {**guards, "Cache-Control": kept, "Content-Length": str(len(page))}
        return Response(b"" if request.method == "HEAD" else page, status, headers)

    return endpoint
