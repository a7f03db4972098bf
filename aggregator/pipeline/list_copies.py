"""The last good copy of each list that `include` names by URL: a file for each in data/includes/."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.errors import LocalError
from aggregator.models import Fetched, FetchError, NotModified, Validators
from aggregator.schedule import freshness
from aggregator.times import format_utc, parse_utc

FOLDER = "includes"
_FIRST_RETRY, _LAST_RETRY = timedelta(hours=1), timedelta(hours=24)
_LONGEST_PAUSE = timedelta(days=7)  # that a server may ask for


@dataclass(frozen=True, slots=True)
class ListCopy:
    """What is known of a list at a URL; times are RFC 3339, bytes Base64."""

    url: str
    body: str | None = None  # None: never fetched
    etag: str | None = None
    last_modified: str | None = None
    fetched: str = ""  # when it was last confirmed or replaced
    next: str = ""  # when it is fetched again
    failures: int = 0  # in a row
    problem: str = ""  # of the last try
    moved_to: str | None = None

    def is_due(self, now: datetime) -> bool:
        """A time further ahead than any wait that is planned does not count: the clock was wrong."""
        when = parse_utc(self.next) if self.next else None
        return when is None or when <= now or when > now + _LONGEST_PAUSE

    @property
    def content(self) -> bytes | None:
        return None if self.body is None else base64.b64decode(self.body)

    @property
    def validators(self) -> Validators:
        return Validators(_bytes(self.etag), _bytes(self.last_modified)) if self.body else Validators()


def copy_path(data: Path, url: str) -> Path:
    return data / FOLDER / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"


def read_copy(data: Path, url: str) -> ListCopy:
    """The copy; one without content where there is none, or it is damaged. Raises LocalError."""
    try:
        values = json.loads(copy_path(data, url).read_bytes())
    except FileNotFoundError:
        return ListCopy(url)
    except OSError as error:
        raise LocalError(f"cannot read {copy_path(data, url)}: {error.strerror or error}") from error
    except ValueError:
        return ListCopy(url)
    known = {field.name for field in fields(ListCopy)}
    if not isinstance(values, dict) or values.get("url") != url:
        return ListCopy(url)
    return ListCopy(**{key: value for key, value in values.items() if key in known})


def write_copy(data: Path, copy: ListCopy) -> None:
    """Replaces the copy as a whole. Raises LocalError."""
    path = copy_path(data, copy.url)
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(copy), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise LocalError(f"cannot write {path}: {error.strerror or error}") from error


def remove_others(data: Path, urls: Collection[str]) -> None:
    """Removes the copies of lists that are not included any more."""
    wanted = {copy_path(data, url) for url in urls}
    with suppress(OSError):
        for path in (data / FOLDER).iterdir():
            if path.suffix == ".json" and path not in wanted:
                path.unlink()


# ---------------------------------------------------------------- what an answer makes of a copy


def replaced(copy: ListCopy, answer: Fetched, every: timedelta, now: datetime) -> ListCopy:
    return replace(
        _confirmed(copy, answer, every, now),
        body=base64.b64encode(bytes(answer.body)).decode(),
        etag=_text(answer.validators.etag),
        last_modified=_text(answer.validators.last_modified),
    )


def confirmed(copy: ListCopy, answer: NotModified, every: timedelta, now: datetime) -> ListCopy:
    return replace(
        _confirmed(copy, answer, every, now),
        etag=_text(answer.validators.etag) or copy.etag,
        last_modified=_text(answer.validators.last_modified) or copy.last_modified,
    )


def failed(copy: ListCopy, problem: str, now: datetime, error: FetchError | None = None) -> ListCopy:
    """Tried again after 1, 2, 4 ... 24 hours, or when the server says; the content stays."""
    wait = min(_LAST_RETRY, _FIRST_RETRY * 2 ** min(copy.failures, 10))
    if error is not None and error.retry_after is not None:
        wait = min(_LONGEST_PAUSE, max(wait, error.retry_after))
    return replace(copy, failures=copy.failures + 1, problem=problem, next=format_utc(now + wait))


def _confirmed(copy: ListCopy, answer: Fetched | NotModified, every: timedelta, now: datetime) -> ListCopy:
    """Its server's cache lifetime only lengthens the interval, to a day at most."""
    wait = max(every, min(freshness(answer.headers, now) or every, _LAST_RETRY))
    return replace(
        copy,
        fetched=format_utc(now),
        next=format_utc(now + wait),
        failures=0,
        problem="",
        moved_to=answer.moved_to if answer.moved_to != copy.url else None,
    )


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
