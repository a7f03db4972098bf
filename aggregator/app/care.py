"""How an app looks after its store: copies, retention, redaction, grouping anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import __version__
from aggregator.app.publishing import AppPublishing

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.pipeline.rebuild import Rebuild
    from aggregator.pipeline.redact import Redaction


class AppCare(AppPublishing):
    """Looks after the store."""

    def back_up(self, copy: Path, finish: Callable[[], None] = lambda: None) -> None:
        """Writes a verified copy of the store, while it is in use; it says when and by which feeds.yaml.

        `finish` is called before the last step, which gives the copy its name.
        """
        from aggregator.store.open import back_up_store

        notes = (
            ("made", self.clock().isoformat()),
            ("config", str(self.config.file)),
            ("version", __version__),
        )
        back_up_store(self._place, copy, notes, finish)

    def restore(self, copy: Path, finish: Callable[[], None] = lambda: None) -> Path | None:
        """Puts a copy in the place of the store; where the old one was moved to. No other process may use it.

        `finish` is called before the last step, which replaces the store.
        """
        from aggregator.store.open import restore_store

        self.close()
        return restore_store(copy, self._place, finish)

    def store_schema(self) -> tuple[int, int]:
        """The version of the tables in the store's file, and that of this program. Raises StoreError."""
        from aggregator.store.open import store_schema

        return store_schema(self._place)

    def store_problems(self) -> Sequence[str]:
        """What is wrong with the store; nothing where it is whole. Reads all of a file. Raises StoreError."""
        from aggregator.store.open import store_problems

        return store_problems(self._place)

    def repair_store(self) -> Sequence[str]:
        """Repairs what can be repaired of a damaged store; what was done. No other process may use it."""
        from aggregator.store.open import repair_store

        self.close()
        return repair_store(self._place)

    def store_is_in_place(self) -> bool:
        """Whether the store that is written to is the one at its path: not, if the folder was removed."""
        return self._store.is_in_place()

    def redact(
        self,
        dry_run: bool,
        stories: Collection[int] = (),
        feeds: Collection[int] = (),
        words: str | None = None,
    ) -> Redaction:
        """Takes stories (by id), all of some feeds, or the entries that match out of all that is published, and
        publishes. Raises ValueError if `words` is no pattern."""
        from aggregator.filters import entry_matcher
        from aggregator.links import without_secrets
        from aggregator.pipeline.redact import redact

        by_id = {source.feed_id: source for source in self._store.sources()}
        gone = [by_id[feed_id] for feed_id in feeds if feed_id in by_id]
        addresses = {
            address for source in gone for address in (without_secrets(source.url), source.id) if address
        }
        matches = entry_matcher(words) if words is not None else None
        done = redact(
            self._store,
            self.clock(),
            dry_run,
            stories=stories,
            feeds=feeds,
            addresses=addresses,
            matches=matches,
        )
        if not dry_run and (done.entries or done.archives):
            self.publish()
        return done

    def forget(self) -> int:
        """Removes a portion of what retention no longer keeps; how many entries, 0 when there is nothing to do.

        Portions are small, so that nobody waits long for the store.
        """
        return self._store.forget(self.clock(), self.config.keep)

    def release_space(self) -> int:
        """Gives a portion of the space that was freed back to the disk; bytes, 0 when there is none to give."""
        return self._store.release_space()

    def tidy(self) -> int:
        """Removes all that retention no longer keeps, and gives the space back; how many entries."""
        forgotten = 0
        while portion := self.forget():
            forgotten += portion
        while self.release_space():
            pass
        return forgotten

    def rebuild(self, dry_run: bool = False) -> Rebuild:
        """Groups all that is stored anew, and says what that changes; only that with `dry_run`."""
        from aggregator.pipeline.rebuild import rebuild

        if not dry_run:
            return rebuild(self._store, self.config, self.clock(), dry_run)
        with self._library() as library:
            return rebuild(library or self._store, self.config, self.clock(), dry_run)
