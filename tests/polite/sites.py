"""Feeds that behave in every way that a poller has to answer politely to: one row for each."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from itertools import count

from .log import Wishes
from .warp import START

Headers = dict[str, bytes]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LISTED = 6  # entries in a document


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
    is_feed: bool = True
    breaks: str = ""  # "off": hangs up without an answer; "never": says nothing


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a site sees it."""

    now: datetime
    target: str
    headers: Headers  # names in lower case
    times: int  # how often the site was asked before

    @property
    def day(self) -> float:
        return (self.now - START) / DAY


Special = Callable[[Asked], Answer | None]  # None: the usual answer


@dataclass(frozen=True, slots=True)
class Site:
    """One feed. What is not said is as most servers have it."""

    name: str
    every: timedelta = 30 * HOUR  # from one entry to the next
    host: str = ""
    etag: Callable[[int], bytes] | None = None  # by revision
    modified: Callable[[datetime], bytes] | None = None  # by the newest entry's date
    headers: Callable[[Asked], Headers] = lambda asked: {}
    special: Special = lambda asked: None
    extra: str = ""  # in the channel
    wishes: Wishes = field(default_factory=Wishes)
    conditional: bool = True  # answers 304
    begins: datetime = START - 200 * DAY  # when the first entry came
    ends: datetime | None = None  # when the last one did

    @property
    def place(self) -> str:
        return self.host or f"{self.name}.example"

    @property
    def url(self) -> str:
        return f"http://{self.place}/{self.name}"

    def revision(self, now: datetime) -> int:
        return (min(now, self.ends or now) - self.begins) // self.every

    def published(self, number: int) -> datetime:
        return self.begins + self.every * number

    def __call__(self, asked: Asked) -> Answer:
        special = self.special(asked)
        if special is not None:
            return special
        revision = self.revision(asked.now)
        headers = dict(self.headers(asked))
        if self.etag:
            headers.setdefault("etag", self.etag(revision))
        if self.modified:
            headers.setdefault("last-modified", self.modified(self.published(revision)))
        if self.conditional and self._is_current(asked, headers):
            return Answer(304, headers)
        body = self.document(revision)
        if headers.get("content-encoding") == b"gzip":
            body = gzip.compress(body, 1, mtime=0)
        return Answer(200, headers | {"content-type": b"application/rss+xml"}, body)

    def _is_current(self, asked: Asked, headers: Headers) -> bool:
        """As RFC 9110, 13.2.2 has it: If-None-Match before If-Modified-Since."""
        match = asked.headers.get("if-none-match")
        if match is not None:
            return match == headers.get("etag")
        since = asked.headers.get("if-modified-since")
        return since is not None and since == headers.get("last-modified")

    def document(self, revision: int, oldest: int = 0) -> bytes:
        """RSS with the newest entries, none before `oldest`."""
        numbers = range(revision, max(revision - LISTED, oldest - 1, -1), -1)
        items = "".join(
            f"<item><title>{blake2b(f'{self.name} {number}'.encode(), digest_size=9).hexdigest()}</title>"
            f"<link>{self.url}/{number}</link><guid>{self.url}/{number}</guid>"
            f"<pubDate>{format_datetime(self.published(number), usegmt=True)}</pubDate></item>"
            for number in numbers
        )
        return (
            f'<?xml version="1.0"?><rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
            f"<channel><title>{self.name}</title><link>http://{self.place}/</link><description>d</description>"
            f"{self.extra}{items}</channel></rss>"
        ).encode()


# ---------------------------------------------------------------- validators


def strong(revision: int) -> bytes:
    return b'"r%d"' % revision


def http_date(when: datetime) -> bytes:
    return format_datetime(when, usegmt=True).encode()


def _rfc850(when: datetime) -> bytes:
    return when.strftime("%A, %d-%b-%y %H:%M:%S GMT").encode()


def _asctime(when: datetime) -> bytes:
    return when.strftime("%a %b %e %H:%M:%S %Y").encode()


def _vanishing(asked: Asked) -> Headers:
    week = b'"before"' if asked.day < 3 else b'"after"'
    return {"etag": week, "last-modified": http_date(START)} if asked.day < 6 else {}


_other_each_time = count()


# ---------------------------------------------------------------- trouble


def between(first: float, last: float, answer: Answer) -> Special:
    """That answer from one day to another."""
    return lambda asked: answer if first <= asked.day < last else None


def once_from(day: float, answer: Answer, length: float) -> Special:
    """That answer to the first request from that day on, and for a while."""
    return between(day, day + length, answer)


def _busy(retry_after: Callable[[datetime], bytes] | None, status: int, first: float, last: float) -> Special:
    def special(asked: Asked) -> Answer | None:
        if not first <= asked.day < last:
            return None
        return Answer(status, {"retry-after": retry_after(asked.now)} if retry_after else {}, is_feed=False)

    return special


def leads(status: int, to: str, lasting: bool = False, first: float = 0, last: float = 99) -> Special:
    """A redirect; `lasting`: permanent ones alone lead to a feed."""
    answer = Answer(status, {"location": to.encode()}, is_feed=lasting or status not in (301, 308))
    return between(first, last, answer)


def _delta(asked: Asked) -> Answer | None:
    """RFC 3229: to whom says so, only what came since."""
    known = asked.headers.get("if-none-match", b"")
    revision = DELTA.revision(asked.now)
    if asked.headers.get("a-im") != b"feed" or not known.startswith(b'"r') or known == strong(revision):
        return None
    body = DELTA.document(revision, oldest=int(known[2:-1]) + 1)
    headers = {"etag": strong(revision), "im": b"feed", "content-type": b"application/rss+xml"}
    return Answer(226, headers, body)


_LOGIN = Answer(
    200, {"content-type": b"text/html", "etag": b'"login"'}, b"<html>Log in</html>", is_feed=False
)
_ERROR = Answer(500, is_feed=False)
_GONE = Answer(410, is_feed=False)
DELTA = Site("delta", etag=strong, special=_delta)


def _fresh(**headers: str) -> Callable[[Asked], Headers]:
    told = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
    return lambda asked: dict(told)


def _expires(asked: Asked) -> Headers:
    return {"expires": http_date(asked.now + 6 * HOUR)}


def _only_on_304(asked: Asked) -> Headers:
    return {"cache-control": b"max-age=14400"} if "if-none-match" in asked.headers else {}


SITES = (
    # validators
    Site("strong", etag=strong),
    Site("weak", etag=lambda revision: b'W/"r%d"' % revision),
    Site("unquoted", etag=lambda revision: b"r%d" % revision),
    Site("quotes-within", etag=lambda revision: b'"a"r%d"--gzip' % revision),
    Site("not-ascii", etag=lambda revision: '"\u00fcml\u00e4ut-'.encode() + b'%d\xe9"' % revision),
    Site("commas", etag=lambda revision: b'"a, b", W/"c  %d"' % revision),
    Site("both", etag=strong, modified=http_date),
    Site("date-only", modified=http_date),
    Site("date-rfc850", modified=_rfc850),
    Site("date-asctime", modified=_asctime),
    Site("date-odd", modified=lambda when: b"yesterday, or  so (%d)" % when.timestamp()),
    Site("date-backwards", modified=lambda when: http_date(START - (when - START))),
    Site("date-of-an-hour-ahead", modified=lambda when: http_date(when + HOUR)),
    Site("vanishing", headers=_vanishing, every=999 * DAY),
    Site("no-validators"),
    Site("other-etag-each-time", every=999 * DAY, headers=lambda _: {"etag": strong(next(_other_each_time))}, conditional=False),
    Site("etag-renewed-by-304", headers=lambda a: {"etag": strong(a.times)}, special=lambda a: Answer(304, {"etag": strong(a.times)}) if "if-none-match" in a.headers and a.times % 5 else None),
    Site("packed", etag=lambda r: b'"r%d-gzip"' % r, headers=_fresh(content_encoding="gzip", vary="Accept-Encoding")),
    Site("cookies", etag=strong, headers=_fresh(set_cookie="id=42; Path=/; Max-Age=9999999")),
    DELTA,
    Site("always-304", etag=lambda _: b'"stuck"', modified=lambda _: http_date(START), special=lambda a: Answer(304) if "if-none-match" in a.headers else None),
    # lifetimes
    Site("max-age", etag=strong, headers=_fresh(cache_control="public, max-age=7200")),
    Site("max-age-on-304", etag=strong, headers=_only_on_304),
    Site("max-age-less-age", etag=strong, headers=_fresh(cache_control="max-age=21600", age="3600")),
    Site("max-age-of-a-week", etag=strong, headers=_fresh(cache_control="max-age=604800")),
    Site("no-cache", etag=strong, headers=_fresh(cache_control="no-cache, max-age=86400")),
    Site("expires", etag=strong, headers=_expires),
    Site("ttl", etag=strong, extra="<ttl>180</ttl>", wishes=Wishes(ttl=10800)),
    Site("update-period", etag=strong, extra="<sy:updatePeriod>daily</sy:updatePeriod>"),
    Site("skip-hours", etag=strong, every=4 * HOUR, extra="<skipHours>" + "".join(f"<hour>{h}</hour>" for h in range(8)) + "</skipHours>", wishes=Wishes(skip_hours=tuple(range(8)))),
    Site("skip-days", etag=strong, extra="<skipDays><day>Saturday</day><day>Sunday</day></skipDays>", wishes=Wishes(skip_days=(5, 6))),
    # paces
    Site("fast-and-invited", etag=strong, every=timedelta(minutes=5), headers=_fresh(cache_control="max-age=600"), begins=START - 9 * DAY, ends=START + 4 * DAY),
    Site("fast", etag=strong, every=timedelta(minutes=7), begins=START - 9 * DAY, ends=START + 10 * DAY),
    Site("weekly", etag=strong, every=7 * DAY),
    Site("silent", etag=strong, ends=START - 190 * DAY),
    # pauses
    Site("busy-for-hours", host="busy.example", etag=strong, special=_busy(lambda _: b"18000", 429, 3, 4)),
    Site("beside-it", host="busy.example", etag=strong, every=HOUR, ends=START + 8 * DAY),
    Site("busy-until", etag=strong, special=_busy(lambda now: http_date(now + 7 * HOUR), 503, 4, 5)),
    Site("busy-for-a-week", etag=strong, special=_busy(lambda _: b"604800", 429, 2, 3)),
    Site("busy-for-seconds", etag=strong, special=_busy(lambda _: b"30", 429, 5, 6)),
    Site("too-many", host="too-many.example", etag=strong, special=_busy(None, 429, 5, 7)),
    Site("too-many-too", host="too-many.example", etag=strong),
    Site("not-available", etag=strong, special=_busy(None, 503, 5, 6)),
    # redirects
    Site("moved", special=leads(301, "http://new.example/moved-to", lasting=True)),
    Site("moved-308", special=leads(308, "http://moved-308.example/moved-to", lasting=True, first=2)),
    Site("moved-in-steps", special=leads(301, "http://steps.example/moved-to", lasting=True)),
    Site("elsewhere-302", special=leads(302, "http://elsewhere-302.example/elsewhere")),
    Site("elsewhere-307", special=leads(307, "http://other.example/elsewhere")),
    Site("moved-then-elsewhere", special=leads(301, "http://hop.example/then")),
    Site("moved-to-login", etag=strong, special=leads(301, "http://login.example/login", first=2)),
    # errors
    Site("gone", etag=strong, special=between(4, 99, _GONE)),
    Site("gone-by-mistake", etag=strong, special=between(4, 4.5, _GONE)),
    Site("storm", etag=strong, special=between(3, 5, _ERROR)),
    Site("storms", etag=strong, special=lambda asked: _ERROR if int(asked.day * 24) % 7 < 3 else None),
    Site("never-found", special=between(0, 99, Answer(404, is_feed=False))),
    Site("login-page-for-a-day", etag=strong, special=between(6, 7, _LOGIN)),
    Site("hangs-up", etag=strong, special=between(6, 8, Answer(0, is_feed=False, breaks="off"))),
    Site("says-nothing", etag=strong, special=between(6, 8, Answer(0, is_feed=False, breaks="never"))),
)  # fmt: skip

# Where redirects lead; nobody subscribes to these.
TARGETS = (
    Site("moved-to", host="new.example", etag=strong, modified=http_date),
    Site("moved-to", host="moved-308.example", modified=http_date),
    Site("moved-to", host="steps.example", special=leads(308, "http://steps.example/really", lasting=True)),
    Site("really", host="steps.example", etag=strong),
    Site("elsewhere", host="elsewhere-302.example", etag=strong),
    Site("elsewhere", host="other.example", etag=strong, modified=http_date),
    Site("then", host="hop.example", special=leads(302, "http://hop.example/finally")),
    Site("finally", host="hop.example", etag=strong),
    Site("login", host="login.example", special=between(0, 99, _LOGIN)),
)


def crowd(size: int) -> Iterator[Site]:
    """Many feeds on one host, as blog hosts have them."""
    for number in range(size):
        yield Site(
            f"blog-{number}",
            host="many.example",
            etag=strong,
            every=(3 + number % 30) * DAY,
            headers=_fresh(cache_control="max-age=86400"),
        )
