"""Which polls readers see something of: others need not make a publisher look."""

from __future__ import annotations

import pytest

from aggregator.models import Feed, FetchError, FetchResult, NotModified, Plan, Status, Validators
from aggregator.pipeline.record import Answer, decide_poll
from aggregator.settings import Polling, Subscription
from support.make import NOON

URL = "https://one.ex/feed"
SAME = NotModified(URL, Validators(), {})
BROKEN = FetchError(URL, "status", "404")


@pytest.mark.parametrize(
    ("status", "error", "answer", "is_shown"),
    [
        ("ok", None, SAME, False),
        ("unchanged", None, SAME, False),
        ("paused", None, SAME, False),
        ("new", None, SAME, True),
        ("ok", None, BROKEN, True),
        ("failing", "timeout", SAME, True),
    ],
)
def test_a_change_of_state_is_shown(
    status: Status, error: str | None, answer: FetchResult, is_shown: bool
) -> None:
    feed = Feed(1, URL, URL, Plan(status, last_error=error))
    outcome = decide_poll(Answer(feed, Subscription(URL), answer), None, Polling(), NOON)
    assert outcome.is_shown == is_shown
