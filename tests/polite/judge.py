"""Scores a poller by what published third parties ask of one; it knows the log and nothing of the program.

Each rule looks at every request that it can be applied to. Four are read as follows, where their authors leave
it open or where two of them contradict each other: a lifetime counts for a day at most; who is told to come
sooner than hourly may; after nothing but 304 for 8 days one unconditional request is allowed; 301 and 410 are
believed once they have lasted, 301 for 7 days and 5 polls, 410 for a day.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .log import DAY, HOUR, Exchange, Wishes
from .visit import VALIDATORS, Past, Visit, is_conditional, lifetime_of, wait_of

Verdicts = Iterator[str | None]  # None: a request that keeps the rule; else what is wrong with it
GAP = 2.0  # seconds between two requests to one host
QUICKEST = 15 * 60.0
STUCK = 8 * DAY
_HOST_MEMORY = 50  # exchanges
_EXCHANGE = 60.0  # seconds from a redirect to the request that follows it
PERMANENT, TEMPORARY = (301, 308), (302, 303, 307)


# ---------------------------------------------------------------- validators


def unconditional(visit: Visit) -> Verdicts:
    if visit.given and visit.last:
        needs_full_fetch = visit.now.at - visit.past.last_full >= STUCK and visit.last.status == 304
        yield None if is_conditional(visit.now) or needs_full_fetch else "asks for the whole document"


def both(visit: Visit) -> Verdicts:
    if is_conditional(visit.now):
        for back, name in VALIDATORS.items():
            if visit.past.latest[name] is not None:
                yield None if back in visit.now.headers else f"keeps the {name} to itself"


def _made_up(back: str) -> Callable[[Visit], Verdicts]:
    def rule(visit: Visit) -> Verdicts:
        value = visit.now.headers.get(back)
        if value is not None:
            yield None if value in visit.past.ever[VALIDATORS[back]] else f"{value!r} was never sent"

    return rule


def _old(back: str) -> Callable[[Visit], Verdicts]:
    def rule(visit: Visit) -> Verdicts:
        value = visit.now.headers.get(back)
        if value is not None:
            latest = visit.past.latest[VALIDATORS[back]]
            yield None if value == latest else f"{value!r} is not the latest, {latest!r}"

    return rule


# ---------------------------------------------------------------- what is said


def cookies(visit: Visit) -> Verdicts:
    if visit.past.set_cookie:
        yield "sends a cookie" if "cookie" in visit.now.headers else None


def referrer(visit: Visit) -> Verdicts:
    yield "sends a Referer" if "referer" in visit.now.headers else None


def query(visit: Visit) -> Verdicts:
    yield f"asks for {visit.now.target}" if "?" in visit.now.target else None


def gzip(visit: Visit) -> Verdicts:
    offered = visit.now.headers.get("accept-encoding", b"")
    yield None if b"gzip" in offered else "does not offer gzip"


def agent(visit: Visit) -> Verdicts:
    named = re.match(rb"aggregator/\S+ \(\+https?://\S+\)$", visit.now.headers.get("user-agent", b""))
    yield None if named and visit.now.method == "GET" else "does not say who asks"


# ---------------------------------------------------------------- when


def retry_after(visit: Visit) -> Verdicts:
    """For the whole host: `visit.before` is what went before at the host."""
    refused = [e for e in visit.before[-_HOST_MEMORY:] if e.status in (429, 503) and wait_of(e) is not None]
    if refused:
        until = max(exchange.at + (wait_of(exchange) or 0) for exchange in refused)
        yield None if visit.now.at >= until else f"comes {until - visit.now.at:.0f} s too soon"


def max_age(visit: Visit) -> Verdicts:
    life = lifetime_of(visit.last) if visit.last else None
    if visit.last and life is not None:
        until = visit.last.at + min(life - float(visit.last.sent.get("age", b"0")), DAY)
        yield None if visit.now.at >= until else f"comes {until - visit.now.at:.0f} s too soon"


def interval(visit: Visit) -> Verdicts:
    if visit.last is None:
        return
    least = HOUR
    named = [life for life in (lifetime_of(visit.last), visit.wishes.ttl) if life]
    if named and min(named) < HOUR:
        least = max(min(named), QUICKEST)
    since = visit.now.at - visit.last.at
    if visit.given and not is_conditional(visit.now):
        least = DAY
        since = visit.now.at - max(e.at for e in visit.before if not is_conditional(e))
    yield None if since >= least else f"comes after {since:.0f} s"


def skip_hours(visit: Visit) -> Verdicts:
    if not visit.before:
        return
    at = visit.now.when
    if visit.wishes.skip_hours or visit.wishes.skip_days:
        skipped = at.hour in visit.wishes.skip_hours or at.weekday() in visit.wishes.skip_days
        yield f"comes on {at:%A at %H:%M}" if skipped else None


def retry_storm(visit: Visit) -> Verdicts:
    errors = 0
    for exchange in reversed(visit.before):
        if 300 <= exchange.status < 400 or (exchange.status in (200, 226) and exchange.is_feed):
            break
        errors += 1
    if visit.last and errors:
        least = min(HOUR * 2 ** (errors - 1) / 2, DAY)
        since = visit.now.at - visit.last.at
        yield None if since >= least else f"comes {since:.0f} s after error number {errors}"


def host_gap(visit: Visit) -> Verdicts:
    """`visit.before` is what went before at the host."""
    if visit.last:
        since = visit.now.at - visit.last.at
        yield None if since >= GAP else f"comes {since:.3f} s after another request to the host"


# ---------------------------------------------------------------- where


def permanent_redirect(visit: Visit) -> Verdicts:
    led = []
    for exchange in reversed(visit.before):
        if exchange.status not in PERMANENT or not exchange.is_feed:
            break
        led.append(exchange.at)
    if led:
        lasting = len(led) >= 5 and led[0] - led[-1] >= 7 * DAY
        yield "has not followed the move" if lasting else None


def gone(visit: Visit) -> Verdicts:
    said = [exchange.at for exchange in visit.before if exchange.status == 410]
    if said and visit.last and visit.last.status == 410:
        once_more = len(said) == 1 and visit.now.at - said[0] >= DAY
        yield None if once_more else "comes again although it is gone"


def temporary_redirect(log: Sequence[Exchange]) -> Verdicts:
    """Who was led somewhere for a time begins at the old address each time."""
    led: dict[str, float] = {}  # URL -> when it was last named
    for exchange in log:
        if exchange.url in led:
            just_now = exchange.at - led[exchange.url] <= _EXCHANGE
            led[exchange.url] = 0.0
            yield None if just_now else f"asks {exchange.url} without having been led there"
        if exchange.status in TEMPORARY:
            led[exchange.sent["location"].decode()] = exchange.at


# ---------------------------------------------------------------- the table


BY_URL: dict[str, Callable[[Visit], Verdicts]] = {
    "unconditional": unconditional,
    "both-validators": both,
    "inm-made-up": _made_up("if-none-match"),
    "inm-old": _old("if-none-match"),
    "ims-made-up": _made_up("if-modified-since"),
    "ims-old": _old("if-modified-since"),
    "cookies": cookies,
    "referrer": referrer,
    "query": query,
    "max-age": max_age,
    "gzip": gzip,
    "agent": agent,
    "interval": interval,
    "skip-hours": skip_hours,
    "permanent-redirect": permanent_redirect,
    "gone": gone,
    "retry-storm": retry_storm,
}
BY_HOST: dict[str, Callable[[Visit], Verdicts]] = {"retry-after": retry_after, "host-gap": host_gap}
RULES = (*BY_URL, *BY_HOST, "temporary-redirect")


@dataclass(slots=True)
class Score:
    """How often a rule could be applied, and each time it was broken."""

    checked: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, verdict: str | None, where: Exchange | None = None) -> None:
        self.checked += 1
        if verdict is not None:
            self.broken.append(f"{where.url}, {where.when:%a %d %H:%M:%S}: {verdict}" if where else verdict)


def judge(log: Iterable[Exchange], wishes: Mapping[str, Wishes]) -> dict[str, Score]:
    """The score of each rule. `wishes` by URL."""
    exchanges = sorted(log, key=lambda exchange: exchange.at)
    scores = {rule: Score() for rule in RULES}
    by_url: dict[str, Past] = defaultdict(Past)
    by_host: dict[str, Past] = defaultdict(Past)
    for now in exchanges:
        for rules, past in ((BY_URL, by_url[now.url]), (BY_HOST, by_host[now.host])):
            visit = Visit(now, past, wishes.get(now.url, Wishes()))
            for name, rule in rules.items():
                for verdict in rule(visit):
                    scores[name].add(verdict, now)
        by_url[now.url].add(now)
        by_host[now.host].add(now)
    for verdict in temporary_redirect(exchanges):
        scores["temporary-redirect"].add(verdict)
    return scores
