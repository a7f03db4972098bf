"""Changes a feeds.yaml on disk: one writer at a time, checked before it is written, with a backup beside it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from aggregator.config.edit import EditError, FeedItem, FeedsText
from aggregator.config.issues import redact
from aggregator.config.load import not_found, parse
from aggregator.config.places import is_sample
from aggregator.errors import ConfigError
from aggregator.settings import Config, Subscription

BACKUP = ".bak"
LOCK_TIMEOUT = 10.0  # seconds that a change waits for another one


class FeedsFile:
    """A feeds.yaml that is being changed; `config` is what it says by now."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._before = text
        self._text = FeedsText(text)
        self.config = parse(text, path, no_feeds=True)
        self._expected = list(self.config.feeds)

    def add(self, items: Sequence[FeedItem]) -> None:
        self._text.add(items)
        self._expected += [
            Subscription(item.url, item.name, item.tags, site=item.site, avatar=item.avatar, extra=item.extra)
            for item in items
        ]

    def remove(self, index: int) -> None:
        self._text.remove(index)
        del self._expected[index]

    def set_name(self, index: int, name: str | None) -> None:
        self._text.set(index, "name", name)
        self._expected[index] = replace(self._expected[index], name=name)

    def set_tags(self, index: int, tags: tuple[str, ...]) -> None:
        self._text.set(index, "tags", list(tags) or None)
        self._expected[index] = replace(self._expected[index], tags=tags)

    def set_url(self, index: int, url: str) -> None:
        self._text.set(index, "url", url)
        self._expected[index] = replace(self._expected[index], url=url)

    @property
    def changed(self) -> bool:
        return self._text.text != self._before

    def checked(self) -> bytes:
        """The new text, once it has been read again and says what was meant. Raises EditError."""
        try:
            after = parse(self._text.text, self.path, no_feeds=True)
        except ConfigError as error:
            raise EditError(f"{self._refusal()}: {error.issues[0].problem}") from None
        meant = replace(self.config, feeds=tuple(self._expected))
        if _without_lines(after) != _without_lines(meant):
            raise EditError(self._refusal())
        return self._text.text.encode()

    def _refusal(self) -> str:
        return f"{self.path} is written in a way that cannot be edited safely; edit it by hand. Nothing was changed"


def _without_lines(config: Config) -> Config:
    return replace(
        config,
        feeds=tuple(replace(sub, line=0) for sub in config.feeds),
    )


@contextmanager
def edit_feeds(
    path: Path, starter: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> Iterator[FeedsFile]:
    """The file to change; it is written as the block ends without an error, and only if it changed.

    `starter`: the text with which a file that is missing begins; `lock_timeout`: seconds to wait for another writer.
    Raises ConfigError where it is missing or has errors, EditError where it cannot be written, is being written
    by another process, or would not say what was meant.
    """
    target = path.resolve()  # through a symbolic link the file itself is replaced, not the link
    if not target.exists():
        if starter is not None:
            file = FeedsFile(path, starter)
            yield file
            if file.changed:
                write_new(target, file.checked().decode())
            return
        raise ConfigError((not_found(path),))
    if not target.is_file():
        raise EditError(f"{path} is not a regular file, so it cannot be edited")
    if is_sample(target):
        raise EditError(
            f"{path} is the sample that comes with the program, and an update would conflict with your changes."
            " Create your own in another folder with `aggregator init`, or name one with -c FILE"
        )
    with _locked(target, lock_timeout):
        try:
            text = target.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise EditError(
                f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is not UTF-8; save it as UTF-8'}"
            ) from None
        file = FeedsFile(path, text)
        yield file
        if file.changed:
            if not os.access(target, os.W_OK):
                raise EditError(f"{path} is read-only. Nothing was changed")
            _replace(target, text.encode(), file.checked())


@contextmanager
def _locked(target: Path, lock_timeout: float) -> Iterator[None]:
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _wait_for(descriptor, target, lock_timeout)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, target: Path, lock_timeout: float) -> None:
    """Takes the lock; others have it for some milliseconds."""
    end = time.monotonic() + lock_timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            if time.monotonic() > end:
                raise EditError(
                    f"{redact(str(target))} is being changed by another process; try again"
                ) from None
        time.sleep(0.05)


def write_new(path: Path, text: str) -> None:
    """Writes a feeds.yaml where there is none. Raises EditError, also where there is one by now."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise EditError(f"{path} is there already") from None
    except OSError as error:
        raise EditError(f"cannot write {path}: {error.strerror or error}") from None


def _replace(target: Path, old: bytes, new: bytes) -> None:
    """The backup first, then the file by one rename, with its mode and owner."""
    state = target.stat()
    try:
        for path, content in ((target.with_name(target.name + BACKUP), old), (target, new)):
            temporary = target.with_name(f".{path.name}.tmp")
            temporary.unlink(missing_ok=True)
            try:
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.chmod(state.st_mode & 0o777)
                with suppress(OSError):  # not root
                    os.chown(temporary, state.st_uid, state.st_gid)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise EditError(f"cannot write {target}: {error.strerror or error}. Nothing was changed") from None
