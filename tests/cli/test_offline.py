"""A first poll without a network says so in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.cli.report import Lines, is_without_network, totals
from aggregator.models import PollResult
from aggregator.schedule import NO_NETWORK


def result(number: int, status: str, message: str | None = None) -> PollResult:
    return PollResult(
        f"https://f{number}.example/", f"F{number}", status, message=message, next_poll=datetime.now(UTC)  # type: ignore[arg-type]
    )  # fmt: skip


def test_one_line_for_all_feeds(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    # The first few fail before it is clear that it is us; then all are skipped, they too.
    for number in range(4):
        lines(result(number, "failing", "the DNS lookup failed"))
    for number in range(16):
        lines(result(number, "new", f"skipped: {NO_NETWORK}; retry in 5 min"))
    lines.close([])
    assert capsys.readouterr().out == "No network: 16 feeds skipped, to be tried again in 5 min.\n"


def test_a_failure_is_shown_once_anybody_has_answered(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines(result(1, "failing", "refused"))
    lines(result(2, "ok"))
    lines(result(3, "failing", "refused"))
    assert [line.split()[3] for line in capsys.readouterr().out.splitlines()] == ["F1", "F2", "F3"]
    lines.close([])
    assert capsys.readouterr().out == ""


def test_feeds_that_were_skipped_do_not_count_as_polled() -> None:
    skipped = result(1, "new", f"skipped: {NO_NETWORK}; retry in 5 min")
    assert is_without_network([skipped, skipped])
    assert not is_without_network([skipped, result(2, "ok")])
    assert not is_without_network([])
    assert totals([skipped, result(2, "ok")], 0, (), Path("x")).startswith("1 feed polled (1 ok)")
