"""A hub is told after a publish that changed the feeds, and one that fails stops nothing."""

from __future__ import annotations

from urllib.parse import parse_qs

from support.command import Folder
from support.feeds import numbered, rss
from support.server import Feed, Reply, serve


def test_the_hub_is_named_and_told_of_what_changed(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1]))), "/hub": Reply(204)}) as server:
        hub = server.url("/hub")
        folder.configure(
            [server.url("/feed")], f"publish: {{hub: '{hub}'}}\nbase_url: https://news.example/\n"
        )
        assert folder.run("poll").code == 0
        told = [parse_qs(request.body.decode())["hub.url"][0] for request in server.asked("/hub")]
        assert told == [f"https://news.example/{name}" for name in ("feed.atom", "feed.json", "bots.rss")]
        assert f'<link rel="hub" href="{hub}"'.encode() in folder.published()["feed.atom"]
        folder.run("poll", "--all")
        folder.run("export")
        folder.run("export", "--to", "elsewhere")
        assert len(server.asked("/hub")) == 3  # nothing changed


def test_a_hub_that_fails_is_a_line_in_the_log(folder: Folder) -> None:
    with serve({"/feed": Feed(rss(*numbered([1]))), "/hub": Reply(500)}) as server:
        folder.configure([server.url("/feed")], f"publish: {{hub: '{server.url('/hub')}'}}\n")
        answer = folder.run("poll")
    assert answer.code == 0
    assert "the hub was not notified of feed.atom: 500" in answer.err
    assert folder.published()["feed.atom"]
