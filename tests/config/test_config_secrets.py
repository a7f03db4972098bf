"""Issues repeat what the user wrote, but no password and nothing that steers a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config.issues import redact
from support.config_issues import issues_in

SECRETS = {
    "a space in it": "https://me:secret@example.org /feed",
    "a port that is none": "https://me:secret@example.org:x/feed",
    "a slash in the password": "https://me:sec/secret@example.org/feed",
    "an at sign in the password": "https://me:sec@secret@example.org:x/feed",
    "another scheme": "ftp://me:secret@example.org/feed",
    "no scheme": "me:secret@example.org/feed",
    "no host": "https://me:secret@/feed",
    "a scheme of feed readers": "feed://me:secret@example.org/feed",
    "two addresses": "https://example.com/, https://me:secret@example.org/feed",
    "a key": "{'https://me:secret@example.org/': x, url: https://example.org/}",
    "a tag": "{url: https://example.org/, tags: 'https://me:secret@example.org/'}",
    "twice": "https://me:secret@example.org/\n- https://me:secret@example.org",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_passwords_are_never_repeated(tmp_path: Path, text: str) -> None:
    found = "\n".join(issues_in(tmp_path, f"feeds:\n- {text}\n"))
    assert "secret" not in found
    assert "me:" not in found.replace("name:", "")


SHOWN = {
    "an at sign in the path is no password": ("https://medium.com/feed/@me", "https://medium.com/feed/@me"),
    "credentials go": ("https://me:secret@example.org/x", "https://example.org/x"),
    "lines become one": ("a\nb", "a b"),
    "what steers a terminal is spelt out": ("a\x1b[31mb", "a\\u001b[31mb"),
    "long texts are cut": ("x" * 200, "x" * 79 + "…"),
}


@pytest.mark.parametrize(("value", "expected"), SHOWN.values(), ids=SHOWN)
def test_shown(value: str, expected: str) -> None:
    assert redact(value) == expected
