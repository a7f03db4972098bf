"""Publishes what has changed since the last time, by whatever process that was.

The outputs are made of the store, of feeds.yaml with the files that it names, and of the program. Where all of
these, and the files that were written, are as they were, nothing is read, rendered or even imported for it. Where the
store or feeds.yaml has changed, those outputs are made anew that show something else; where the program or a template
has, all of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import aggregator
from aggregator import __version__
from aggregator.export import manifest as manifests
from aggregator.export.manifest import Manifest
from aggregator.settings import Config
from aggregator.store.interfaces import PublishStore

if TYPE_CHECKING:  # heavy, and not needed where nothing has changed
    from aggregator.pipeline.memory import Memory

MANIFEST = "published.json"  # in the data folder


def publish_changes(
    store: PublishStore, config: Config, now: datetime, everything: bool = False
) -> tuple[str, ...]:
    """Publishes what waits and writes the outputs that have changed to the public folder; their names.

    `everything`: makes all of them anew, and writes those whose bytes differ. Raises ExportError.
    """
    return ChangePublisher(config).publish(store, now, everything)


class ChangePublisher:
    """Does the same again and again, of one store and by one feeds.yaml, and remembers what it would read again.

    One call at a time, and none after one that has failed.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._path = config.data / MANIFEST
        self._memory: Memory | None = None
        self._manifest: Manifest | None = None
        self._file: object = None  # how the manifest's file looked when it was that

    def publish(self, store: PublishStore, now: datetime, everything: bool = False) -> tuple[str, ...]:
        """As publish_changes."""
        renderers, settings, folder = fingerprint(self.config), self._settings(), self.config.public_path
        before = Manifest(renderers) if everything else self._written(renderers)
        known = before.settings == settings and before.source == store.content_version()
        if known and not before.changed_in(folder):
            return ()
        from aggregator.pipeline.memory import Memory
        from aggregator.pipeline.publish import Outputs, release

        if everything or self._memory is None:
            self._memory = Memory(self.config)
        memory = self._memory
        version = release(store, now, memory)
        after = replace(before, settings="", source="")
        try:
            changed = Outputs(store, memory).write(folder, after)
            after.settings, after.source = settings, version
        finally:  # also of an output that cannot be written: what the others were made from is known
            manifests.save(after, self._path)
        self._manifest, self._file = after, manifests.file_stamp(self._path)
        return changed

    @property
    def was_last(self) -> bool:
        """Whether nobody else has published since, such as a process that stood still in the middle of it."""
        return self._file == manifests.file_stamp(self._path)

    def _written(self, renderers: str) -> Manifest:
        """What was written last, by whatever process."""
        file = manifests.file_stamp(self._path)
        if self._manifest is None or self._manifest.renderers != renderers or self._file != file:
            self._manifest, self._file = manifests.load(self._path, renderers), file
        return replace(self._manifest, not_in_place=None)

    def _settings(self) -> str:
        """Of feeds.yaml and the icon that it names, from which together with the store all of it is made."""
        icon = self.config.icon
        return manifests.digest_of((self._of_config, manifests.source_stamp(icon) if icon else None))

    @cached_property
    def _of_config(self) -> str:
        return manifests.digest_of(self.config)


def fingerprint(config: Config) -> str:
    """Of what makes outputs: the program and the templates. What they are made of is in the state of each."""
    trees = [Path(aggregator.__file__).parent, *([config.templates] if config.templates else [])]
    return manifests.digest_of((__version__, config.theme, *map(manifests.tree_stamp, trees)))
