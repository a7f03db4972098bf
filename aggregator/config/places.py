"""Where the configuration is looked for, and where its data go where it does not say so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FILE = "feeds.yaml"
SYSTEM = Path("/etc/aggregator") / FILE
_SYSTEM_STATE = Path("/var/lib/aggregator")
# In a clone of the repository, its own feeds.yaml; in an installed package no such file exists.
_SAMPLE = Path(__file__).resolve().parents[2] / FILE


def default_files(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The places after -c and $AGGREGATOR_CONFIG, in order (XDG Base Directory Specification)."""
    return (Path(FILE), _user_file(environ), SYSTEM)


def find_file(given: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration: as given, as in the environment, else the first default place that has one.

    The sample of a clone counts only where there is no other. Where none has one: ./feeds.yaml, which is then
    said not to be there.
    """
    named = given or environ.get("AGGREGATOR_CONFIG")
    if named:
        return Path(named)
    places = sorted(default_files(environ), key=is_sample)
    return next((place for place in places if place.exists()), Path(FILE))


def new_file(given: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Where a new configuration goes: as named, else ./feeds.yaml, or the user's where that is the sample."""
    named = given or environ.get("AGGREGATOR_CONFIG")
    if named:
        return Path(named).expanduser()
    return _user_file(environ) if is_sample(Path(FILE)) else Path(FILE)


def is_sample(path: Path) -> bool:
    """Whether this is the feeds.yaml of a clone, with which updates of the program come."""
    return path.resolve() == _SAMPLE


def default_data(file: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """The data folder of a configuration that names none.

    `data` beside the file; for the user's and the system's file the state folder of XDG and of systemd. A folder
    that is beside the file already stays in use.
    """
    beside = file.parent / "data"
    if beside.exists():
        return beside
    if state := environ.get("STATE_DIRECTORY"):  # systemd: StateDirectory=
        return Path(state.split(":")[0])
    if file == SYSTEM:
        return _SYSTEM_STATE
    if file == _user_file(environ).absolute():
        return _folder(environ, "XDG_STATE_HOME", ".local/state") / "aggregator"
    return beside


def _user_file(environ: Mapping[str, str]) -> Path:
    return _folder(environ, "XDG_CONFIG_HOME", ".config") / "aggregator" / FILE


def _folder(environ: Mapping[str, str], name: str, default: str) -> Path:
    """An XDG folder; a relative path in the environment does not count, as the specification says."""
    value = environ.get(name, "")
    return Path(value) if value.startswith("/") else Path(environ.get("HOME", "/"), default)
