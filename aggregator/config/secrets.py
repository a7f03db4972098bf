"""What feeds are signed in with: read without ever repeating it, since it may hold a secret."""

from __future__ import annotations

import re

from aggregator.config.complaints import Wrong, shown
from aggregator.config.tree import Mapping, Node, Scalar
from aggregator.settings import Setting

AUTH_PATTERN = r"^([Bb]asic +(file:|[^:]*:)|[Bb]earer +\S)"
PROXY_PATTERN = r"^(http://\S+|\$\{\S+|file:.+)$"

_AUTH_EXAMPLE = "write it as `basic NAME:${PASSWORD}` or `bearer ${TOKEN}`"
_HEADERS_EXAMPLE = "write names and values indented under it, as `X-Api-Key: ${KEY}`"
_PROXY_EXAMPLE = "write it as http://proxy.example:3128"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What a request is about, and how its bytes are framed, is not for feeds.yaml to say.
_OURS = frozenset(
    "accept-encoding a-im connection content-length expect host if-match if-modified-since if-none-match "
    "if-range if-unmodified-since keep-alive proxy-authorization proxy-connection range te trailer "
    "transfer-encoding upgrade".split()
)


def read_auth(node: Scalar, setting: Setting) -> str:
    text = node.text.strip()
    if not re.match(AUTH_PATTERN, text):
        raise Wrong("is neither a name and password nor a token", _AUTH_EXAMPLE)
    _refuse_unprintable(text)
    return text


def read_proxy(node: Scalar, setting: Setting) -> str:
    text = node.text.strip()
    if not re.match(PROXY_PATTERN, text):
        raise Wrong("is not the address of an HTTP proxy", _PROXY_EXAMPLE)
    _refuse_unprintable(text)
    return text


def read_headers(node: Node) -> tuple[tuple[str, str], ...]:
    """Names and values, in file order."""
    if not isinstance(node, Mapping):
        raise Wrong("needs keys of its own", _HEADERS_EXAMPLE)
    found: dict[str, tuple[str, str]] = {}
    for name, entry in node.entries.items():
        if not _TOKEN.fullmatch(name):
            raise Wrong(f"`{shown(name)}` is not the name of a header", _HEADERS_EXAMPLE)
        if name.lower() in _OURS:
            raise Wrong(f"`{shown(name)}` is for the program to say", "remove it")
        if name.lower() in found:
            raise Wrong(f"`{shown(name)}` stands twice", "keep one of the two")
        if not isinstance(entry.value, Scalar) or not entry.value.text.strip():
            raise Wrong(f"`{shown(name)}` has no value", _HEADERS_EXAMPLE)
        _refuse_unprintable(entry.value.text)
        found[name.lower()] = (name, entry.value.text.strip())
    return tuple(found.values())


def _refuse_unprintable(text: str) -> None:
    if not text.isprintable():
        raise Wrong("holds a character that cannot be printed", "remove it")
