"""auth, headers and the proxy: read as written, and no issue repeats them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from support.config_issues import issues_in

URL = "https://example.org/feed"


def written(folder: Path, text: str) -> Path:
    file = folder / "feeds.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_they_are_kept_as_written_and_not_looked_up(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            "polling: {proxy: 'http://ann:${PROXY_PASSWORD}@proxy.example:3128'}\n"
            f"feeds:\n- url: {URL}\n  auth: bearer ${{TOKEN}}\n"
            "  headers:\n    X-Api-Key: file:key\n    X-Version: 2\n    Cookie: a=b\n",
        )
    )
    (feed,) = config.feeds
    assert feed.auth == "bearer ${TOKEN}"
    assert feed.headers == (("X-Api-Key", "file:key"), ("X-Version", "2"), ("Cookie", "a=b"))
    assert config.polling.proxy == "http://ann:${PROXY_PASSWORD}@proxy.example:3128"
    assert "TOKEN" not in repr(config)
    assert "PASSWORD" not in repr(config)


GOOD = (
    "basic ann:s3cret",
    "Basic ${NAME}:${PASSWORD}",
    "basic file:pair",
    "bearer s3cret",
    "Bearer file:token",
    "basic :x",
)


@pytest.mark.parametrize("auth", GOOD)
def test_ways_to_sign_in(tmp_path: Path, auth: str) -> None:
    config = load(written(tmp_path, f"feeds:\n- {{url: '{URL}', auth: '{auth}'}}\n"))
    assert config.feeds[0].auth == auth


COMPLAINTS = {
    "no scheme": ("auth: s3cret", "feeds[0].auth: is not a valid authentication"),
    "another scheme": ("auth: digest s3cret", "feeds[0].auth: is not a valid authentication"),
    "a number": ("auth: 1234567", "feeds[0].auth: is not a valid authentication"),
    "no password": ("auth: basic s3cret", "feeds[0].auth: is not a valid authentication"),
    "a mapping": ("auth: {token: s3cret}", "feeds[0].auth: is a mapping, but must be a name and password or a token"),
    "nothing": ("auth:", "feeds[0].auth: has no value"),
    "headers as a text": ("headers: 's3cret'", "feeds[0].headers: must be a mapping"),
    "a header of ours": ("headers: {Host: s3cret}", "feeds[0].headers: `Host` is set by the program"),
    "a validator": ("headers: {If-None-Match: s3cret}", "feeds[0].headers: `If-None-Match` is set by the program"),
    "no name of a header": ("headers: {'X Key': s3cret}", "feeds[0].headers: `X Key` is not a header name"),
    "no value": ("headers: {X-Key: }", "feeds[0].headers: `X-Key` has no value"),
    "twice": ("headers: {X-Key: s3cret, x-key: s3cret}", "feeds[0].headers: `x-key` is set twice"),
    "a line break": ('headers: {X-Key: "s3cret\\nX-Evil: 1"}', "feeds[0].headers: contains an unprintable character"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "issue"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_complaints_repeat_no_secret(tmp_path: Path, line: str, issue: str) -> None:
    (found,) = issues_in(tmp_path, f"feeds:\n- url: {URL}\n  {line}\n")
    assert found.split(": ", 1)[1].startswith(issue)
    assert "s3cret" not in found
    assert "1234567" not in found


@pytest.mark.parametrize(
    "proxy", ["https://ann:s3cret@proxy.example", "socks5://s3cret", "proxy.example:3128", "s3cret"]
)
def test_a_proxy_that_is_none(tmp_path: Path, proxy: str) -> None:
    (found,) = issues_in(tmp_path, f"polling: {{proxy: '{proxy}'}}\nfeeds: ['{URL}']\n")
    assert "polling.proxy: is not an HTTP proxy URL; write it as http://proxy.example:3128" in found
    assert "s3cret" not in found
