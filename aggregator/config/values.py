"""One small reader for each kind of setting: what stands in the file -> the value, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from aggregator.config.complaints import Wrong, shown
from aggregator.config.quantities import (
    DURATION_EXAMPLE,
    SIZE_EXAMPLE,
    read_count,
    read_duration,
    read_size,
)
from aggregator.config.secrets import read_auth, read_proxy
from aggregator.config.tree import Mapping, Node, Scalar
from aggregator.config.urls import feed_url
from aggregator.settings import Kind, Setting
from aggregator.text import printable, squeeze

NONE = "none"  # how a setting without a value is written
ALONE = ("both", "off")  # choices that leave no room for another

_WANTED: dict[Kind, tuple[str, str]] = {  # what is wanted, and how it is written
    "text": ("a text", "write it on one line"),
    "url": ("an address", "write it as https://example.org/feed"),
    "path": ("the path of a folder", "write it as data or /var/lib/aggregator"),
    "duration": ("a duration", DURATION_EXAMPLE),
    "size": ("a size", SIZE_EXAMPLE),
    "count": ("a whole number", "write digits alone"),
    "choice": ("one word", ""),
    # lists: what one item is
    "choices": ("one word", ""),
    "texts": ("a text", "write it on one line"),
    "networks": ("a network", "write it as 127.0.0.0/8 or fd00::/8"),
    "auth": ("what to sign in with", "write it as `basic NAME:${PASSWORD}` or `bearer ${TOKEN}`"),
    "proxy": ("the address of an HTTP proxy", "write it as http://proxy.example:3128"),
    "pattern": ("a word or a /regular expression/", "write it as advert or /advert(orial)?/"),
}


def read(node: Node, setting: Setting) -> Any:
    """The value of a setting, or of one item where the setting is a list. Raises Wrong."""
    if not isinstance(node, Scalar):
        found = "a mapping" if isinstance(node, Mapping) else "a list"
        wanted, example = _WANTED[setting.kind]
        raise Wrong(f"is {found} where {wanted} is wanted", example or _one_of(setting))
    if node.reading == "nothing":
        raise no_value(node)
    if setting.default == node.text == NONE:
        return None
    return READERS[setting.kind](node, setting)


def no_value(node: Scalar) -> Wrong:
    if node.text:
        return Wrong(
            f"`{node.text}` is read as nothing by YAML", f'write "{node.text}" in quotes, or remove the line'
        )
    return Wrong("has no value", "write one, or remove the line")


def list_wanted(node: Node, setting: Setting) -> Wrong:
    """A single value or a mapping stands where the setting is a list."""
    if isinstance(node, Scalar) and node.reading == "nothing":
        return no_value(node)
    if isinstance(node, Scalar):
        return Wrong("is a single value where a list is wanted", f"write [{shown(node.text)}]")
    return Wrong(
        "is a mapping where a list is wanted",
        f"write it as [{setting.choices[0]}]" if setting.choices else "begin each item with a dash",
    )


def wrong_together(chosen: tuple[str, ...], setting: Setting) -> Wrong | None:
    """What is wrong with a list of choices each of which is right."""
    if not chosen:
        return Wrong("is an empty list", _one_of(setting))
    for word in ALONE:
        if word in chosen and len(chosen) > 1:
            others = ", ".join(other for other in chosen if other != word)
            return Wrong(
                f"`{word}` cannot be combined with {others}", f"write `{word}` alone, or leave it out"
            )
    return None


# ---------------------------------------------------------------- readers


def _text(node: Scalar, setting: Setting) -> str:
    if node.reading != "text":
        raise Wrong(
            f"`{shown(node.text)}` is read as {_as_read(node)} by YAML",
            f'write "{shown(node.text)}" in quotes',
        )
    text = squeeze(node.text)
    if not text:
        raise Wrong("is empty", "write a text, or remove the line")
    if printable(text) != text:
        raise Wrong(f"`{shown(text)}` holds a character that cannot be printed", "remove it")
    return text


def _pattern(node: Scalar, setting: Setting) -> str:
    from aggregator.patterns import compile_pattern, is_expression

    text = _text(node, setting)
    written = node.text.strip()
    if written.startswith("/") and written.endswith("/i"):
        raise Wrong(
            f"`{shown(written)}` has a letter after its slashes", "leave it out: capitals never count"
        )
    if is_expression(written):  # spaces count
        text = written
    try:
        compile_pattern(text)
    except ValueError as error:
        if not is_expression(text):
            raise Wrong(f"`{shown(text)}` is nothing to look for: {error}", _WANTED["pattern"][1]) from None
        raise Wrong(
            f"`{shown(text)}` cannot be used: {error}", "mend it, or write a word or phrase without slashes"
        ) from None
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
        raise Wrong(f"`{shown(node.text)}` is not an address", _WANTED["url"][1])
    return feed_url(node.text)


def _path(node: Scalar, setting: Setting) -> Path:
    text = _text(node, setting)
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise Wrong(
            f"`{shown(text)}` names a home folder that is not known", "write the whole path"
        ) from None


def _choice(node: Scalar, setting: Setting) -> str:
    if node.text in setting.choices:  # as written: YAML reads a plain `off` as false
        return node.text
    from difflib import get_close_matches

    near = get_close_matches(node.text.lower(), setting.choices, n=1)
    raise Wrong(
        f"`{shown(node.text)}` is not known here", f"did you mean `{near[0]}`?" if near else _one_of(setting)
    )


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
        raise Wrong(f"`{shown(text)}` is not a network", _WANTED["networks"][1]) from None
    raise Wrong(f"`{shown(text)}` is an address inside a network", f"write {whole}")


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
}
LISTS: frozenset[Kind] = frozenset({"choices", "texts", "networks", "rules"})
