"""Two and four workers, as processes of their own, do what one would: each feed once, no host by two, the same outputs."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping

import pytest

from support.command import Folder
from support.running import Running, until

from .conftest import MakeCrew
from .crew import Crew, titles

pytestmark = pytest.mark.slow


def single_run(crew: Crew, path: str = "single") -> Folder:
    """What one process makes of the same feeds."""
    folder = Folder(crew.path / path)
    folder.path.mkdir()
    folder.configure([url for host in crew.site for url in host.urls], crew.settings)
    assert folder.run_process("poll").code == 0
    return folder


def outputs(folder: Folder) -> Mapping[str, bytes]:
    """Those that do not tell in which order the entries came, as numbers of stories and archives do."""
    return {
        name: body
        for name, body in folder.published().items()
        if name.endswith((".atom", ".json", ".opml")) and "archive" not in name
    }


def headlines(feed: bytes) -> list[bytes]:
    return sorted(re.findall(rb'<title type="text">(.*)</title>', feed))


def answer(web: Running, path: str) -> tuple[int, str | None, str | None, bytes]:
    """What a reader would keep of this path; before a web server has a copy of it, it says 503 without ETag."""
    status, headers, body = web.get(path)
    return status, headers.get("etag"), headers.get("last-modified"), body


def until_same(one: Running, other: Running, path: str) -> None:
    """Until both serve this path alike. Each path is waited for: a server replaces its files one by one."""
    until(lambda: answer(one, path) == answer(other, path) and answer(one, path)[0] == 200)


@pytest.mark.parametrize(("engine", "pollers"), [("sqlite", 2), ("postgresql", 4)])
def test_many_workers_make_what_one_would(make_crew: MakeCrew, engine: str, pollers: int) -> None:
    crew = make_crew(engine, 6, 4)
    folder = crew.folder()
    for _ in range(pollers):
        crew.start("poller")
    crew.wait_for_polls()
    crew.check_hosts()
    until(lambda: len(titles(folder)) == 6 * 4 * 3 + 3 * 4)
    # Only now: a story that two feeds tell keeps the id of the one who told it before it was published.
    publisher = crew.start("publisher", folder=folder)
    publisher.wait_for("publishes from now on")
    web, other = crew.start("web"), crew.start("web")
    single = single_run(crew)
    assert titles(folder) == titles(single)
    until(lambda: "published" in publisher.log)
    assert outputs(folder) == outputs(single)
    assert folder.run_process("export", "--to", "again").code == 0
    again = {
        str(path.relative_to(folder.path / "again")): path.read_bytes()
        for path in (folder.path / "again").rglob("*")
        if path.is_file()
    }
    assert again == folder.published()
    until(lambda: web.get("/feed.atom")[2] == single.published()["feed.atom"])
    until(lambda: other.get("/feed.atom")[2] == single.published()["feed.atom"])
    for path in ("/feed.atom", "/feed.json", "/", "/subscriptions.opml"):
        until_same(web, other, path)
    status = folder.run("status", "--json").json["service"]
    assert status["role"] == "publisher"
    assert status["leader"] == status["worker"]
    assert publisher.stop() == web.stop() == 0


def test_everything_on_two_machines(make_crew: MakeCrew) -> None:
    """Two services that do everything on one database: both poll, one publishes, both serve the same."""
    crew = make_crew("postgresql", 6, 2)
    one, two = crew.start("all"), crew.start("all")
    crew.wait_for_polls()
    crew.check_hosts()
    # As they publish between polls, which of two feeds leads a story depends on which came first: not the bytes.
    wanted = headlines(single_run(crew).published()["feed.atom"])
    until(lambda: headlines(one.get("/feed.atom")[2]) == wanted)
    for path in ("/feed.atom", "/feed.json"):
        until_same(one, two, path)
    assert ("publishes from now on" in one.log) != ("publishes from now on" in two.log)
    assert one.stop() == two.stop() == 0


def test_hosts_are_left_alone_for_the_gap_whoever_asked_last(make_crew: MakeCrew) -> None:
    crew = make_crew("postgresql", 2, 6)
    for _ in range(2):
        folder = crew.folder()
        file = folder.path / "feeds.yaml"
        file.write_text(file.read_text().replace("host_gap: 0s", "host_gap: 1s"))
        crew.start("poller", folder=folder)
    crew.wait_for_polls()
    crew.check_hosts()
    for host in crew.site:
        for before, after in zip(host.visits, host.visits[1:], strict=False):
            assert after.began - before.ended >= 0.9  # the gap is counted from a moment before ours


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_a_host_asks_for_holds_for_all(make_crew: MakeCrew, engine: str) -> None:
    """Retry-After, told to one worker, keeps the others away; feeds of other hosts are polled."""
    crew = make_crew(engine, 3, 3)
    refusing = crew.site[0]
    refusing.refuses = ("Retry-After", "3600")
    first, second = crew.start("poller"), crew.start("poller")
    until(lambda: all(sum(host.polls().values()) >= 3 for host in crew.site[1:]))
    until(lambda: sum(refusing.polls().values()) >= 1)
    assert first.stop() == second.stop() == 0
    third = crew.start("poller", folder=(folder := crew.folder("", crew.place)))
    until(lambda: folder.run("status", "--json").json["service"] is not None)
    assert third.stop() == 0
    assert sum(refusing.polls().values()) == 1


def test_one_service_or_workers_in_a_folder_but_not_both(make_crew: MakeCrew) -> None:
    crew = make_crew("sqlite", 1, 1)
    folder = crew.folder()
    poller = crew.start("poller", folder=folder)
    until(lambda: folder.run("status", "--json").json["service"] is not None)
    refused = folder.run_process("run", "--port", "0")
    assert refused.code != 0
    assert "a poller runs on" in refused.err
    poller.stop()
    service = crew.start("all", folder=folder)
    service.wait_for("serving")
    until(lambda: folder.run("status", "--json").json["service"] is not None)
    for role in ("poller", "publisher", "web"):
        refused = folder.run_process("run", "--role", role, "--port", "0")
        assert refused.code != 0
        assert "another service runs on" in refused.err
    assert service.stop(signal.SIGINT) == 0


def test_a_poll_by_hand_keeps_to_what_workers_agree_on(make_crew: MakeCrew) -> None:
    crew = make_crew("sqlite", 2, 3)
    folder = crew.folder()
    first, second = crew.site
    import threading

    first.held["/0"] = threading.Event()
    poller = crew.start("poller", folder=folder)
    until(lambda: first.polls()["/0"] == 1 and sum(second.polls().values()) == 3)
    by_hand = folder.run_process("poll", first.urls[1])
    assert "another worker polls its host" in by_hand.out + by_hand.err
    first.held["/0"].set()
    crew.wait_for_polls()
    crew.check_hosts()
    assert poller.stop() == 0
