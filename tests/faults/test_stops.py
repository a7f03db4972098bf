"""SIGTERM and Ctrl-C while the store is copied, restored or migrated, at any moment at which a file changes."""

from __future__ import annotations

import signal

import pytest

from faults.operations import ENTRIES, FEEDS, Trial, trial
from faults.test_kills import Call, at, calls, chosen, lines, pytestmark, traced
from support.command import Answer, Folder
from support.stores import sql

__all__ = ["pytestmark"]

both_signals = pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT], ids=lambda sent: sent.name)


@both_signals
def test_stopped_while_migrating(folder: Folder, sent: signal.Signals) -> None:
    """The store is as it was or brought up to date; a copy of the old one may be there, whole."""
    with trial(folder, "migrating") as made:
        assert folder.run("export", within=traced(folder)).code == 0
        for call in moments(folder, "aggregator.db"):
            made.begin()
            check_stopped(made, folder.run("export", within=at(call, sent)), sent)
            for copy in made.data.glob("*.bak"):
                assert sql(copy, "PRAGMA integrity_check")[0][0] == "ok"
            made.complete()


@both_signals
def test_stopped_after_the_round_of_a_poll(folder: Folder, sent: signal.Signals) -> None:
    """It is taken as before the round, which has handlers of its own: what was begun is taken back."""
    with trial(folder, "polling") as made:
        assert folder.run("poll", within=traced(folder)).code == 0
        for call in moments(folder, "public"):
            made.begin()
            answer = folder.run("poll", within=at(call, sent))
            assert answer.code in (0, 128 + sent), answer
            assert "Traceback" not in answer.err
            made.check()
            made.complete()


@both_signals
def test_stopped_while_backing_up(folder: Folder, sent: signal.Signals) -> None:
    with trial(folder, "backing up") as made:
        assert folder.run("backup", "copy.db", within=traced(folder)).code == 0
        for call in moments(folder, ".copy.db.partial"):
            made.begin()
            answer = folder.run("backup", "copy.db", within=at(call, sent))
            check_stopped(made, answer, sent)
            assert (folder.path / "copy.db").exists() == (answer.code == 0)
            assert answer.err.strip() == ("Stopped: no copy was made." if answer.code else "")
            made.complete()


@both_signals
def test_stopped_while_restoring(folder: Folder, sent: signal.Signals) -> None:
    with trial(folder, "backing up") as made:
        assert folder.run("backup", "copy.db").code == 0
        kept = (folder.path / "copy.db").read_bytes()
        command = ("restore", "copy.db")
        assert folder.run(*command, within=traced(folder)).code == 0
        for call in moments(folder, ".aggregator.db.restored"):
            made.begin()
            (folder.path / "copy.db").write_bytes(kept)
            answer = folder.run(*command, within=at(call, sent))
            check_stopped(made, answer, sent)
            assert answer.err.strip() == ("Stopped: the store is as it was." if answer.code else "")
            assert len(list(made.data.glob("*.replaced-*"))) == (answer.code == 0)
            assert sql(made.data / "aggregator.db", "SELECT count(*) FROM entries")[0][0] == FEEDS * ENTRIES
            assert folder.run(*command).code == 0
            made.complete()


def moments(folder: Folder, file: str) -> list[Call]:
    """Some of those from the first on that names this file."""
    return chosen(calls(folder, len(lines(folder, before=file))))


def check_stopped(made: Trial, answer: Answer, sent: signal.Signals) -> None:
    """It ended by the signal, or had done all before; nothing is lost, and nothing half done is left."""
    assert answer.code in (0, 128 + sent), answer
    assert "Traceback" not in answer.err
    made.check()
    files = [path.name for folder in (made.data, made.folder.path) for path in folder.iterdir()]
    assert [name for name in files if name.startswith(".") or "partial" in name] == []
