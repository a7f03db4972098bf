"""The environment of worker processes: what Python needs, and none of the secrets that ours may hold."""

from __future__ import annotations

from collections.abc import Mapping

_KEPT = frozenset(
    {"LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR"}
)
_KEPT_FIRST_WORDS = ("PYTHON",)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """As much of it as worker processes need."""
    kept = {
        name: text
        for name, text in environment.items()
        if name in _KEPT or name.startswith(_KEPT_FIRST_WORDS)
    }
    # Python begins as `python -c`, which would import from the folder that we were started in first.
    return kept | {"PYTHONSAFEPATH": "1"}
