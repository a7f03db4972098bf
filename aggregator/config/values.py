"""One small reader for each kind of setting: the text in the file -> the value, or InvalidValue."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from aggregator.config.issues import InvalidValue, redact
from aggregator.config.quantities import (
    DURATION_EXAMPLE,
    SIZE_EXAMPLE,
    read_count,
    read_duration,
    read_size,
)
from aggregator.config.secrets import read_auth, read_proxy, read_secret, read_smtp, read_store
from aggregator.config.tree import Mapping, Node, Scalar
from aggregator.config.urls import feed_url
from aggregator.settings import Kind, Setting
from aggregator.text import printable, squeeze

CLOCK_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
NONE = "none"  # how a setting without a value is written
ALONE = ("both", "off")  # choices that leave no room for another

_WANTED: dict[Kind, tuple[str, str]] = {  # what is wanted, and how it is written
    "text": ("a text", "write it on one line"),
    "url": ("an address", "write it as https://example.org/feed"),
    "iri": ("an id", "copy it from the <id> of feed.atom, as urn:uuid:6a1f7f5e-7ad1-4c46-9e0e-2a2f0f8f4b11"),
    "path": ("the path of a folder", "write it as data or /var/lib/aggregator"),
    "duration": ("a duration", DURATION_EXAMPLE),
    "size": ("a size", SIZE_EXAMPLE),
    "count": ("a whole number", "use digits only"),
    "choice": ("one word", ""),
    # lists: what one item is
    "choices": ("one word", ""),
    "texts": ("a text", "write it on one line"),
    "networks": ("a network", "write it as 127.0.0.0/8 or fd00::/8"),
    "auth": ("a name and password or a token", "write it as `basic NAME:${PASSWORD}` or `bearer ${TOKEN}`"),
    "proxy": ("an HTTP proxy URL", "write it as http://proxy.example:3128"),
    "store": ("the address of a database", "write it as postgresql://NAME:${PASSWORD}@HOST/DATABASE"),
    "smtp": ("a mail server", "write it as smtp://localhost:25"),
    "secret": ("a text", "write it on one line"),
    "clock": ("a time of day", 'write it in quotes, as "07:00"'),
    "timezone": ("a time zone", "write it as Europe/Berlin or UTC"),
    "source": ("a path or an address", "write it as members.opml or https://example.org/members.opml"),
    "includes": ("a path or an address", "write it as members.opml or https://example.org/members.opml"),
    "pattern": ("a word or a /regular expression/", "write it as advert or /advert(orial)?/"),
}


def read(node: Node, setting: Setting) -> Any:
    """The value of a setting, or of one item where the setting is a list. Raises InvalidValue."""
    if not isinstance(node, Scalar):
        found = "a mapping" if isinstance(node, Mapping) else "a list"
        wanted, example = _WANTED[setting.kind]
        raise InvalidValue(f"is {found}, but must be {wanted}", example or _one_of(setting))
    if node.reading == "nothing":
        raise no_value(node)
    if setting.default == node.text == NONE:
        return None
    return READERS[setting.kind](node, setting)


def no_value(node: Scalar) -> InvalidValue:
    if node.text:
        return InvalidValue(
            f"`{node.text}` is read as null by YAML", f'write "{node.text}" in quotes, or remove the line'
        )
    return InvalidValue("has no value", "write one, or remove the line")


def list_wanted(node: Node, setting: Setting) -> InvalidValue:
    """A single value or a mapping stands where the setting is a list."""
    if isinstance(node, Scalar) and node.reading == "nothing":
        return no_value(node)
    if isinstance(node, Scalar):
        return InvalidValue("is a single value, but must be a list", f"write [{redact(node.text)}]")
    return InvalidValue(
        "is a mapping, but must be a list",
        f"write it as [{setting.choices[0]}]" if setting.choices else "start each item with a dash",
    )


def choice_conflict(chosen: tuple[str, ...], setting: Setting) -> InvalidValue | None:
    """The problem with a list of choices each of which is valid, or None."""
    if not chosen:
        return InvalidValue("is an empty list", _one_of(setting))
    for word in ALONE:
        if word in chosen and len(chosen) > 1:
            others = ", ".join(other for other in chosen if other != word)
            return InvalidValue(
                f"`{word}` cannot be combined with {others}", f"write `{word}` alone, or leave it out"
            )
    return None


# ---------------------------------------------------------------- readers


def _text(node: Scalar, setting: Setting) -> str:
    if node.reading != "text":
        raise InvalidValue(
            f"`{redact(node.text)}` is read as {_as_read(node)} by YAML",
            f'write "{redact(node.text)}" in quotes',
        )
    text = squeeze(node.text)
    if not text:
        raise InvalidValue("is empty", "write a text, or remove the line")
    if printable(text) != text:
        raise InvalidValue(f"`{redact(text)}` contains an unprintable character", "remove it")
    return text


def _pattern(node: Scalar, setting: Setting) -> str:
    from aggregator.patterns import compile_pattern, is_expression

    text = _text(node, setting)
    written = node.text.strip()
    if written.startswith("/") and written.endswith("/i"):
        raise InvalidValue(
            f"`{redact(written)}` has flags after its slashes", "remove them; matching ignores case"
        )
    if is_expression(written):  # spaces count
        text = written
    try:
        compile_pattern(text)
    except ValueError as error:
        if not is_expression(text):
            raise InvalidValue(
                f"`{redact(text)}` cannot match anything: {error}", _WANTED["pattern"][1]
            ) from None
        raise InvalidValue(
            f"`{redact(text)}` cannot be used: {error}", "correct it, or use a word or phrase without slashes"
        ) from None
    return text


def _timezone(node: Scalar, setting: Setting) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # 20 ms, which `latest` need not pay

    text = _text(node, setting)
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, as Europe
        raise InvalidValue(f"`{redact(text)}` is not a known time zone", _WANTED["timezone"][1]) from None
    return text


def _as_read(node: Scalar) -> str:
    if node.reading == "date":
        return "a date"
    try:
        value = yaml.safe_load(node.text)
        if isinstance(value, bool):
            return str(value).lower()
        return f"the number {value}" if isinstance(value, int) and str(value) != node.text else "a number"
    except ValueError:  # more digits than Python converts
        return "a number"


def _url(node: Scalar, setting: Setting) -> str:
    if node.reading != "text":
        raise InvalidValue(f"`{redact(node.text)}` is not a URL", _WANTED["url"][1])
    return feed_url(node.text)


def _iri(node: Scalar, setting: Setting) -> str:
    from aggregator.uris import is_sound

    text = node.text.strip()
    if not is_sound(text):
        raise InvalidValue(f"`{redact(text)}` is not an absolute URI", _WANTED["iri"][1])
    return text


def _source(node: Scalar, setting: Setting) -> str:
    return _url(node, setting) if "://" in node.text else str(_path(node, setting))


def _path(node: Scalar, setting: Setting) -> Path:
    text = _text(node, setting)
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InvalidValue(
            f"`{redact(text)}` names an unknown home directory", "write the full path"
        ) from None


def _choice(node: Scalar, setting: Setting) -> str:
    if node.text in setting.choices:  # as written: YAML reads a plain `off` as false
        return node.text
    from difflib import get_close_matches

    near = get_close_matches(node.text.lower(), setting.choices, n=1)
    raise InvalidValue(
        f"`{redact(node.text)}` is not a valid value",
        f"did you mean `{near[0]}`?" if near else _one_of(setting),
    )


def _clock(node: Scalar, setting: Setting) -> str:
    """A time of day; YAML 1.1 reads a plain 7:30 as a number, and what is written is what counts."""
    text = node.text.strip()
    found = re.fullmatch(CLOCK_PATTERN[1:-1], text)
    if not found:
        raise InvalidValue(f"`{redact(text)}` is not a time of day", 'write it in quotes, as "07:00"')
    return text


def _one_of(setting: Setting) -> str:
    return f"choose from {', '.join(setting.choices)}"


def _network(node: Scalar, setting: Setting) -> str:
    from ipaddress import ip_network

    text = node.text
    try:
        return str(ip_network(text))
    except ValueError:
        pass
    try:
        whole = ip_network(text, strict=False)
    except ValueError:
        raise InvalidValue(f"`{redact(text)}` is not a network", _WANTED["networks"][1]) from None
    raise InvalidValue(f"`{redact(text)}` has host bits set", f"write {whole}")


READERS: dict[Kind, Callable[[Scalar, Setting], Any]] = {
    "text": _text,
    "url": _url,
    "path": _path,
    "duration": read_duration,
    "size": read_size,
    "count": read_count,
    "choice": _choice,
    # lists: how one item is read
    "choices": _choice,
    "texts": _text,
    "networks": _network,
    "pattern": _pattern,
    "auth": read_auth,
    "proxy": read_proxy,
    "smtp": read_smtp,
    "store": read_store,
    "secret": read_secret,
    "clock": _clock,
    "timezone": _timezone,
    "source": _source,
    "iri": _iri,
}
LISTS: frozenset[Kind] = frozenset({"choices", "texts", "networks", "rules", "includes"})
