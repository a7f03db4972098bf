"""What feeds are signed in with: read without ever repeating it, since it may hold a secret."""

from __future__ import annotations

import re

from aggregator.config.issues import InvalidValue, redact
from aggregator.config.tree import Mapping, Node, Scalar
from aggregator.settings import Setting

AUTH_PATTERN = r"^([Bb]asic +(file:|[^:]*:)|[Bb]earer +\S)"
PROXY_PATTERN = r"^(http://\S+|\$\{\S+|file:.+)$"

SMTP_PATTERN = r"^smtps?://[A-Za-z0-9.:\[\]-]+(:[0-9]{1,5})?/?$"

STORE_PATTERN = r"^(postgres(ql)?://\S*|\$\{[A-Za-z_][A-Za-z0-9_]*\}|file:.+)$"

_AUTH_EXAMPLE = "write it as `basic NAME:${PASSWORD}` or `bearer ${TOKEN}`"
_HEADERS_EXAMPLE = "indent names and values under it, for example `X-Api-Key: ${KEY}`"
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
        raise InvalidValue("is not a valid authentication", _AUTH_EXAMPLE)
    _refuse_unprintable(text)
    return text


def read_proxy(node: Scalar, setting: Setting) -> str:
    text = node.text.strip()
    if not re.match(PROXY_PATTERN, text):
        raise InvalidValue("is not an HTTP proxy URL", _PROXY_EXAMPLE)
    _refuse_unprintable(text)
    return text


def read_smtp(node: Scalar, setting: Setting) -> str:
    text = node.text.strip()
    if "@" in text or not re.match(SMTP_PATTERN, text):
        raise InvalidValue(
            "is not a mail server", "write it as smtp://localhost:25; user and password stand apart"
        )
    return text


def read_store(node: Scalar, setting: Setting) -> str:
    from aggregator.uris import database_advice

    text = node.text.strip()
    if not re.match(STORE_PATTERN, text):
        raise InvalidValue(
            "is not the address of a PostgreSQL database",
            "write it as postgresql://NAME:${PASSWORD}@HOST/DATABASE",
        )
    if text.startswith("postgres") and (advice := database_advice(text)):
        raise InvalidValue("is not the address of a PostgreSQL database", advice)
    _refuse_unprintable(text)
    return text


def read_secret(node: Scalar, setting: Setting) -> str:
    text = node.text.strip()
    if not text:
        raise InvalidValue("is empty", "write a text, or remove the line")
    _refuse_unprintable(text)
    return text


def read_headers(node: Node) -> tuple[tuple[str, str], ...]:
    """Names and values, in file order."""
    if not isinstance(node, Mapping):
        raise InvalidValue("must be a mapping", _HEADERS_EXAMPLE)
    found: dict[str, tuple[str, str]] = {}
    for name, entry in node.entries.items():
        if not _TOKEN.fullmatch(name):
            raise InvalidValue(f"`{redact(name)}` is not a header name", _HEADERS_EXAMPLE)
        if name.lower() in _OURS:
            raise InvalidValue(f"`{redact(name)}` is set by the program", "remove it")
        if name.lower() in found:
            raise InvalidValue(f"`{redact(name)}` is set twice", "remove one of them")
        if not isinstance(entry.value, Scalar) or not entry.value.text.strip():
            raise InvalidValue(f"`{redact(name)}` has no value", _HEADERS_EXAMPLE)
        _refuse_unprintable(entry.value.text)
        found[name.lower()] = (name, entry.value.text.strip())
    return tuple(found.values())


def _refuse_unprintable(text: str) -> None:
    if not text.isprintable():
        raise InvalidValue("contains an unprintable character", "remove it")
