"""Looks at each subscription over the network, once, and says what its owner or feeds.yaml should change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.links import without_credentials
from aggregator.models import Fetched, FetchError, FetchRequest, FetchResult, ReadError, ReadFeed
from aggregator.pipeline.findings import Finding
from aggregator.settings import Subscription
from aggregator.text import counted

Fetch = Callable[[FetchRequest], Awaitable[FetchResult]]
Read = Callable[[Fetched, datetime], Awaitable[ReadFeed | ReadError]]

SLOW = 5.0  # seconds
LARGE = 2_000_000  # bytes
_SAME = 0.5  # of a feed's links that another subscription carries: it tells the same

# What a later try may mend is a warning; the rest stops a feed from being followed.
_PASSING = frozenset({"timeout", "unreachable", "waiting", "secret"})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of asking one subscription."""

    subscription: Subscription
    fetched: FetchResult
    read: ReadFeed | ReadError | None  # None where nothing was fetched


async def probe_feeds(
    subscriptions: Sequence[Subscription],
    fetch: Fetch,
    read: Read,
    now: datetime,
    report: Callable[[Probe], None] = lambda _: None,
) -> tuple[Probe, ...]:
    """Asks each subscription once: hosts in parallel, one request at a time for each."""

    async def one(sub: Subscription) -> Probe:
        request = FetchRequest(sub.url, auth=sub.auth, headers=sub.headers)
        answer = await fetch(request)
        document = await read(answer, now) if isinstance(answer, Fetched) else None
        probe = Probe(sub, answer, document)
        report(probe)
        return probe

    return tuple(await asyncio.gather(*(one(sub) for sub in subscriptions)))


def findings(probes: Sequence[Probe]) -> tuple[Finding, ...]:
    """What the probes say, in the order of feeds.yaml."""
    found = [replace(finding, file=probe.subscription.file) for probe in probes for finding in _of_one(probe)]
    found += _repeated(probes)
    return tuple(sorted(found, key=lambda finding: (finding.file or "", finding.line)))


def _of_one(probe: Probe) -> Iterator[Finding]:
    sub, answer = probe.subscription, probe.fetched
    url = without_credentials(sub.url)
    if isinstance(answer, FetchError):
        yield _of_error(sub, answer)
        return
    if not isinstance(answer, Fetched):
        yield Finding("warning", "no-document", sub.line, f"{url}: the server sent no document")
        return
    if answer.moved_to and answer.moved_to != sub.url:
        new = without_credentials(answer.moved_to)
        yield Finding("warning", "feed-moved", sub.line, f"{url} has moved permanently", f"write {new}")
    if answer.elapsed > SLOW:
        yield Finding("warning", "slow", sub.line, f"{url} took {answer.elapsed:.0f} s to answer")
    if len(answer.body) > LARGE:
        size = f"{len(answer.body) / 1e6:.1f} MB"
        yield Finding("warning", "large", sub.line, f"{url} has {size}", "its owner can list fewer entries")
    if isinstance(probe.read, ReadError):
        yield Finding("error", "not-a-feed", sub.line, f"{url}: {probe.read.message}")
    elif probe.read is not None:
        yield from _of_document(sub, url, probe.read)


def _of_error(sub: Subscription, answer: FetchError) -> Finding:
    passing = answer.kind in _PASSING or (answer.kind == "status" and answer.status in _BUSY)
    rule = "gone" if answer.status == 410 else answer.kind.replace("status", "http-error")
    return Finding(
        "warning" if passing else "error",
        rule,
        sub.line,
        f"{without_credentials(sub.url)}: {answer.message}",
        "remove it" if answer.status == 410 else "",
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


def _repeated(probes: Iterable[Probe]) -> Iterator[Finding]:
    """Subscriptions most of whose links an earlier one carries as well."""
    seen: list[tuple[Subscription, frozenset[str]]] = []
    for probe in probes:
        if not isinstance(probe.read, ReadFeed):
            continue
        links = frozenset(entry.link_key for entry in probe.read.entries if entry.link_key)
        for other, theirs in seen:
            if links and len(links & theirs) > _SAME * len(links):
                yield Finding(
                    "warning",
                    "repeats",
                    probe.subscription.line,
                    f"{without_credentials(probe.subscription.url)} carries the same links as"
                    f" {without_credentials(other.url)} on line {other.line}"
                    + (f" of {other.file}" if other.file else ""),
                    "keep one of them",
                    probe.subscription.file,
                )
                break
        seen.append((probe.subscription, links))
