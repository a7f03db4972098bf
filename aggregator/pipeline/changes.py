"""Publishes what has changed since the last time, by whatever process that was.

The outputs are made of the store, of feeds.yaml with the files that it names, and of the program. Where all of
these, and the files that were written, are as they were, nothing is read, rendered or even imported for it. Where the
store or feeds.yaml has changed, those outputs are made anew that show something else; where the program or a template
has, all of them.
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
    renderers, settings = fingerprint(config), _settings(config)
    path, folder = config.data / MANIFEST, config.public_path
    before = Manifest(renderers) if everything else manifests.load(path, renderers)
    known = before.settings == settings and before.source == store.content_version()
    if known and before.is_in_place(folder, before.files):
        return ()
    from aggregator.pipeline.publish import Outputs, release

    released = release(store, config, now)
    after = replace(before, settings="", source="")
    try:
        changed = Outputs(store, config, released.sources).write(folder, after)
        after.settings, after.source = settings, released.version
    finally:  # also of an output that cannot be written: what the others were made from is known
        manifests.save(after, path)
    return changed


def fingerprint(config: Config) -> str:
    """Of what makes outputs: the program and the templates. What they are made of is in the state of each."""
    trees = [Path(aggregator.__file__).parent, *([config.templates] if config.templates else [])]
    return manifests.digest_of((__version__, config.theme, *map(manifests.tree_stamp, trees)))


def _settings(config: Config) -> str:
    """Of feeds.yaml and the icon that it names, from which together with the store all of it is made."""
    return manifests.digest_of((repr(config), manifests.source_stamp(config.icon) if config.icon else None))
