"""Looks at each subscription over the network, once, and says what its owner or feeds.yaml should change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.config import feed_key
from aggregator.links import without_credentials
from aggregator.models import Fetched, FetchError, FetchRequest, FetchResult, ReadError, ReadFeed
from aggregator.pipeline.check_document import CheckedDocument, DroppedHtml
from aggregator.pipeline.findings import Finding
from aggregator.pipeline.self_guard import OwnFeed
from aggregator.settings import Subscription
from aggregator.text import counted

Fetch = Callable[[FetchRequest], Awaitable[FetchResult]]
Check = Callable[[Fetched, datetime], Awaitable[CheckedDocument]]

SLOW = 5.0  # seconds
LARGE = 2_000_000  # bytes
SHORT = 5_000  # characters of HTML, of which any part may be dropped
_MUCH = 0.5  # of the entries, or of the HTML
_SAME = 0.5  # of a feed's links that another subscription carries: it tells the same

# What may be gone at a later try is a warning; the rest stops a feed from being followed.
_PASSING = frozenset({"timeout", "unreachable", "waiting", "secret"})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_ADVICE = {404: "look on its site for another address, or remove it", 410: "remove it"}


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of asking one subscription."""

    subscription: Subscription
    fetched: FetchResult
    document: CheckedDocument | None  # None where nothing was fetched


async def probe_feeds(
    subscriptions: Sequence[Subscription],
    fetch: Fetch,
    check: Check,
    now: datetime,
    report: Callable[[Probe], None] = lambda _: None,
) -> tuple[Probe, ...]:
    """Asks each subscription once: hosts in parallel, one request at a time for each."""

    async def one(sub: Subscription) -> Probe:
        request = FetchRequest(sub.url, auth=sub.auth, headers=sub.headers)
        answer = await fetch(request)
        document = await check(answer, now) if isinstance(answer, Fetched) else None
        probe = Probe(sub, answer, document)
        report(probe)
        return probe

    return tuple(await asyncio.gather(*(one(sub) for sub in subscriptions)))


def findings(probes: Sequence[Probe], own: OwnFeed) -> tuple[Finding, ...]:
    """What the probes say, in the order of feeds.yaml; `own`: what we publish, which is not to be followed."""
    if len(probes) > 1 and all(map(_is_unreachable, probes)):
        return (Finding("warning", "network", 0, "no server could be reached: is there a network?"),)
    found = [
        replace(finding, file=probe.subscription.file) for probe in probes for finding in _of_one(probe, own)
    ]
    found += _repeated(probes, own)
    found += _moved(probes)
    return tuple(sorted(found, key=lambda finding: (finding.file or "", finding.line)))


def _is_unreachable(probe: Probe) -> bool:
    return isinstance(probe.fetched, FetchError) and probe.fetched.kind == "unreachable"


def _of_one(probe: Probe, own: OwnFeed) -> Iterator[Finding]:
    sub, answer = probe.subscription, probe.fetched
    url = without_credentials(sub.url)
    if isinstance(answer, FetchError):
        yield _of_error(sub, answer)
        return
    if not isinstance(answer, Fetched):
        yield Finding("warning", "no-document", sub.line, f"{url}: the server sent no document")
        return
    if answer.elapsed > SLOW:
        yield Finding("warning", "slow", sub.line, f"{url} took {answer.elapsed:.0f} s to answer")
    if len(answer.body) > LARGE:
        size = f"{len(answer.body) / 1e6:.1f} MB"
        yield Finding("warning", "large", sub.line, f"{url} has {size}", "its owner can list fewer entries")
    if probe.document is None:
        return
    read = probe.document.read
    if isinstance(read, ReadError):
        yield Finding("error", "not-a-feed", sub.line, f"{url}: {read.message}")
    elif own.has_published(read.info):
        yield Finding("error", "our-own", sub.line, f"{url} is the feed that we publish", "remove it")
    else:
        yield from _of_document(sub, url, read)
        yield from _of_html(sub, url, len(read.entries), probe.document.dropped)


def _of_error(sub: Subscription, answer: FetchError) -> Finding:
    passing = answer.kind in _PASSING or (answer.kind == "status" and answer.status in _BUSY)
    rule = "gone" if answer.status == 410 else answer.kind.replace("status", "http-error")
    return Finding(
        "warning" if passing else "error",
        rule,
        sub.line,
        f"{without_credentials(sub.url)}: {answer.message}",
        _ADVICE.get(answer.status or 0, ""),
    )


def _of_document(sub: Subscription, url: str, document: ReadFeed) -> Iterator[Finding]:
    entries = document.entries
    if not entries:
        yield Finding("warning", "empty", sub.line, f"{url} has no entries")
        return
    if document.info.problem:
        yield Finding("warning", "malformed", sub.line, f"{url}: {document.info.problem}")
    undated = sum(entry.date_reason in ("first seen", "future") for entry in entries)
    if undated:
        share = (
            "no entry has" if undated == len(entries) else f"{undated} of {len(entries)} entries do not have"
        )
        yield Finding("warning", "dates", sub.line, f"{url}: {share} a valid date")
    if document.skipped:
        yield Finding(
            "warning", "skipped", sub.line,
            f"{url}: {counted(len(document.skipped), 'entry', 'entries')} cannot be used: {document.skipped[0]}",
        )  # fmt: skip


def _of_html(sub: Subscription, url: str, entries: int, dropped: DroppedHtml) -> Iterator[Finding]:
    share = 1 - dropped.after / dropped.before if dropped.before > SHORT else 0.0
    if dropped.entries >= _MUCH * entries and dropped.elements:
        names = ", ".join(f"<{name}>" for name in dropped.elements[:5])
        what = (
            f"{dropped.entries} of {counted(entries, 'entry', 'entries')} have HTML that is dropped: {names}"
        )
    elif share > _MUCH:
        what = f"{share:.0%} of its HTML is dropped, such as styles, share buttons and tracking pixels"
    else:
        return
    yield Finding("warning", "html", sub.line, f"{url}: {what}", "its owner can list plain HTML")


def _moved(probes: Sequence[Probe]) -> Iterator[Finding]:
    """Subscriptions that redirect for good, and what to do: one whose new address is followed already is to go."""
    followed = {feed_key(probe.subscription.url): probe.subscription for probe in probes}
    for probe in probes:
        sub, answer = probe.subscription, probe.fetched
        if not isinstance(answer, Fetched) or not answer.moved_to or answer.moved_to == sub.url:
            continue
        new = without_credentials(answer.moved_to)
        other = followed.get(feed_key(answer.moved_to), sub)
        fix = f"write {new}" if other is sub else f"remove it: {new} is followed on {_place(other)}"
        message = f"{without_credentials(sub.url)} has moved permanently"
        yield Finding("warning", "feed-moved", sub.line, message, fix, sub.file)


def _place(sub: Subscription) -> str:
    return f"line {sub.line}" + (f" of {sub.file}" if sub.file else "")


def _repeated(probes: Iterable[Probe], own: OwnFeed) -> Iterator[Finding]:
    """Subscriptions that lead to an earlier one's document, or most of whose links it carries as well."""
    seen: list[tuple[Subscription, Fetched, frozenset[str]]] = []
    for probe in probes:
        if not isinstance(probe.fetched, Fetched) or probe.document is None:
            continue
        read = probe.document.read
        if not isinstance(read, ReadFeed) or own.has_published(read.info):
            continue
        links = frozenset(entry.link_key for entry in read.entries if entry.link_key)
        for other, first, theirs in seen:
            same = probe.fetched.url == first.url  # where both lead
            if same and (probe.fetched.moved_to or first.moved_to):
                break  # _moved says which is to go
            if same or (links and len(links & theirs) > _SAME * len(links)):
                yield Finding(
                    "warning",
                    "repeats",
                    probe.subscription.line,
                    f"{without_credentials(probe.subscription.url)} carries the same links as"
                    f" {without_credentials(other.url)} on {_place(other)}",
                    "keep one of them",
                    probe.subscription.file,
                )
                break
        seen.append((probe.subscription, probe.fetched, links))
