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
from aggregator.models import Lease, PublishedFile, Role
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

    def __init__(self, config: Config, role: Role = "web") -> None:
        self._config = config
        self.state = ServiceState(1, "0", NOON, "feeds.yaml", role=role)
        self._problems = Problems(self.state, Control(), lambda: NOON)
        self._among = Among(self.state, lambda: NOON)
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


def test_what_cannot_be_copied_is_a_problem_of_publishing_and_no_end_of_others(
    config: Config, store: Store
) -> None:
    web = Web(config)
    publish(store, feed_atom="<feed/>")
    in_the_way = config.public_path / "feed.atom"
    in_the_way.mkdir(parents=True)
    web.state.report("polling", "a round failed", NOON)
    asyncio.run(web.look())
    assert sorted(web.state.problems) == ["polling", "publish"]
    in_the_way.rmdir()
    asyncio.run(web.look())
    assert list(web.state.problems) == ["polling"]


def test_what_a_worker_could_not_publish_is_no_problem_of_its_own_once_another_one_publishes(
    folder: Folder,
) -> None:
    folder.configure(["https://a.example/feed"])
    worker = Web(load_config(folder.path / "feeds.yaml"), "publisher")
    worker.state.report("publish", "the disk is full", NOON)
    asyncio.run(worker.look())
    assert not worker.state.problems
