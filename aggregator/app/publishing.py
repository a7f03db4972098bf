"""How an app publishes: files, hub, mail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.app.network import AppNetwork
from aggregator.app.reading import AppReading
from aggregator.files import is_file
from aggregator.models import PUBLISH

if TYPE_CHECKING:  # heavy, and not needed by the commands that only read
    from aggregator.mailer import MailServer
    from aggregator.pipeline.changes import ChangePublisher
    from aggregator.pipeline.digest import Choice, Digest
    from aggregator.pipeline.outputs import OutputKeeper, OutputMirror

log = logging.getLogger(__name__)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # nobody has read what lies further ahead
_SENT = "digest.at"  # the mark of when the last digest was sent to everybody; with an address, to that one
_DIGEST = "digest"  # the lease of the one who mails it: two may believe that they publish
_MAILING = timedelta(minutes=10)  # longer than a mail server takes for a message


class AppPublishing(AppReading, AppNetwork):
    """Publishes what is stored."""

    _keeper: OutputKeeper | None = None
    _publisher: ChangePublisher | None = None  # the one that published last

    def publish(self, folder: Path | None = None, everything: bool = False) -> tuple[str, ...]:
        """Writes the outputs to `folder` (default: public/ in the data folder); names of those that changed.

        Those of public/ are made only if something has changed since they were written, or with `everything`.
        Raises ExportError, too.
        """
        if folder is not None:
            from aggregator.pipeline.publish import publish

            changed = publish(self._store, self.config, self.clock(), folder)
        else:
            changed = self._publish_changes(everything)
        self.index_search()
        return changed

    def _publish_changes(self, everything: bool) -> tuple[str, ...]:
        from aggregator.pipeline.changes import ChangePublisher

        publisher, self._publisher = self._publisher, None  # one that fails is of no use any more
        if publisher is None or publisher.config is not self.config:
            publisher = ChangePublisher(self.config)
        changed = publisher.publish(self._store, self.clock(), everything)
        self._publisher = publisher
        return changed

    @property
    def publishes(self) -> bool:
        """Whether it is for this process to publish and to prune: of several workers one does."""
        return self.worker is None or self.worker.publisher is not None

    @property
    def is_copied(self) -> bool:
        """Whether other machines serve what this process publishes, once they have copied it."""
        worker = self.worker
        return (
            worker is not None
            and self.config.store is not None
            and any(each.name != worker.name and each.role in ("all", "web") for each in worker.others)
        )

    def share_outputs(self, is_whole: bool = True) -> None:
        """Keeps the public folder in the store, for web servers on other machines; only if this worker publishes.

        `is_whole`: whether a file that is not there is gone. Raises ExportError where the folder cannot be read.
        """
        lease = self.worker.publisher if self.worker is not None else None
        if lease is None or self.config.store is None:
            return
        from aggregator.pipeline.outputs import OutputKeeper

        self._keeper = self._keeper or OutputKeeper(self.config.public_path)
        if not self._keeper.keep(self._store, lease, is_whole):
            log.warning("another worker publishes: what this one has published is not kept")

    def mirror_outputs(self, mirror: OutputMirror, is_here: Callable[[str], bool]) -> int:
        """Writes what another worker has published to the public folder; how many files. From any thread.

        `is_here`: whether a worker has the same folder. What that one publishes is there already, and may be newer.
        """
        with self._library() as library:
            if library is None:
                return 0
            leader = library.leases([PUBLISH], self.clock()).get(PUBLISH)
            return 0 if leader is not None and is_here(leader) else mirror.update(library)

    def index_search(self) -> int:
        """Brings a portion of what was published into the search index; how many stories, 0 when all is done."""
        return self._store.index_search()

    async def announce(self, changed: Iterable[str]) -> None:
        """Tells the hub which feeds of the public folder have changed; a hub that fails is a line in the log."""
        from aggregator.export import is_topic

        hub = self.config.publish.hub
        topics = [name for name in changed if is_topic(name)]
        if not hub or not topics:
            return
        async with self._fetcher() as fetcher:
            for name in topics:
                problem = await fetcher.ping(hub, self.config.base_url + name)
                if problem:
                    log.warning("the hub was not notified of %s: %s", name, problem)

    @contextmanager
    def digest(
        self, since: datetime | None = None, mark: str = "", choice: Choice | None = None
    ) -> Iterator[Digest]:
        """What was published since then; its stories are read as they are asked for, while the block runs.

        Without `since`: since this mark, the first time the stories of the last day. `choice`: of which at most.
        """
        from aggregator.pipeline.digest import Choice, Digest

        cursor = self._mark(mark) if since is None else (since, 0)
        begin = self.clock() - timedelta(days=1)
        choice = choice or Choice()
        if cursor is None:  # by their own date: what a first poll publishes may be years old
            cursor, choice = (begin, 0), replace(choice, since=begin)
        with self._library() as library:
            yield Digest(library or self._store, self.config, cursor, choice)

    def _mark(self, name: str) -> tuple[datetime, int] | None:
        """How far a reader has read; None where that lies ahead, as a clock that was wrong has left it."""
        cursor = self.read_cursor(name)
        return cursor if cursor is None or cursor[0] <= self.clock() + _AHEAD else None

    def begins_after(self, moment: datetime) -> bool:
        """Whether nothing was published before: then it was a first poll that published, also what is years old."""
        with self._library() as library:
            oldest = library.unarchived_stories(None, 1) if library else ()
            return all(published >= moment for _, published in oldest)

    def set_read_cursor(self, name: str, digest: Digest) -> None:
        """Remembers that a reader has read all of this; never less than he has."""
        before = self._mark(name)
        if before is None or digest.newest > before:
            with self._as_it_is() as store:
                store.set_read_cursor(name, *digest.newest)

    def mail_digest(
        self, to: str, digest: Digest, mark: str | None = None, confirm: Callable[[], None] = lambda: None
    ) -> None:
        """Sends these stories to one address, and remembers under `mark` that it has them once they were accepted.

        `confirm`: called at the last moment; what it raises stops the message. Raises MailError, and ExportError for
        what is not an address.
        """
        from aggregator.export.mail import bare_address, sender_of
        from aggregator.export.pages import Pages
        from aggregator.mailer import send

        server = self._mail_server()
        sender = sender_of(self.config.base_url, self.config.mail.from_)
        envelope = bare_address(sender), [bare_address(to)]
        message = digest.as_mail(Pages(self.config.templates), sender, to, self.clock())
        if mark is not None:  # with a store that cannot be written, the service would send it each minute
            with self._as_it_is() as store:
                store.set_read_cursor(f"{mark} tried", self.clock(), 0)
        send(server, message, *envelope, confirm=confirm)
        if mark is not None:
            self.set_read_cursor(mark, digest)

    def mail_note(self, to: str, title: str, words: str) -> None:
        """Sends a message of text alone to one address. Raises MailError, ExportError."""
        from aggregator.export.mail import render_note, sender_of
        from aggregator.mailer import send

        server = self._mail_server()
        sender = sender_of(self.config.base_url, self.config.mail.from_)
        note = render_note(title, words, self.config.base_url, sender=sender, to=to, date=self.clock())
        send(server, note, sender, [to])

    def send_due_digest(self) -> int:
        """Sends the digest of `digest.at`, once a day, to each of `digest.to`; to how many it was sent.

        A time that passed while the program did not run is made up for on the same day. Of several processes one sends
        it; what it leaves unsent as it is killed is sent ten minutes later. Raises MailError once all were tried.
        """
        import secrets  # for the service alone: `latest` is to begin at once

        owner = secrets.token_hex(8)
        if not self._digest_is_due(_SENT, self.clock()) or not self._may_mail(owner):
            return 0
        try:  # another one may have sent it meanwhile
            begun = self.clock()
            return self._send_digests(owner, begun) if self._digest_is_due(_SENT, begun) else 0
        finally:
            with self._as_it_is() as store:
                store.release([_DIGEST], owner, _LONG_AGO)

    def _may_mail(self, owner: str) -> bool:
        """Whether it is for this one to mail the digest; nobody else does for ten minutes."""
        now = self.clock()
        with self._as_it_is() as store:
            return bool(store.lease([_DIGEST], owner, now, now + _MAILING))

    def _confirm(self, owner: str) -> None:
        """Goes on for ten more minutes. Raises MailError where another one has mailed since: this one stood still."""
        from aggregator.mailer import MailError

        with self._as_it_is() as store:
            if not store.renew([_DIGEST], owner, self.clock() + _MAILING):
                raise MailError("another process has begun to send it")

    def _send_digests(self, owner: str, begun: datetime) -> int:
        from aggregator.export.mail import bare_address
        from aggregator.mailer import MailError

        sent, failed = 0, None
        for address in self.config.digest.to:
            mark = f"digest {bare_address(address)}"
            has_it = f"{_SENT} {bare_address(address)}"  # while others of today's have failed
            if not self._digest_is_due(has_it, begun):
                continue
            try:
                self._confirm(owner)
                with self.digest(mark=mark) as digest:
                    if digest.total:
                        self.mail_digest(address, digest, mark, lambda: self._confirm(owner))
                        sent += 1
            except MailError as error:
                failed = error
            else:
                self._note_sent(has_it, begun)
        if failed is not None:
            raise failed
        self._note_sent(_SENT, begun)
        return sent

    def _note_sent(self, mark: str, begun: datetime) -> None:
        """With the moment when it began, as midnight may have passed; never an earlier one than was noted."""
        last = self._mark(mark)
        if last is None or begun > last[0]:
            with self._as_it_is() as store:
                store.set_read_cursor(mark, begun, 0)

    def _digest_is_due(self, mark: str, now: datetime) -> bool:
        """Whether today's time of `digest.at` has passed, and the last moment that was noted is of a day before.

        Days are those of `timezone` as it is now, so each of them has one digest, whatever it was before.
        """
        from zoneinfo import ZoneInfo

        digest = self.config.digest
        if not digest.at or not digest.to:
            return False
        zone = ZoneInfo(self.config.timezone)
        now = now.astimezone(zone)
        hour, minute = map(int, digest.at.split(":"))
        last = self._mark(mark)
        return (now.hour, now.minute) >= (hour, minute) and (
            last is None or last[0].astimezone(zone).date() < now.date()
        )

    def _mail_server(self) -> MailServer:
        """`mail` of feeds.yaml with its secrets looked up. Raises MailError."""
        from aggregator.fetch import FetchProblem, Secrets
        from aggregator.mailer import MailError, MailServer

        mail, secrets = self.config.mail, Secrets(self.config.file.parent)
        try:
            user = secrets.text(mail.user, "mail.user") if mail.user else None
            password = secrets.text(mail.password, "mail.password") if mail.password else None
        except FetchProblem as problem:
            raise MailError(str(problem)) from None
        return MailServer(mail.smtp, user, password, mail.command)

    def version(self) -> tuple[int, int]:
        """Opaque; differs from an earlier one if the store was written since, by whatever process."""
        return self._store.version()

    def outputs_are_in_place(self) -> bool:
        """Whether the files of the merged feed are there, and no other process has published since this one."""
        from aggregator.export import OUTPUTS

        if self._publisher is not None and not self._publisher.was_last:
            return False
        return all(is_file(self.config.public_path / output.name) for output in OUTPUTS)
