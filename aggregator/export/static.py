"""Files that are not rendered: the icon, the operator's or the program's, and the style of feeds in a browser."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from aggregator.errors import ExportError

DEFAULT, FAVICON, FEED_STYLE = "icon.svg", "favicon.ico", "feed.css"
SUFFIXES = (".svg", ".png", ".ico")
LARGEST = 500_000  # bytes


def icon_name(path: Path | None) -> str:
    """The icon's file in the public folder; another picture has another name, as caches keep icons for long."""
    if path is None:
        return DEFAULT
    return f"icon-{sha256(_read(path)).hexdigest()[:8]}{path.suffix.lower()}"


def static_files(path: Path | None) -> dict[str, bytes]:
    """The files by name, with the operator's icon. Browsers ask for a favicon.ico unasked; one that is SVG they would not understand."""
    found = {FEED_STYLE: _ours(FEED_STYLE)}
    if path is None:
        return found | {name: _ours(name) for name in (DEFAULT, FAVICON)}
    data = _read(path)
    return found | {icon_name(path): data} | ({} if path.suffix.lower() == ".svg" else {FAVICON: data})


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExportError(f"cannot read the icon {path}: {error.strerror or error}") from error
    if len(data) > LARGEST:
        raise ExportError(f"the icon {path} is larger than 500 KB")
    return data


@lru_cache
def _ours(name: str) -> bytes:
    return (files("aggregator.export") / "assets" / name).read_bytes()
