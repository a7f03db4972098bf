"""`aggregator digest --send`: each story once to each address, and only what was accepted counts as sent."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count

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


def test_a_sender_that_stood_still_leaves_it_to_the_one_that_sent_meanwhile(folder: Folder) -> None:
    now = datetime.now(UTC).replace(hour=12)
    others: list[int] = []

    def stand_still() -> None:
        box.greeting = lambda: None
        others.append(send_due(config, now + timedelta(minutes=11)))

    with with_news(folder, ME, YOU) as (config, box):
        box.greeting = stand_still
        with pytest.raises(MailError, match="another process"):
            send_due(config, now)
    assert others == [2]
    assert [to for to, _, _ in box.messages] == [ME, YOU]


@contextmanager
def with_news_each_time(folder: Folder) -> Iterator[tuple[Callable[[str, datetime, datetime], int], MailBox]]:
    """A function that gives the settings, polls a story more, and sends the digest if it is due; to how many."""
    with serve({"/feed": Feed(b"")}) as server, mail_server() as box:
        numbers = count()

        def send_with(settings: str, at: datetime, written: datetime) -> int:
            folder.configure([server.url("/feed")], f"mail: {{smtp: {box.url}}}\n{settings}")
            stories = numbered(range(next(numbers), -1, -1))
            server.routes["/feed"] = Feed(rss(*stories, date=format_datetime(written - timedelta(minutes=5))))
            with App(load(folder.path / "feeds.yaml"), lambda: at).open() as app:
                assert [result.status for result in app.poll(app.feeds())] == ["ok"]
                app.publish()
                return app.send_due_digest()

        yield send_with, box


def test_a_sender_that_stood_still_takes_back_nothing(folder: Folder) -> None:
    """What it notes late would have stories mailed again that came meanwhile."""
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    settings = f"digest: {{at: '07:00', to: [{ME}]}}\n"
    with with_news_each_time(folder) as (send_with, box):

        def stand_still() -> None:
            box.meanwhile = lambda: None
            later = now + timedelta(minutes=11)
            assert send_with(settings, later, later) == 1

        box.meanwhile = stand_still
        assert send_with(settings, now, now) == 1
        at = now + timedelta(days=1)
        assert send_with(settings, at, at) == 1
        _, message, _ = box.messages[2]
    text = message.get_body(("plain",))
    assert text is not None
    assert "Headline number 2 of" in text.get_content()
    assert "Headline number 1 of" not in text.get_content()


# zone, `digest.at`, when it is (UTC), to how many it is sent
SEVEN, NOON = "07:00", "12:00"
CHANGES = {
    "zone to the west": [
        ("Europe/Berlin", SEVEN, "27 06:05", 1),
        ("America/New_York", SEVEN, "27 12:05", 0),
        ("America/New_York", SEVEN, "28 11:55", 0),
        ("America/New_York", SEVEN, "28 12:05", 1),
    ],
    "zone to the east": [
        ("Europe/Berlin", SEVEN, "27 06:05", 1),
        ("Asia/Tokyo", SEVEN, "27 06:10", 0),
        ("Asia/Tokyo", SEVEN, "27 22:05", 1),  # of the 28th there
        ("Asia/Tokyo", SEVEN, "28 06:05", 0),
        ("Asia/Tokyo", SEVEN, "28 22:05", 1),
    ],
    "zone there and back": [
        ("Europe/Berlin", SEVEN, "27 06:05", 1),
        ("America/New_York", SEVEN, "27 12:05", 0),
        ("Europe/Berlin", SEVEN, "27 13:05", 0),
        ("Europe/Berlin", SEVEN, "28 06:05", 1),
    ],
    "zone beyond the date line": [
        ("Pacific/Auckland", SEVEN, "27 18:05", 1),  # of the 28th there
        ("Pacific/Honolulu", SEVEN, "27 18:10", 0),
        ("Pacific/Honolulu", SEVEN, "28 17:05", 1),  # of the 28th here, too
        ("Pacific/Auckland", SEVEN, "28 18:05", 0),
        ("Pacific/Auckland", SEVEN, "29 18:05", 1),
    ],
    "time of day": [
        ("Europe/Berlin", SEVEN, "27 06:05", 1),
        ("Europe/Berlin", NOON, "27 11:05", 0),
        ("Europe/Berlin", SEVEN, "27 11:10", 0),
        ("Europe/Berlin", NOON, "28 11:05", 1),
    ],
    "time of day, before it came": [
        ("Europe/Berlin", NOON, "27 06:05", 0),
        ("Europe/Berlin", SEVEN, "27 06:10", 1),
        ("Europe/Berlin", NOON, "27 11:05", 0),
    ],
}


def have_news(folder: Folder, *to: str) -> None:
    """All stories are new to these addresses."""
    with closing(open_store(folder.path / "data" / "aggregator.db")) as store:
        for address in to:
            store.set_read_cursor(f"digest {address}", datetime(2025, 1, 1, tzinfo=UTC), 0)


def test_a_day_has_one_digest_whatever_is_changed(folder: Folder) -> None:
    with with_news(folder, ME) as (config, box):
        for year, (name, steps) in enumerate(CHANGES.items(), datetime.now(UTC).year + 1):
            for zone, at, when, sent in steps:
                have_news(folder, ME)
                moment = datetime.strptime(f"{year} 11 {when} +0000", "%Y %m %d %H:%M %z")
                changed = replace(config, timezone=zone, digest=replace(config.digest, at=at))
                assert send_due(changed, moment) == sent, (name, zone, at, when)
    assert len(box.messages) == sum(sent for steps in CHANGES.values() for *_, sent in steps)


def test_sending_that_lasts_beyond_midnight_takes_no_day_away(folder: Folder) -> None:
    late = datetime.now(UTC).replace(hour=23, minute=58, second=0, microsecond=0)
    clock = [late]

    def take_long() -> None:
        clock[0] += timedelta(minutes=3)

    with with_news(folder, ME, YOU) as (config, box):
        box.meanwhile = take_long
        at_night = replace(config, digest=replace(config.digest, at="23:58"))
        have_news(folder, ME, YOU)  # at any time of day: the first digest holds those of a day alone
        with App(at_night, lambda: clock[0]) as app:
            assert app.send_due_digest() == 2
            clock[0] = late + timedelta(days=1)
            have_news(folder, ME, YOU)
            assert app.send_due_digest() == 2


def test_one_address_that_is_refused_gives_the_others_no_second_digest(folder: Folder) -> None:
    now = datetime.now(UTC).replace(hour=12)
    with with_news(folder, YOU, ME) as (config, box):
        box.refuse = YOU
        for minutes in (0, 1):
            have_news(folder, YOU, ME)
            with pytest.raises(MailError, match="550"):
                send_due(config, now + timedelta(minutes=minutes))
        box.refuse = ""
        for minutes in (2, 3):
            have_news(folder, YOU, ME)
            send_due(config, now + timedelta(minutes=minutes))
    assert [to for to, _, _ in box.messages] == [ME, YOU]


@pytest.mark.parametrize("wrong", [3, 30, 900])
def test_a_clock_that_was_wrong_keeps_no_digest_back(folder: Folder, wrong: int) -> None:
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    settings = f"digest: {{at: '07:00', to: [{ME}]}}\n"
    with with_news_each_time(folder) as (send_with, box):
        for number, day in enumerate((0, wrong, 1, 2, 3)):
            at = now + timedelta(days=day)
            assert send_with(settings, at, min(at, now + timedelta(days=number))) == 1
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
