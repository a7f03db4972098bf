"""What the program does to its files, to be interrupted: by a kill, by a full disk."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aggregator.app import open_app
from support.command import Folder
from support.feeds import numbered, rss, today
from support.invariants import check, check_completed, outputs
from support.server import Feed, Server, serve
from support.smtp import MailBox, mail_server
from support.stores import sql

MOMENTS = int(os.environ.get("FAULTS_MOMENTS", "1"))
FEEDS, ENTRIES = 6, 100 if MOMENTS > 10 else 20
RELEASE = Path(__file__).parents[1] / "store/first-release/aggregator.db"
OLD = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-9 days')"


@dataclass(frozen=True)
class Operation:
    command: tuple[str, ...]
    entries: int  # once it is done
    settings: str = ""  # more of feeds.yaml
    start: str = "polled"  # what is there before
    document: int = ENTRIES  # entries that come and go together


OPERATIONS = {
    "polling": Operation(("poll", "--all"), FEEDS * ENTRIES, start="nothing"),
    "polling again": Operation(("poll", "--all"), FEEDS * ENTRIES + 30, start="more", document=5),
    "publishing": Operation(("export",), FEEDS * ENTRIES, "title: Other\n"),
    "pruning": Operation(("poll", "--all"), 0, "keep: {days: 1}\n", "old", document=1),
    "migrating": Operation(("poll", "--all"), FEEDS * ENTRIES + 23, start="first release", document=1),
    "backing up": Operation(("backup", "copy.db"), FEEDS * ENTRIES),
    "mailing": Operation(
        ("digest", "--send", "--to", "me@example.org"), FEEDS * ENTRIES + 30, start="more", document=5
    ),
}


@dataclass
class Trial:
    """One operation on a folder of its own, which can be begun as often as one likes."""

    operation: Operation
    folder: Folder
    server: Server
    box: MailBox
    publications: tuple[Mapping[str, bytes], ...] = ()

    @property
    def data(self) -> Path:
        return self.folder.path / "data"

    def prepare(self) -> None:
        """Makes what is there before, once."""
        self.configure("")
        if self.operation.start == "first release":
            self.data.mkdir()
            shutil.copyfile(RELEASE, self.data / "aggregator.db")
        elif self.operation.start != "nothing":
            assert self.folder.run("poll").code == 0
        if self.operation.start == "old":
            sql(self.data / "aggregator.db", f"UPDATE entries SET last_listed = {OLD}")
        if self.operation.start == "more":
            self.server.routes.update(feeds(more=5))
            if self.operation.command[0] != "poll":
                assert self.folder.run("poll", "--all").code == 0
        before = outputs(self.data / "public")
        self.data.mkdir(exist_ok=True)
        self.data.rename(self.folder.path / "before")
        self.configure(self.operation.settings)
        self.begin()
        if self.operation.command[0] == "export":
            assert self.folder.run("export").code == 0
            self.publications = before, outputs(self.data / "public")
            self.begin()

    def begin(self) -> None:
        """Everything as it was before."""
        for path in (self.data, self.folder.path / "fresh"):
            shutil.rmtree(path, ignore_errors=True)
        (self.folder.path / "copy.db").unlink(missing_ok=True)
        shutil.copytree(self.folder.path / "before", self.data)
        self.box.messages.clear()

    def check(self, data: Path | None = None) -> None:
        """The invariants after an interruption."""
        check(data or self.data, self.publications, self.operation.document)
        copy = self.folder.path / "copy.db"
        if copy.exists():
            with closing(sqlite3.connect(copy)) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert db.execute("SELECT count(*) FROM entries").fetchone() == (self.operation.entries,)

    def complete(self) -> None:
        """The next run, and the invariants after it."""
        if self.operation.command[0] not in ("poll", "export"):
            answer = self.folder.run(*self.operation.command)
            assert answer.code == 0, answer.err
        with open_app(self.folder.path / "feeds.yaml").open() as app:  # in this process: it is quicker
            results = app.poll(app.feeds())
            assert not [result for result in results if result.status == "failing"]
            app.tidy()
            app.publish()
            while app.index_search():
                pass
            app.publish(self.folder.path / "fresh")
        check_completed(self.folder.path, self.operation.entries)
        if self.operation.command[0] == "digest":
            assert (
                self.box.messages
            )  # twice where it was killed before the mark was set, but never not at all
            sent = len(self.box.messages)
            assert self.folder.run(*self.operation.command).code == 0
            assert len(self.box.messages) == sent

    def configure(self, more: str) -> None:
        """Writes feeds.yaml."""
        urls = [self.server.url(f"/{number}") for number in range(FEEDS)]
        self.folder.configure(urls, f"mail: {{smtp: {self.box.url}}}\n{more}")


def feeds(more: int = 0) -> dict[str, Feed]:
    """By path; with so many entries that have just come."""

    def items(number: int) -> bytes:
        first = number * 1000
        return rss(*numbered(range(first - more, first + ENTRIES), f"https://{number}.example"), date=today())

    return {f"/{number}": Feed(items(number)) for number in range(FEEDS)}


@contextmanager
def trial(folder: Folder, name: str) -> Iterator[Trial]:
    """The operation of that name, prepared."""
    with serve(feeds()) as server, mail_server() as box:
        made = Trial(OPERATIONS[name], folder, server, box)
        made.prepare()
        yield made
        server.errors.clear()  # who is killed does not read what it asked for
