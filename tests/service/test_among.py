"""A service among others: what it copies of what another one has published, and when."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aggregator.app import load_config
from aggregator.health.state import ServiceState
from aggregator.models import Lease, PublishedFile
from aggregator.service.among import Among
from aggregator.service.control import Control
from aggregator.service.lock import ServiceLock
from aggregator.service.problems import Problems
from aggregator.settings import Config
from aggregator.store.interfaces import Store
from aggregator.store.open import open_store
from support.command import Folder
from support.make import NOON
from support.postgres import shared_server
from support.saving import DAY


@pytest.fixture
def config(folder: Folder) -> Config:
    folder.configure(["https://a.example/feed"], f"store: '{shared_server().new_store()}'\n")
    return load_config(folder.path / "feeds.yaml")


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with closing(open_store(str(config.store))) as opened:
        yield opened


class Web:
    """A web server by role, as far as it looks after what others publish."""

    def __init__(self, config: Config) -> None:
        self._config = config
        state = ServiceState(1, "0", NOON, "feeds.yaml", role="web")
        self._problems = Problems(state, Control(), lambda: NOON)
        self._among = Among(state, lambda: NOON)
        self._among.begin(config)

    async def look(self) -> None:
        await self._among.look(self._config, self._problems)


def publish(store: Store, **files: str | None) -> None:
    """Worker "one" publishes these files."""
    token = store.lease(["publish"], "one", NOON, NOON + DAY)["publish"]
    names = {name: name.replace("__", "/").replace("_", ".") for name in files}
    kept = [
        PublishedFile(names[name], None if text is None else text.encode(), 1_800_000_000)
        for name, text in files.items()
    ]
    assert store.save_outputs(kept, Lease("publish", "one", token))


@contextmanager
def nobody_else_writes(folder: Path) -> Iterator[None]:
    """As another process that writes to the folder does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def test_two_looks_at_once_leave_the_newest_files(config: Config, store: Store) -> None:
    """News comes while files are copied that take long: what was read first must not be written last."""
    public = config.public_path

    async def work() -> None:
        web = Web(config)
        publish(store, archive__a_html="1", feed_atom="1")
        await web.look()
        with nobody_else_writes(public / "archive"):
            publish(store, archive__a_html="2", feed_atom="2", tags__x_atom="2")
            looks = [asyncio.ensure_future(web.look())]
            while not (public / "tags").exists():  # then it has read the two before
                await asyncio.sleep(0.01)
            publish(store, archive__a_html=None, feed_atom="3")
            looks.append(asyncio.ensure_future(web.look()))
            for _ in range(50):  # for as long as the second one may take where it does not wait
                await asyncio.sleep(0.01)
        await asyncio.gather(*looks)

    asyncio.run(work())
    assert (public / "feed.atom").read_text() == "3"
    assert not (public / "archive/a.html").exists()


def test_nothing_is_copied_to_the_folder_of_who_publishes(config: Config, store: Store) -> None:
    """It has newer files already, and would keep the older ones for its own."""

    async def look() -> str:
        await Web(config).look()
        return (config.public_path / "feed.atom").read_text()

    config.public_path.mkdir(parents=True)
    (config.public_path / "feed.atom").write_text("newer")
    publish(store, feed_atom="older")
    with ServiceLock(config.data, "publisher") as lock:
        lock.write({"worker": "two"})  # one that stands by
        with ServiceLock(config.data, "publisher") as second:
            second.write({"worker": "one"})
            assert asyncio.run(look()) == "newer"
        (config.public_path / "feed.atom").write_text("newer")
        assert asyncio.run(look()) == "older"
