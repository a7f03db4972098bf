"""Why an exchange failed, as an exception inside `fetch`; the fetcher turns it into a FetchError."""

from __future__ import annotations

import errno
import os

from aggregator.errors import AggregatorError
from aggregator.fetch.httpx_door import httpcore
from aggregator.models import FetchErrorKind
from aggregator.text import one_line, shorten

LONGEST_MESSAGE = 300  # characters


class FetchProblem(AggregatorError):
    """Why there is no document, on one line, for the feed's owner to read; without credentials."""

    def __init__(self, kind: FetchErrorKind, message: str) -> None:
        self.kind = kind
        super().__init__(message)


# What this machine lacks, for any host.
_LOCAL = frozenset(
    {
        *(errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO),
    }
)


def local_problem(error: BaseException | None) -> FetchProblem | None:
    """The problem where this machine is to blame for the exception, or for one that it came from."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _LOCAL:
            return FetchProblem(
                "local", f"this machine is short of something: {os.strerror(error.errno).lower()}"
            )
        if isinstance(error, MemoryError) or "start new thread" in str(error):
            return FetchProblem("local", "this machine is short of memory or threads")
        error = error.__cause__
    return None


def explain(error: Exception) -> FetchProblem:
    """The problem that an exception of the HTTP library or of the network stands for."""
    if isinstance(error, FetchProblem):
        return error
    local = local_problem(error)
    if local is not None:
        return local
    words = _own_words(error)
    if isinstance(error, httpcore.ProxyError):
        return FetchProblem("unreachable", f"the proxy refused the connection: {words.split()[0]}")
    if isinstance(error, httpcore.RemoteProtocolError):
        if "without sending" in words:  # closed before the answer, or before its end
            return FetchProblem("protocol", f"incomplete response: {words}")
        return FetchProblem("protocol", f"not a valid HTTP response: {words}")
    if isinstance(error, httpcore.LocalProtocolError):
        return FetchProblem("protocol", "the request is not valid HTTP")
    if isinstance(error, httpcore.NetworkError | OSError):
        return FetchProblem("protocol", f"connection lost: {words}")
    return FetchProblem("protocol", f"the exchange failed: {type(error).__name__}: {words}")


def readable(message: str) -> str:
    """A message for one line of a log, a terminal or a table."""
    return shorten(one_line(message), LONGEST_MESSAGE)


def _own_words(error: Exception) -> str:
    """The library's words without what follows the colon: there it quotes the server, who may quote us."""
    return str(error).partition(":")[0].strip().rstrip(".") or type(error).__name__
