"""The judge finds what it is there to find: a short log for each way of breaking a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from .judge import RULES, judge
from .log import DAY, HOUR, Exchange, Wishes

NOON = 1_772_452_800.0  # Monday, 2 March 2026
GOOD = {"user-agent": b"aggregator/1 (+https://example.org/)", "accept-encoding": b"gzip"}
ETAG, DATE = {"etag": b'"1"'}, {"last-modified": b"Mon, 02 Mar 2026 12:00:00 GMT"}
MATCH, SINCE = {"if-none-match": b'"1"'}, {"if-modified-since": DATE["last-modified"]}


def asked(
    hours: float,
    status: int = 200,
    sent: Any = None,
    said: Any = None,
    url: str = "a.example/feed",
    **more: Any,
) -> Exchange:
    host, _, path = url.partition("/")
    return Exchange(NOON + hours * HOUR, host, f"/{path}", status, sent or {}, GOOD | (said or {}), **more)


def led(hours: float, status: int, to: str = "b.example/feed") -> list[Exchange]:
    return [asked(hours, status, {"location": f"http://{to}".encode()}), asked(hours + 0.001, url=to)]


BREAKS: dict[str, tuple[str, Sequence[Exchange]]] = {
    "no condition": ("unconditional", [asked(0, 200, ETAG), asked(25)]),
    "one of two": ("both-validators", [asked(0, 200, ETAG | DATE), asked(2, 304, said=MATCH)]),
    "an ETag of its own": ("inm-made-up", [asked(0, 200, ETAG), asked(2, said={"if-none-match": b'W/"1"'})]),
    "an ETag from before": ("inm-old", [asked(0, 200, ETAG), asked(2, 200, {"etag": b'"2"'}, MATCH), asked(4, 200, said=MATCH)]),
    "an ETag that has gone": ("inm-old", [asked(0, 200, ETAG), asked(2, 200, {}, MATCH), asked(4, 200, said=MATCH)]),
    "an ETag of no feed": ("inm-old", [asked(0, 200, ETAG), asked(2, 200, {"etag": b'"x"'}, MATCH, is_feed=False), asked(4, said={"if-none-match": b'"x"'})]),
    "a date of its own": ("ims-made-up", [asked(0, 200, DATE), asked(2, said={"if-modified-since": b"Mon, 02 Mar 2026 13:00:00 GMT"})]),
    "a date from before": ("ims-old", [asked(0, 200, DATE), asked(2, 200, {"last-modified": b"x"}, SINCE), asked(4, said=SINCE)]),
    "a cookie": ("cookies", [asked(0, sent={"set-cookie": b"a=b"}), asked(2, said={"cookie": b"a=b"})]),
    "a Referer": ("referrer", [asked(0, said={"referer": b"http://a.example/"})]),
    "a query": ("query", [asked(0, url="a.example/feed?utm_source=us")]),
    "before max-age": ("max-age", [asked(0, sent={"cache-control": b"max-age=7200"}), asked(1.5)]),
    "before max-age of a 304": ("max-age", [asked(0, 304, {"cache-control": b"max-age=7200"}), asked(1.5)]),
    "before Expires": ("max-age", [asked(0, sent={"expires": b"Mon, 02 Mar 2026 14:00:00 GMT"}), asked(1.5)]),
    "nothing packed": ("gzip", [Exchange(NOON, "a.example", "/feed", 200, {}, {"accept-encoding": b"identity"})]),
    "the library's name": ("agent", [asked(0, said={"user-agent": b"python-httpx/0.28"})]),
    "HEAD": ("agent", [asked(0, method="HEAD")]),
    "twice an hour": ("interval", [asked(0, 200, ETAG), asked(0.9, 304, said=MATCH)]),
    "more than invited": ("interval", [asked(0, sent={"cache-control": b"max-age=1800"}), asked(0.4)]),
    "twice a day without condition": ("interval", [asked(0, 200, ETAG), asked(12)]),
    "an hour to skip": ("skip-hours", [asked(-3), asked(1)]),
    "a day to skip": ("skip-hours", [asked(-3), asked(14)]),
    "a move not followed": ("permanent-redirect", [e for day in range(10) for e in led(24 * day, 301)]),
    "a visit followed": ("temporary-redirect", [*led(0, 302), asked(2, url="b.example/feed")]),
    "after 410": ("gone", [asked(0, 410), asked(24, 410), asked(48, 410)]),
    "soon after 410": ("gone", [asked(0, 410), asked(12, 410)]),
    "a storm": ("retry-storm", [asked(0, 500), asked(0.1, 500)]),
    "a long storm": ("retry-storm", [asked(hours, 500) for hours in range(6)]),
    "before Retry-After": ("retry-after", [asked(0, 429, {"retry-after": b"7200"}), asked(1.9)]),
    "... of 503": ("retry-after", [asked(0, 503, {"retry-after": b"Mon, 02 Mar 2026 14:00:00 GMT"}), asked(1.9)]),
    "... at the host": ("retry-after", [asked(0, 429, {"retry-after": b"7200"}), asked(1, url="a.example/other")]),
    "soon after 429": ("retry-after", [asked(0, 429), asked(0.9, url="a.example/other")]),
    "two at once": ("host-gap", [asked(0), asked(1 / HOUR, url="a.example/other")]),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "log"), BREAKS.values(), ids=BREAKS)
def test_a_rule_that_is_broken(rule: str, log: Sequence[Exchange]) -> None:
    wishes = (
        {"http://a.example/feed": Wishes(skip_hours=(13,), skip_days=(1,))} if rule == "skip-hours" else {}
    )
    scores = judge(log, wishes)
    assert scores[rule].broken


def test_every_rule_has_its_culprit() -> None:
    assert {rule for rule, _ in BREAKS.values()} == set(RULES)


KEEPS: dict[str, Sequence[Exchange]] = {
    "conditional, once an hour": [asked(0, 200, ETAG | DATE), asked(1, 304, said=MATCH | SINCE)],
    "an ETag renewed by 304": [asked(0, 200, ETAG), asked(1, 304, {"etag": b'"2"'}, MATCH), asked(2, said={"if-none-match": b'"2"'})],
    "as often as invited": [asked(0, sent={"cache-control": b"max-age=900"}), asked(0.25)],
    "a lifetime of a week, after a day": [asked(0, sent={"cache-control": b"max-age=604800"}), asked(24)],
    "no-cache": [asked(0, sent={"cache-control": b"no-cache, max-age=7200"}), asked(1)],
    "410, asked once more": [asked(0, 410), asked(24, 410)],
    "the whole after 8 days of 304": [asked(0, 200, ETAG), asked(1, 304, said=MATCH), asked(8.1 * DAY / HOUR)],
    "a move followed": [*(e for day in range(8) for e in led(24 * day, 301)), asked(200, url="b.example/feed")],
    "a visit each time": [*led(0, 302), *led(2, 302)],
}  # fmt: skip


@pytest.mark.parametrize("log", KEEPS.values(), ids=KEEPS)
def test_a_poller_that_keeps_the_rules(log: Sequence[Exchange]) -> None:
    assert {rule: score.broken for rule, score in judge(log, {}).items() if score.broken} == {}
