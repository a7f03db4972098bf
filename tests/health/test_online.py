"""`aggregator doctor --online`: what is wrong with names, connections, certificates and the proxy, with advice."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.command import Folder
from support.server import Feed, Reply, serve
from support.tls import make_certificate

NO_PROXY = {name: "" for name in os.environ if name.lower().endswith("_proxy")}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def findings(folder: Folder, env: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """The worst of each kind that the network gave."""
    answer = folder.run("doctor", "--online", "--json", env={**NO_PROXY, **(env or {})})
    assert answer.out, answer.err
    order = ["ok", "warning", "critical"]
    rows = sorted(answer.json, key=lambda row: order.index(row["level"]))
    worst = order.index(rows[-1]["level"])
    assert answer.code == worst
    return {row["what"]: row for row in rows}


def test_a_host_that_is_well(folder: Folder, tmp_path: Path) -> None:
    good = make_certificate(tmp_path / "tls")
    with serve({"/f": Feed(b"<rss/>")}, tls=good.server) as secure, serve({}) as plain:
        folder.configure([secure.url("/f"), plain.url("/f")])
        found = findings(folder, {"SSL_CERT_FILE": str(good.file)})
        assert found["dns"]["message"].startswith("2 hosts have an address")
        assert found["connection"]["message"] == "2 hosts can be reached"
        assert found["tls"]["message"] == "1 host has a valid certificate"
        assert secure.requests == []  # no feed is asked
        assert plain.requests == []


@pytest.mark.parametrize(
    ("made", "trusted", "words", "advice"),
    [
        ({}, False, "self-signed certificate", "SSL_CERT_FILE"),
        ({"days": -1}, True, "certificate has expired", "renew"),
        ({"names": "DNS:other.example"}, True, "mismatch", "another name"),
        ({"days": 3}, True, "ends on", ""),
    ],
)
def test_a_certificate_that_is_not_well(
    folder: Folder, tmp_path: Path, made: dict[str, object], trusted: bool, words: str, advice: str
) -> None:
    certificate = make_certificate(tmp_path / "tls", **made)  # type: ignore[arg-type]  # the table's rows
    with serve({}, tls=certificate.server) as server:
        folder.configure([server.url("/f")])
        found = findings(folder, {"SSL_CERT_FILE": str(certificate.file)} if trusted else None)
    assert words in found["tls"]["message"]
    assert advice in found["tls"]["advice"]


def test_a_file_of_certificates_that_is_not_there(folder: Folder) -> None:
    folder.configure(["https://127.0.0.1:9443/f"])
    found = findings(folder, {"SSL_CERT_FILE": "/nowhere/ca.pem"})
    assert found["tls"]["level"] == "critical"
    assert "/nowhere/ca.pem" in found["tls"]["message"]


def test_a_port_where_nobody_listens(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    folder.configure([f"https://127.0.0.1:{port}/f"])
    found = findings(folder)["connection"]
    assert "connection refused" in found["message"]
    assert "firewall" in found["advice"]


def test_an_address_that_is_not_allowed(folder: Folder) -> None:
    (folder.path / "feeds.yaml").write_text("feeds: [http://127.0.0.1:8/f]\n")
    assert "allow_addresses" in findings(folder)["dns"]["message"]


def test_names_that_are_not_found(folder: Folder) -> None:
    from support.namespace import alone, missing

    if why := missing():
        pytest.skip(why)
    folder.configure(["https://a.invalid/f", "https://b.invalid/f"])
    answer = folder.run("doctor", "--online", within=alone([]), env=NO_PROXY)
    assert answer.code == 2
    said = " ".join(answer.out.split())
    assert "none of 2 hosts has an address" in said
    assert "/etc/resolv.conf" in said


def test_a_proxy(folder: Folder) -> None:
    with serve({"http://feed.example/f": Reply(200, b"<rss/>")}) as proxy:
        more = f"polling: {{proxy: '{proxy.url()}'}}\n"
        (folder.path / "feeds.yaml").write_text(f"{more}feeds: [http://feed.example/f]\n")
        assert findings(folder)["proxy"]["level"] == "ok"
        proxy.routes["http://feed.example/f"] = Reply(407)
        refused = findings(folder)["proxy"]
    assert refused["level"] == "warning"
    assert "name and password" in refused["advice"]
    gone = findings(folder)["proxy"]
    assert "cannot connect" in gone["message"]


def test_a_proxy_of_the_environment_is_not_used_and_that_is_said(folder: Folder) -> None:
    with serve({}) as plain:
        folder.configure([plain.url("/f")])
        found = findings(folder, {"http_proxy": "http://me:hush@127.0.0.1:1/"})
    assert "http" in found["proxy"]["message"]
    assert "hush" not in str(found)
    assert found["connection"]["level"] == "ok"
