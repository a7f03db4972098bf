"""Metrics for Prometheus, at an address of their own: what the pages' readers do not need, they do not see."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from aggregator.errors import AggregatorError
from aggregator.health.report import Report
from aggregator.health.state import EXIT_CODES
from aggregator.models import PollResult
from aggregator.service.health import Health
from aggregator.settings import Config
from aggregator.web import one_page
from aggregator.web.gate import Access, Gate
from aggregator.web.server import WebServer
from aggregator.web.sockets import ServerError, listen

log = logging.getLogger(__name__)

_MOST_SHARING = 20  # services on one machine

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MOST_SIZES = 20_000  # feeds whose last document's size is remembered


class Metrics:
    """The numbers of one service; `observe_poll` and the like are called from its own thread."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._polls = Counter("aggregator_polls", "Polls by result", ["result"], registry=registry)
        stages = "Seconds that a stage of a poll took"
        self._stages = Histogram(
            "aggregator_poll_stage_seconds", stages, ["stage"], buckets=_SECONDS, registry=registry
        )
        self._publish = Histogram(
            "aggregator_publish_seconds", "Seconds that publishing took", buckets=_SECONDS, registry=registry
        )
        self._entries = Counter(
            "aggregator_entries", "Entries by what became of them", ["kind"], registry=registry
        )
        self._stories = Counter("aggregator_stories", "New stories", registry=registry)
        self._bytes = Counter("aggregator_document_bytes", "Bytes of documents received", registry=registry)
        self._saved = Counter(
            "aggregator_saved_bytes", "Bytes not received, as the server said 304", registry=registry
        )
        gauges = {
            "level": "How all stands: 0 ok, 1 warning, 2 critical, 3 unknown",
            "overdue_feeds": "Feeds that are polled late",
            "lag_seconds": "How late the most overdue feed is",
            "store_bytes": "Size of the store on disk",
            "store_entries": "Entries in the store",
            "store_stories": "Stories in the store",
            "search_waiting": "Stories that wait for the search index",
            "disk_free_bytes": "Free space where the store lies",
            "last_publish_timestamp_seconds": "When publishing last went well",
            "worker_restarts": "Reading processes that were replaced",
        }
        self._gauges = {
            name: Gauge(f"aggregator_{name}", words, registry=registry) for name, words in gauges.items()
        }
        self._leads = Gauge("aggregator_publishes", "1 where this worker publishes", registry=registry)
        self._workers = Gauge(
            "aggregator_workers", "Workers seen in the last minute by role", ["role"], registry=registry
        )
        self._feeds = Gauge("aggregator_feeds", "Feeds by condition", ["condition"], registry=registry)
        self._sizes: OrderedDict[str, int] = OrderedDict()  # of each feed's last document

    def observe_poll(self, result: PollResult) -> None:
        """Counts one poll; a poll that was put off is one, with its own result."""
        self._polls.labels(result.status).inc()
        for stage, seconds in (("fetch", result.elapsed), ("read", result.reading), ("save", result.saving)):
            if seconds:
                self._stages.labels(stage).observe(seconds)
        self._entries.labels("new").inc(result.new)
        self._entries.labels("edited").inc(result.edited)
        self._stories.inc(result.stories)
        if result.size:
            self._bytes.inc(result.size)
            self._sizes[result.url] = result.size
            if len(self._sizes) > _MOST_SIZES:
                self._sizes.popitem(last=False)
        elif result.status == "unchanged":
            self._saved.inc(self._sizes.get(result.url, 0))

    @contextmanager
    def publishing(self) -> Iterator[None]:
        began = monotonic()
        yield
        self._publish.observe(monotonic() - began)

    def count_worker_restarts(self, number: int) -> None:
        self._gauges["worker_restarts"].set(number)

    def render(self, report: Callable[[], Report]) -> tuple[bytes, str]:
        """The page and its media type. `report`: how all stands now."""
        found = report()
        values = {
            "level": EXIT_CODES[found.level],
            "overdue_feeds": found.overdue,
            "lag_seconds": found.lag.total_seconds(),
            "store_bytes": found.store.size,
            "store_entries": found.store.entries,
            "store_stories": found.store.stories,
            "search_waiting": found.store.waiting_for_search,
            "disk_free_bytes": found.store.disk_free,
            "last_publish_timestamp_seconds": found.last_publish.timestamp() if found.last_publish else 0,
        }
        for name, value in values.items():
            self._gauges[name].set(value)
        service = found.service or {}
        self._leads.set(service.get("leader", "") == service.get("worker", ""))
        self._workers.clear()
        for worker in service.get("workers", ()):
            self._workers.labels(worker["role"]).inc()
        self._feeds.clear()
        for condition, count in found.conditions.items():
            self._feeds.labels(condition).set(count)
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


@contextmanager
def metrics_server(config: Config, metrics: Metrics, health: Health, shared: bool = False) -> Iterator[None]:
    """Serves the metrics at their own address while the block runs, where feeds.yaml names one.

    `shared`: several services of this machine go by that feeds.yaml, so each takes the next port that is free.
    Raises ServerError where that address cannot be served at.
    """
    where = config.health.metrics
    if where is None:
        yield
        return
    host, _, port = where.rpartition(":")
    if not port.isdigit():
        raise AggregatorError(f"health.metrics is {where!r}: write an address and a port, as 127.0.0.1:9464")
    page = one_page("/metrics", lambda: metrics.render(health.report))
    with WebServer(_listen(host, int(port), _MOST_SHARING if shared else 1), Gate(page, Access())):
        yield


def _listen(host: str, port: int, tries: int) -> socket.socket:
    for number in range(port, port + tries - 1):
        with contextlib.suppress(ServerError):
            found = listen(host, number)
            if number > port:
                log.info(
                    "metrics at http://%s:%d/metrics, as another service has port %d", host, number, port
                )
            return found
    return listen(host, port + tries - 1)
