"""`aggregator digest --send`: each story once to each address, and only what was accepted counts as sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.app import App
from aggregator.config import load
from aggregator.mailer import MailError, MailServer, send
from aggregator.settings import Config
from aggregator.store.open import open_store
from support.command import Folder
from support.feeds import numbered, rss, today
from support.server import Feed, serve
from support.smtp import MailBox, mail_server

ME, YOU = "me@example.org", "you@example.org"


def test_each_address_gets_each_story_once(folder: Folder) -> None:
    with (
        serve({"/feed": Feed(rss(*numbered([1, 2]), date=today()))}) as server,
        mail_server(refuse=YOU) as box,
    ):
        mail = f"mail: {{smtp: {box.url}, from: news@example.org}}\ndigest: {{to: [{ME}]}}\n"
        folder.configure([server.url("/feed")], mail)
        assert folder.run("poll").code == 0
        first = folder.run("digest", "--send")
        assert (first.code, "Sent 2 stories to me@example.org" in first.out) == (0, True)
        ((to, message, _),) = box.messages
        assert (to, message["To"], "news@example.org" in message["From"]) == (ME, ME, True)
        assert message["List-Id"]
        assert message["Message-ID"]
        assert abs(message["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=10)
        again = folder.run("digest", "--send")
        assert (again.code, len(box.messages)) == (0, 1)  # nothing new sends nothing

        refused = folder.run("digest", "--send", "--to", YOU)
        assert (refused.code, "550" in refused.err) == (1, True)
        box.refuse = ""
        assert folder.run("digest", "--send", "--to", YOU).code == 0  # its mark had not moved
        assert [to for to, _, _ in box.messages] == [ME, YOU]


@pytest.mark.skipif(
    not shutil.which("prlimit"), reason="prlimit is not installed: no disk can be made to be full"
)
def test_nothing_is_sent_where_it_could_not_be_remembered(folder: Folder) -> None:
    """Else a full disk would have the service send the same message each minute."""
    with serve({"/feed": Feed(rss(*numbered([1]), date=today()))}) as server, mail_server() as box:
        folder.configure([server.url("/feed")], f"mail: {{smtp: {box.url}}}\ndigest: {{to: [{ME}]}}\n")
        assert folder.run("poll").code == 0
        full = folder.run("digest", "--send", within=("prlimit", "--fsize=0"))
        assert (full.code, box.messages) == (4, [])
        assert folder.run("digest", "--send").code == 0
        assert len(box.messages) == 1


def test_a_named_address_and_its_zone(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1]), date=today()))}) as server, mail_server() as box:
        folder.configure([server.url("/feed")], f"mail: {{smtp: {box.url}}}\n")
        folder.run("poll")
        options = ("--from", "Planet <news@example.org>", "--timezone", "Asia/Tokyo")
        wrong = folder.run("digest", "--send", "--to", ME, "--to", "nobody", *options)
        assert (wrong.code, box.messages) == (1, [])  # before any is sent
        sent = folder.run("digest", "--send", "--to", f"Ánn <{ME}>", "--to", ME, *options)
        assert sent.code == 0, sent.err
        ((to, message, _),) = box.messages
        assert (to, message["To"], message["From"]) == (ME, ME, "Planet <news@example.org>")
        text = message.get_body(("plain",))
        assert text is not None
        assert "Dates and times are in Asia/Tokyo" in text.get_content()


def test_the_service_sends_at_its_time_once_a_day(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1]), date=today()))}) as server, mail_server() as box:
        more = f"mail: {{smtp: {box.url}}}\ndigest: {{at: '07:00', to: [{ME}]}}\ntimezone: Europe/Berlin\n"
        folder.configure([server.url("/feed")], more)
        assert folder.run("poll").code == 0
    with mail_server() as box:
        folder.configure([server.url("/feed")], more.replace(more.split()[2].strip("{},"), box.url))
        config = load(folder.path / "feeds.yaml")
        morning = datetime.now(UTC).replace(hour=5, minute=30, second=0, microsecond=0)
        # 5:30 UTC is 6:30 or 7:30 in Berlin.
        sent = [send_due(config, morning + timedelta(hours=hours)) for hours in (0, 1, 2, 24, 25)]
    assert sum(sent) == 1  # a day later there is nothing new
    assert len(box.messages) == 1


@contextmanager
def with_news(folder: Folder, *to: str) -> Iterator[tuple[Config, MailBox]]:
    """One story that was polled, for a digest at 7 to these addresses."""
    with serve({"/feed": Feed(rss(*numbered([1]), date=today()))}) as server, mail_server() as box:
        more = f"mail: {{smtp: {box.url}}}\ndigest: {{at: '07:00', to: [{', '.join(to)}]}}\n"
        folder.configure([server.url("/feed")], more)
        assert folder.run("poll").code == 0
        yield load(folder.path / "feeds.yaml"), box


def send_due(config: Config, now: datetime) -> int:
    """To how many the digest is sent by a process whose clock says this."""
    with App(config, lambda: now) as app:
        return app.send_due_digest()


def test_of_two_that_send_the_digest_at_once_one_does(folder: Folder) -> None:
    """As where two workers believe that they publish."""
    now = datetime.now(UTC).replace(hour=12)
    others = []
    with with_news(folder, ME, YOU) as (config, box):
        box.meanwhile = lambda: others.append(send_due(config, now))
        assert send_due(config, now) == 2
        others.append(send_due(config, now))
    assert others == [0, 0, 0]  # as each message was on its way, and when both were sent
    assert [to for to, _, _ in box.messages] == [ME, YOU]


def test_a_digest_that_was_broken_off_is_sent_a_little_later(folder: Folder) -> None:
    now = datetime.now(UTC).replace(hour=12)
    with with_news(folder, ME) as (config, box):
        with closing(open_store(folder.path / "data" / "aggregator.db")) as store:
            store.lease(["digest"], "a process that was killed", now, now + timedelta(minutes=10))
        sent = [send_due(config, now + timedelta(minutes=minutes)) for minutes in (1, 11, 12)]
    assert (sent, len(box.messages)) == ([0, 1, 0], 1)


@pytest.mark.parametrize("wrong", [3, 30, 900])
def test_a_clock_that_was_wrong_keeps_no_digest_back(folder: Folder, wrong: int) -> None:
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    with serve({"/feed": Feed(b"")}) as server, mail_server() as box:
        more = f"mail: {{smtp: {box.url}}}\ndigest: {{at: '07:00', to: [{ME}]}}\n"
        folder.configure([server.url("/feed")], more)
        config = load(folder.path / "feeds.yaml")
        sent = []
        for number, day in enumerate((0, wrong, 1, 2, 3)):
            at = now + timedelta(days=day)
            written = format_datetime(min(at, now + timedelta(days=number)) - timedelta(minutes=5))
            server.routes["/feed"] = Feed(rss(*numbered(range(number, -1, -1)), date=written))
            with App(config, lambda at=at: at).open() as app:  # type: ignore[misc]  # of a lambda with a default
                assert [result.status for result in app.poll(app.feeds())] == ["ok"]
                app.publish()
                sent.append(app.send_due_digest())
    assert sent == [1, 1, 1, 1, 1]
    for number, (_, message, _) in enumerate(box.messages):
        text = message.get_body(("plain",))
        assert text is not None
        assert f"Headline number {number} of" in text.get_content()


def test_the_first_digest_holds_a_day(folder: Folder) -> None:
    with serve(
        {"/old": Feed(rss(*numbered([1]))), "/new": Feed(rss(*numbered([2]), date=today()))}
    ) as server:
        folder.configure([server.url("/old"), server.url("/new")])
        assert folder.run("poll").code == 0
    printed = folder.run("digest", "--since", "last").out
    assert ("number 2" in printed, "number 1 " in printed) == (True, False)


def test_a_command_takes_the_message_or_fails(folder: Folder) -> None:
    out = folder.path / "out"
    (folder.path / "mailer").write_text(f"#!/bin/sh\ncat > '{out}'\n")
    (folder.path / "mailer").chmod(0o755)
    send(MailServer(command=f"'{folder.path}/mailer' -t"), b"To: x\r\n\r\nhi", ME, [YOU])
    assert out.read_bytes() == b"To: x\r\n\r\nhi"
    for command, words in (
        ("false", "exit code 1"),
        ("no-such-program -t", "cannot be run"),
        ("'", "cannot be read"),
    ):
        with pytest.raises(MailError, match=words):
            send(MailServer(command=command), b"x", ME, [YOU])


def test_no_server_and_no_mail_settings_are_said(folder: Folder) -> None:
    with pytest.raises(MailError, match=r"127\.0\.0\.1:1 did not take"):
        send(MailServer("smtp://127.0.0.1:1"), b"x", ME, [YOU])
    with pytest.raises(MailError, match="no mail server"):
        send(MailServer(), b"x", ME, [YOU])
