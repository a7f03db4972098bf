"""Who gets through to the pages: hosts, passwords, rates."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregator.errors import AggregatorError
from aggregator.service.site import access_of
from aggregator.settings import Config
from aggregator.settings.sections import Web
from aggregator.web import make_app
from aggregator.web.gate import Access, Gate, Rate, is_ours
from aggregator.web.server import WebServer
from aggregator.web.sockets import ServerError, listen

HOSTS = frozenset({"news.example", "box"})


@pytest.mark.parametrize(
    ("named", "ours"),
    [
        (["news.example"], True),
        (["NEWS.example:8080"], True),
        (["news.example."], True),
        (["box"], True),
        (["localhost:9000"], True),
        (["app.localhost"], True),
        (["127.0.0.1:8080"], True),
        (["192.168.1.5"], True),
        (["[::1]:8080"], True),
        (["[fe80::1]"], True),
        ([], True),
        (["evil.example"], False),
        (["news.example.evil.example"], False),
        (["evilnews.example"], False),
        (["localhost.evil.example"], False),
        (["127.0.0.1.evil.example"], False),
        (["[evil.example]"], False),
        (["[::1]evil"], False),
        ([""], False),
        (["news.example", "evil.example"], False),
        (["0x7f.1"], False),
    ],
)
def test_hosts(named: list[str], ours: bool) -> None:
    assert is_ours(named, HOSTS) is ours


@contextmanager
def gated(folder: Path, access: Access, **more: object) -> Iterator[int]:
    (folder / "feed.atom").write_bytes(b"<feed/>")
    listener = listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    private = access.authorization is not None
    proxies = ["127.0.0.1"] if more.get("proxied") else []
    with WebServer(listener, Gate(make_app(folder, lambda: 1, private=private), access), proxies):
        yield port


def ask(
    port: int, path: str = "/feed.atom", headers: Mapping[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=dict(headers or {}))
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_another_name_is_not_answered(tmp_path: Path) -> None:
    with gated(tmp_path, Access(hosts=HOSTS)) as port:
        assert ask(port).status == 200
        for path in ("/feed.atom", "/healthz", "/nothing"):
            refused = ask(port, path, {"Host": "evil.example"})
            assert refused.status == 421
            assert refused.getheader("Cache-Control") == "no-store"


def test_a_password_is_asked_for_but_not_by_probes(tmp_path: Path) -> None:
    right = b"Basic " + base64.b64encode("me:sécret".encode())
    with gated(tmp_path, Access(authorization=right)) as port:
        refused = ask(port)
        assert refused.status == 401
        assert "Basic" in refused.getheader("WWW-Authenticate", "")
        assert ask(port, headers={"Authorization": "Basic " + "x" * 20}).status == 401
        let_in = ask(port, headers={"Authorization": right.decode()})
        assert let_in.status == 200
        assert let_in.getheader("Cache-Control", "").startswith("private")
        assert ask(port, "/healthz").status == 200


def test_whoever_asks_too_often_is_told_so(tmp_path: Path) -> None:
    with gated(tmp_path, Access(rate=3), proxied=True) as port:
        first, second = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
        assert [ask(port, headers=first).status for _ in range(5)] == [200, 200, 200, 429, 429]
        assert ask(port, headers=first).getheader("Retry-After") == "60"
        assert ask(port, headers=second).status == 200
        assert ask(port, "/healthz", first).status == 200


def test_who_is_no_trusted_proxy_cannot_say_who_he_is(tmp_path: Path) -> None:
    with gated(tmp_path, Access(rate=1)) as port:
        statuses = {ask(port, headers={"X-Forwarded-For": "192.0.2.1"}).status for _ in range(4)}
        assert statuses == {200}  # loopback itself


def test_a_rate_fills_evenly() -> None:
    rate = Rate(60)
    assert sum(rate.allows("a", 0.0) for _ in range(100)) == 60
    assert sum(rate.allows("a", 5.0) for _ in range(100)) == 5
    assert rate.allows("b", 5.0)


@pytest.mark.parametrize("host", ["", " ", "[]"])
def test_an_empty_host_does_not_mean_everybody(host: str) -> None:
    with pytest.raises(ServerError, match=r"0\.0\.0\.0"):
        listen(host, 0)
    assert issubclass(ServerError, AggregatorError)


@pytest.mark.parametrize(
    "auth", ["basic ann:", "basic :", "basic file:colon", "bearer file:empty", "basic file:name"]
)
def test_who_may_read_needs_a_password(tmp_path: Path, auth: str) -> None:
    (tmp_path / "colon").write_text("ann:\n")
    (tmp_path / "name").write_text("ann\n")
    (tmp_path / "empty").write_text("\n")
    config = Config(tmp_path / "feeds.yaml", (), web=Web(auth=auth))
    with pytest.raises(AggregatorError, match=r"no password|file that is empty"):
        access_of(config)
