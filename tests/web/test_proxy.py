"""Behind nginx, at the root and under a path: every link of every page leads somewhere."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.export import write_outputs
from aggregator.export.places import tag_feed
from support.publications import ID, RICH, SOURCE, archive, publication
from support.site import Site, serving

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        NGINX is None, reason="NO NGINX: nothing was tried behind a proxy (apt-get install nginx-light)"
    ),
]

CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; location {prefix} {{ proxy_pass http://127.0.0.1:{to}{path}; }} }}
}}
"""


@contextmanager
def nginx(folder: Path, to: int, prefix: str, path: str) -> Iterator[Site]:
    """nginx before the application; `path`: what it puts in place of the prefix, "" to leave it on."""
    file = folder / "nginx.conf"
    # It is given a socket that listens already, as in an upgrade of its own: nobody takes the port before, and who comes
    # early waits.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, number = listener.getsockname()[1], listener.fileno()
        file.write_text(CONFIGURATION.format(folder=folder, port=port, prefix=prefix, to=to, path=path))
        process = subprocess.Popen(
            [str(NGINX), "-c", str(file), "-p", str(folder)],
            env={**os.environ, "NGINX": f"{number};"},
            pass_fds=[number],
        )
    try:
        yield Site(folder, port)
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize(
    ("prefix", "path"),
    [("/", ""), ("/planet/", "/"), ("/planet/", "")],
    ids=["at the root", "the prefix taken off", "the prefix left on"],
)
def test_every_link_of_every_page_leads_somewhere(tmp_path: Path, prefix: str, path: str) -> None:
    tag = replace(tag_feed(ID, "Transport"), stories=1)
    story = replace(RICH, source=replace(SOURCE, slug="daily-12345678"))
    made = publication(
        story, tags=(tag,), archives=(archive("2026-11"),), base_url=f"https://news.example{prefix}"
    )
    others = [replace(made, place="tags/transport"), replace(made, place="archive/2026-11")]
    others.append(
        replace(made, place="sources/daily-12345678", sources=(replace(SOURCE, slug="daily-12345678"),))
    )
    write_outputs(made, tmp_path / "public", others)
    with serving(tmp_path / "public", prefix) as site, nginx(tmp_path, site.port, prefix, path) as proxy:
        todo, seen = [prefix], set()
        while todo:
            page = todo.pop()
            seen.add(page)
            answer = proxy.ask(page)
            assert answer.status in (200, 308), page
            if "location" in answer.headers:
                links = [answer.headers["location"]]
            elif answer.headers["content-type"].startswith("text/html"):
                links = [
                    node.attributes["href"] or ""
                    for node in LexborHTMLParser(answer.body.decode()).css("[href]")
                ]
            else:
                links = []
            targets = {
                urlsplit(urljoin(page, link)).path for link in links if not link.startswith(("http", "data:"))
            }
            assert all(target.startswith(prefix) for target in targets), page
            todo += sorted(targets - seen - set(todo))
        (tmp_path / "public" / "404.html").unlink()  # which nothing leads to
        outputs = {str(file.relative_to(tmp_path / "public")) for file in (tmp_path / "public").rglob("*.*")}
        assert {f"{prefix}{name}" for name in outputs} <= seen


def test_a_304_and_a_packed_body_come_through(tmp_path: Path) -> None:
    write_outputs(publication(RICH), tmp_path / "public")
    with serving(tmp_path / "public") as site, nginx(tmp_path, site.port, "/planet/", "/") as proxy:
        first = proxy.ask("/planet/feed.atom", headers={"Accept-Encoding": "gzip"})
        assert first.headers["content-encoding"] == "gzip"
        again = proxy.ask(
            "/planet/feed.atom", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]}
        )
        assert (again.status, again.body) == (304, b"")
