"""Posts JSON to an address of the operator's, within a bounded time."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any

from aggregator.errors import AggregatorError
from aggregator.hangup import hang_up_after

_LONGEST_STEP, _LONGEST = 10.0, 20.0  # seconds, of one step and of all


def post(url: str, content: object, longest: float = _LONGEST) -> None:
    """Returns once it was accepted; no redirect is followed, since what is posted would be lost on the way.

    Raises AggregatorError, OSError, ValueError; nothing else, whatever is answered.
    """
    opened: list[HTTPConnection] = []

    class Plain(urllib.request.HTTPHandler):
        def http_open(self, request: urllib.request.Request) -> HTTPResponse:
            return self.do_open(_remembered(HTTPConnection, opened), request)

    class Secure(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> HTTPResponse:
            return self.do_open(_remembered(HTTPSConnection, opened), request)

    headers = {"Content-Type": "application/json", "User-Agent": "aggregator"}
    request = urllib.request.Request(url, json.dumps(content).encode(), headers)  # noqa: S310 - http: the setting's kind says so
    opener = urllib.request.build_opener(Plain, Secure, _NoRedirect)
    with hang_up_after(longest, lambda: opened[-1].sock if opened else None):
        try:
            opener.open(request, timeout=_LONGEST_STEP).close()
        except urllib.error.HTTPError as error:
            error.close()
            raise AggregatorError(f"it answered {error.code} {error.reason}") from None
        except HTTPException as error:
            raise AggregatorError(f"what it answered is not HTTP ({type(error).__name__})") from error


def _remembered(kind: type[HTTPConnection], opened: list[HTTPConnection]) -> Callable[..., HTTPConnection]:
    def make(host: str, **options: Any) -> HTTPConnection:
        opened.append(kind(host, **options))
        return opened[-1]

    return make


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        raise AggregatorError(f"it redirects to {arguments[-1]}: name that address")
