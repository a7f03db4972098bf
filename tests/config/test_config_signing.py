"""auth, headers and the proxy: read as written, and no complaint repeats them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from support.complaints import complaints_about

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
    "no scheme": ("auth: s3cret", "feeds[0].auth: is neither a name and password nor a token"),
    "another scheme": ("auth: digest s3cret", "feeds[0].auth: is neither a name and password nor a token"),
    "a number": ("auth: 1234567", "feeds[0].auth: is neither a name and password nor a token"),
    "no password": ("auth: basic s3cret", "feeds[0].auth: is neither a name and password nor a token"),
    "a mapping": ("auth: {token: s3cret}", "feeds[0].auth: is a mapping where what to sign in with is wanted"),
    "nothing": ("auth:", "feeds[0].auth: has no value"),
    "headers as a text": ("headers: 's3cret'", "feeds[0].headers: needs keys of its own"),
    "a header of ours": ("headers: {Host: s3cret}", "feeds[0].headers: `Host` is for the program to say"),
    "a validator": ("headers: {If-None-Match: s3cret}", "feeds[0].headers: `If-None-Match` is for the program to say"),
    "no name of a header": ("headers: {'X Key': s3cret}", "feeds[0].headers: `X Key` is not the name of a header"),
    "no value": ("headers: {X-Key: }", "feeds[0].headers: `X-Key` has no value"),
    "twice": ("headers: {X-Key: s3cret, x-key: s3cret}", "feeds[0].headers: `x-key` stands twice"),
    "a line break": ('headers: {X-Key: "s3cret\\nX-Evil: 1"}', "feeds[0].headers: holds a character that cannot be printed"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "complaint"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_complaints_repeat_no_secret(tmp_path: Path, line: str, complaint: str) -> None:
    (found,) = complaints_about(tmp_path, f"feeds:\n- url: {URL}\n  {line}\n")
    assert found.split(": ", 1)[1].startswith(complaint)
    assert "s3cret" not in found
    assert "1234567" not in found


@pytest.mark.parametrize(
    "proxy", ["https://ann:s3cret@proxy.example", "socks5://s3cret", "proxy.example:3128", "s3cret"]
)
def test_a_proxy_that_is_none(tmp_path: Path, proxy: str) -> None:
    (found,) = complaints_about(tmp_path, f"polling: {{proxy: '{proxy}'}}\nfeeds: ['{URL}']\n")
    assert (
        "polling.proxy: is not the address of an HTTP proxy; write it as http://proxy.example:3128" in found
    )
    assert "s3cret" not in found
