"""Durations and sizes read back as they were written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.quantities import (
    duration_meant,
    duration_text,
    parse_duration,
    parse_size,
    size_meant,
    size_text,
)

DURATIONS = {
    "30s": timedelta(seconds=30),
    "15m": timedelta(minutes=15),
    "2h": timedelta(hours=2),
    "7d": timedelta(days=7),
    "1w": timedelta(weeks=1),
    "1h30m": timedelta(minutes=90),
    "1w2d3h4m5s": timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5),
    "90m": timedelta(minutes=90),
    "0s": timedelta(0),
    "": None,
    "h": None,
    "30": None,
    "-1h": None,
    "1.5h": None,
    "1 h": None,
    "1H": None,
    "30m1h": None,
    "1h1h": None,
    "1h\n": None,
    "٣h": None,
    "1234567890s": None,
}


@pytest.mark.parametrize(("text", "expected"), DURATIONS.items())
def test_duration(text: str, expected: timedelta | None) -> None:
    assert parse_duration(text) == expected


MEANT = {
    "2 hours": "2h",
    "30min": "30m",
    "1 Day": "1d",
    "5 secs": "5s",
    "3W": "3w",
    "1 month": None,
    "5 ms": None,
    "x": None,
}


@pytest.mark.parametrize(("text", "expected"), MEANT.items())
def test_duration_meant(text: str, expected: str | None) -> None:
    assert duration_meant(text) == expected


@given(st.integers(0, 10**10))
def test_a_duration_round_trips(seconds: int) -> None:
    time = timedelta(seconds=seconds)
    assert parse_duration(duration_text(time)) == time


@given(st.text())
def test_any_text_is_a_duration_or_is_not(text: str) -> None:
    found = parse_duration(text)
    assert found is None or found >= timedelta(0)


SIZES = {
    "1B": 1,
    "500KB": 500_000,
    "10MB": 10_000_000,
    "10MiB": 10 * 1024 * 1024,
    "2GiB": 2 * 1024**3,
    "10mb": None,
    "10 MB": None,
    "MB": None,
    "1.5MB": None,
    "10MB\n": None,
}


@pytest.mark.parametrize(("text", "expected"), SIZES.items())
def test_size(text: str, expected: int | None) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    {"10 mb": "10MB", "10M": "10MB", "5kib": "5KiB", "7 b": "7B", "7 bits": None}.items(),
)
def test_size_meant(text: str, expected: str | None) -> None:
    assert size_meant(text) == expected


@given(st.integers(1, 999_999_999))
def test_a_size_round_trips(number: int) -> None:
    assert parse_size(size_text(number)) == number
