"""Looks up what feeds.yaml only names: `${NAME}` is an environment variable, `file:PATH` a file's content.

Only here, and only as a request is made, so that a secret is in no record, store, log or message.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from aggregator.fetch.errors import FetchProblem
from aggregator.files import read_bounded

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FILE = "file:"
_LARGEST = 64 * 1024  # bytes of a secret's file


class Secrets:
    """`folder`: where relative paths begin, which is that of feeds.yaml; `place`: where the names are written."""

    def __init__(
        self,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        place: str = "in feeds.yaml",
    ) -> None:
        self._folder = folder or Path()
        self._place = place
        self._environment = os.environ if environment is None else environment

    def text(self, written: str, where: str) -> str:
        """What stands for `written`; raises FetchProblem that names `where` and never the secret."""
        found = (
            self._file(written.removeprefix(_FILE), where)
            if written.startswith(_FILE)
            else _NAME.sub(lambda name: self._variable(name[1], where), written)
        )
        if _CONTROL.search(found):
            raise FetchProblem(
                "secret", f"{where} {self._place} contains a character that HTTP headers cannot carry"
            )
        return found

    def authorization(self, written: str) -> bytes:
        """The header for `basic NAME:PASSWORD` (RFC 7617) or `bearer TOKEN` (RFC 6750)."""
        scheme, _, rest = written.partition(" ")
        rest = rest.strip()
        if scheme.lower() == "bearer":
            return b"Bearer " + _bytes(self.text(rest, "auth"))
        if rest.startswith(_FILE):
            pair = self.text(rest, "auth")
        else:
            pair = ":".join(self.text(part, "auth") for part in rest.split(":", 1))
        return b"Basic " + base64.b64encode(pair.encode())

    def headers(self, written: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
        return [(name.encode("ascii"), _bytes(self.text(value, "headers"))) for name, value in written]

    def _variable(self, name: str, where: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise FetchProblem(
                "secret", f"{where} {self._place} needs ${{{name}}}, which is not set in the environment"
            )
        return value

    def _file(self, path: str, where: str) -> str:
        file = self._folder / Path(path.strip()).expanduser()
        try:
            found = read_bounded(file, _LARGEST).decode()
        except (OSError, ValueError, RuntimeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise FetchProblem(
                "secret", f"{where} {self._place} names a file that cannot be read: {why}"
            ) from None
        if len(found) > _LARGEST:
            raise FetchProblem("secret", f"{where} {self._place} names a file too large for a secret")
        found = found.strip("\r\n ")
        if not found:
            raise FetchProblem("secret", f"{where} {self._place} names a file that is empty")
        return found


def _bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
