"""Programs that publish one store in turn, compared with a publication from scratch."""

from __future__ import annotations

import shutil

from aggregator.filters import compile_rules
from aggregator.pipeline.changes import ChangePublisher, publish_changes
from aggregator.pipeline.publish import publish
from support.bench import Bench


class Programs:
    """So many that remember what they published, and one that begins anew each time, in turn."""

    def __init__(self, count: int = 0) -> None:
        self._count, self._turn = count, 0
        # They outlive a change of feeds.yaml that is taken back: what they remember is then of long ago.
        self._publishers: dict[tuple[int, str], ChangePublisher] = {}

    def publish(self, bench: Bench) -> tuple[str, ...]:
        self._turn = (self._turn + 1) % (self._count + 1)
        if self._turn == self._count:
            return publish_changes(bench.store, bench.config, bench.now)
        key = self._turn, repr(bench.config)
        publisher = self._publishers.setdefault(key, ChangePublisher(bench.config))
        return publisher.publish(bench.store, bench.now)


def check(bench: Bench, programs: Programs, done: object = "") -> tuple[str, ...]:
    """One of them publishes what has changed: then all is as it is made from scratch, in an empty folder, and stays.

    `done`: what was changed.
    """
    take_over(bench)
    names = programs.publish(bench)
    fresh = bench.folder / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    publish(bench.store, bench.config, bench.now, fresh)
    wanted = {str(path.relative_to(fresh)): path.read_bytes() for path in fresh.rglob("*") if path.is_file()}
    found = bench.published()
    assert {file for file in {*wanted, *found} if wanted.get(file) != found.get(file)} == set(), done
    assert publish_changes(bench.store, bench.config, bench.now) == (), done
    return names


def take_over(bench: Bench) -> None:
    """As the program does when it reads feeds.yaml."""
    bench.store.sync_subscriptions(bench.config.feeds, bench.now)
    rules = compile_rules(bench.config)
    bench.store.refilter(rules.fingerprint, rules.blocked_by)
