"""A change of feeds.yaml is noticed whenever it comes, also while the file is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aggregator.app import load_config
from aggregator.service.service import Service
from aggregator.service.site import Site
from aggregator.service.watch import FileWatch
from aggregator.settings import Config
from support.command import Folder


class Reading:
    """A service without web server, and what happens once its feeds.yaml was read the next time."""

    def __init__(self, folder: Folder, then: Callable[[], object] = lambda: None) -> None:
        self.file = folder.path / "feeds.yaml"
        self.then = then
        self.service = Service(self.load(), self.load)
        self.service._site = Site(self.service._config, self.service._health, None, 0, lambda: 1)

    def load(self) -> Config:
        found = load_config(self.file)
        then, self.then = self.then, lambda: None
        then()
        return found

    def feeds(self) -> list[str]:
        """Those in use after the service has looked."""
        self.service._reload()
        return [sub.url for sub in self.service._config.feeds]


FEEDS = [f"https://{name}.example/feed" for name in "abc"]


def test_a_change_while_the_service_starts_is_followed(folder: Folder) -> None:
    folder.configure(FEEDS[:1])
    reading = Reading(folder, lambda: folder.configure(FEEDS[:2]))
    assert reading.feeds() == FEEDS[:2]


def test_a_change_while_the_file_is_read_is_followed(folder: Folder) -> None:
    """As where feeds are added by one command after the other."""
    folder.configure(FEEDS[:1])
    reading = Reading(folder)
    reading.feeds()
    folder.configure(FEEDS[:2])
    reading.then = lambda: folder.configure(FEEDS)
    assert reading.feeds() == FEEDS[:2]
    assert reading.feeds() == FEEDS


def test_a_change_of_a_list_that_is_included_anew_is_followed(folder: Folder) -> None:
    folder.configure(FEEDS[:1])
    reading = Reading(folder)
    reading.feeds()
    members = folder.path / "members.yaml"
    members.write_text(f"feeds: ['{FEEDS[1]}']\n")
    folder.configure(FEEDS[:1], "include: [members.yaml]\n")
    reading.then = lambda: members.write_text(f"feeds: ['{FEEDS[1]}', '{FEEDS[2]}']\n")
    assert reading.feeds() == FEEDS[:2]
    assert reading.feeds() == FEEDS


def test_files_that_stay_as_they_are_have_not_changed(tmp_path: Path) -> None:
    files = [tmp_path / "feeds.yaml", tmp_path / "missing.yaml"]
    files[0].write_text("feeds: []\n")
    watch = FileWatch(files)
    assert [watch.has_changed() for _ in range(3)] == [True, False, False]
    watch.follow(files[::-1])
    assert not watch.has_changed()
    files[1].write_text("feeds: []\n")
    assert [watch.has_changed() for _ in range(2)] == [True, False]
