"""Publishes what has changed since the last time, by whatever process that was.

The outputs are made of the store, of feeds.yaml with the files that it names, and of the program. Where all of
these, and the files that were written, are as they were, nothing is read, rendered or even imported for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import aggregator
from aggregator import __version__
from aggregator.export import manifest as manifests
from aggregator.export.manifest import Manifest
from aggregator.settings import Config
from aggregator.store.interfaces import PublishStore

MANIFEST = "published.json"  # in the data folder


def publish_changes(
    store: PublishStore, config: Config, now: datetime, everything: bool = False
) -> tuple[str, ...]:
    """Publishes what waits and writes the outputs that have changed to the public folder; their names.

    `everything`: makes all of them anew, and writes those whose bytes differ. Raises ExportError.
    """
    settings = fingerprint(config)
    path, folder = config.data / MANIFEST, config.public_path
    before = Manifest(settings=settings) if everything else manifests.load(path, settings)
    known = bool(before.source) and before.source == store.content_version()
    if known and before.is_in_place(folder, before.files):
        return ()
    from aggregator.pipeline.publish import Outputs, release

    released = release(store, config, now)
    after = replace(before, source="")
    try:
        changed = Outputs(store, config, released.sources).write(folder, after)
        after.source = released.version
    finally:  # also of an output that cannot be written: what the others were made from is known
        manifests.save(after, path)
    return changed


def fingerprint(config: Config) -> str:
    """Of everything but the store that outputs are made from."""
    trees = [Path(aggregator.__file__).parent, *([config.templates] if config.templates else [])]
    icon = manifests.stamp_of(config.icon) if config.icon else None
    return manifests.digest_of((__version__, repr(config), icon, *map(manifests.tree_stamp, trees)))
