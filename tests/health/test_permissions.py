"""`aggregator doctor` on files that others can read: the store, feeds.yaml, and the files of secrets that it names."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.health.permissions import examine_permissions
from support.command import Folder

WARNING = "everybody on this machine can"


@pytest.fixture
def folder() -> Iterator[Folder]:
    """One that others can enter, unlike pytest's."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o755)
    (path / "data").mkdir()
    (path / "secret").write_text("ann:s3cret\n")
    (path / "secret").chmod(0o644)
    yield Folder(path)
    shutil.rmtree(path)


def warned(folder: Folder, repair: bool = False) -> list[str]:
    """What is said of files that others can read or write to."""
    findings = examine_permissions(load(folder.path / "feeds.yaml"), repair)
    return [f"{found.message}: {found.advice}" for found in findings if WARNING in found.message]


def configure(folder: Folder, text: str, mode: int = 0o600) -> None:
    (folder.path / "feeds.yaml").write_text(
        text if "feeds:" in text else f"{text}\nfeeds: ['https://example.org/a']\n"
    )
    (folder.path / "feeds.yaml").chmod(mode)


NAMED = {
    "web.auth, both": "web: {auth: 'basic file:secret'}",
    "web.auth, the password": "web: {auth: 'basic ann:file:secret'}",
    "web.auth, a name of the environment": "web: {auth: 'basic ${NAME}:file:secret'}",
    "web.auth, a token": "web: {auth: 'Bearer file:secret'}",
    "a feed's auth": "feeds: [{url: 'https://example.org/feed', auth: 'basic file:secret'}]",
    "a feed's header": "feeds: [{url: 'https://example.org/feed', headers: {X-Number: 'file:secret'}}]",
    "mail.password": "mail: {password: 'file:secret'}",
    "mail.user": "mail: {user: 'file:secret'}",
    "polling.proxy": "polling: {proxy: 'file:secret'}",
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_a_file_of_secrets_that_others_can_read_is_said(folder: Folder, text: str) -> None:
    configure(folder, text)
    secret = folder.path / "secret"
    for mode, can in ((0o644, "read"), (0o666, "read"), (0o604, "read"), (0o602, "write to")):
        secret.chmod(mode)
        (said,) = warned(folder)
        assert f"can {can} {secret}, which holds a secret: chmod 600 {secret}, or 640" in said
        assert "s3cret" not in said
    for mode in (0o600, 0o640, 0o440, 0o400, 0o660):
        secret.chmod(mode)
        assert warned(folder) == []


@pytest.mark.parametrize("store", ["file:secret", "postgresql://ann:file:secret@127.0.0.1:9/news"])
def test_the_address_of_the_database_is_a_secret_as_well(folder: Folder, store: str) -> None:
    configure(folder, f"store: {store}")
    (said,) = warned(folder)
    assert f"can read {folder.path / 'secret'}, which holds a secret" in said


def test_the_command_says_it(folder: Folder) -> None:
    configure(folder, "web: {auth: 'basic file:secret'}")
    answer = folder.run("doctor", env={"COLUMNS": "300"})
    assert answer.code == 1
    assert f"everybody on this machine can read {folder.path / 'secret'}, which holds a secret" in answer.out
    assert f"chmod 600 {folder.path / 'secret'}" in answer.out
    assert "s3cret" not in answer.out


WRITTEN_OUT = {
    "web.auth": "web: {auth: 'basic ann:s3cret'}",
    "a token": "web: {auth: bearer s3cret}",
    "a feed's auth": "feeds: [{url: 'https://example.org/feed', auth: 'basic ann:s3cret'}]",
    "a feed's header": "feeds: [{url: 'https://example.org/feed', headers: {X-Api-Key: s3cret}}]",
    "a feed's address": "feeds: ['https://example.org/feed?token=s3cret99']",
    "a name in a feed's address": "feeds: ['https://s3cret@example.org/feed']",
    "a private feed": "feeds: [{url: 'https://example.org/s3cret', private: true}]",
    "mail.password": "mail: {password: s3cret}",
    "polling.proxy": "polling: {proxy: 'http://ann:s3cret@proxy.example:3128'}",
}


@pytest.mark.parametrize("text", WRITTEN_OUT.values(), ids=WRITTEN_OUT)
def test_feeds_yaml_is_a_file_of_secrets_where_one_is_written_out(folder: Folder, text: str) -> None:
    configure(folder, text, 0o644)
    (said,) = warned(folder)
    assert f"{folder.path / 'feeds.yaml'}, which holds a secret" in said
    assert "s3cret" not in said
    configure(folder, text, 0o640)
    assert warned(folder) == []


FREE = {
    "the environment": "web: {auth: 'basic ann:${PASSWORD}'}",
    "a token of the environment": "web: {auth: 'bearer ${TOKEN}'}",
    "a name alone": "mail: {user: ann}",
    "a header that is no secret": "feeds: [{url: 'https://example.org/feed', headers: {Accept-Language: de}}]",
    "a proxy without a password": "polling: {proxy: 'http://proxy.example:3128'}",
    "feeds": "feeds: ['https://example.org/feed?format=rss']",
    "an address without a path": "feeds: ['https://Example.org']",
    "a file that is not there": "web: {auth: 'basic file:nowhere'}",
    "the home of nobody": "web: {auth: 'basic file:~nobody-at-all/secret'}",
}


@pytest.mark.parametrize("text", FREE.values(), ids=FREE)
def test_no_alarm_without_a_secret(folder: Folder, text: str) -> None:
    configure(folder, text, 0o644)
    assert warned(folder) == []


def test_no_alarm_where_others_cannot_come_to_the_file(folder: Folder) -> None:
    """As those that systemd hands in, readable to a group in a folder that is closed."""
    (folder.path / "closed").mkdir(mode=0o750)
    (folder.path / "secret").rename(folder.path / "closed/secret")
    configure(folder, "web: {auth: 'basic file:closed/secret'}")
    assert warned(folder) == []
    (folder.path / "link").symlink_to("closed/secret")
    configure(folder, "web: {auth: 'basic file:link'}")
    assert warned(folder) == []


def test_no_alarm_for_what_systemd_hands_in(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(folder, "web: {auth: 'basic file:secret'}")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder.path))
    assert warned(folder) == []


def test_repair_closes_a_file_to_others_and_leaves_it_to_its_group(folder: Folder) -> None:
    configure(folder, "web: {auth: 'basic ann:file:secret'}")
    (folder.path / "secret").chmod(0o666)
    (said,) = warned(folder, repair=True)
    assert "Done: closed to others." in said
    assert (folder.path / "secret").stat().st_mode & 0o777 == 0o660
    assert warned(folder) == []


def test_a_secret_of_an_included_list_is_in_that_list(folder: Folder) -> None:
    members = folder.path / "members.yaml"
    members.write_text("feeds: [{url: 'https://example.org/feed', auth: 'bearer s3cret'}]\n")
    members.chmod(0o644)
    configure(folder, "include: [members.yaml]", 0o644)
    assert f"{members}, which holds a secret" in folder.run("doctor", env={"COLUMNS": "300"}).out
