"""The same polls give the same outputs, byte for byte, whichever engine keeps the store."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from aggregator.settings import Keep, Subscription
from support.bench import Bench
from support.feeds import rss
from support.make import NOON
from support.postgres import shared_server
from support.server import Feed, serve

DAY = timedelta(days=1)
FIRST = [(f"Headline number {n} about the river bank", f"https://one.example/{n}") for n in range(25)]
LATER = [
    ("Council votes to reopen the old harbour bridge", "https://one.example/bridge"),
    ("京都で新しい図書館が開館", "https://one.example/kyoto"),
    ("Économie : la boulangerie rouvre après l'incendie", "https://one.example/boulangerie"),
]
TWO = [
    ("Council votes to reopen the old harbour bridge", "https://two.example/bridge?utm_source=feed"),
    ("Old harbour bridge to reopen, council decides in vote", "https://two.example/harbour"),
    ("A comment", "https://one.example/kyoto"),
]

DAYS = (
    (FIRST, TWO[:1]),
    ([*LATER, *FIRST[:20]], TWO[:1]),
    ([(f"{LATER[0][0]}, again", LATER[0][1]), *LATER[1:], *FIRST[:5]], TWO),
    (LATER[1:], TWO),
)


def test_both_engines_publish_the_same(tmp_path: Path) -> None:
    """Four polls of two feeds over a week: news, an edit, an entry that both tell, and retention."""
    one, two = Feed(rss(*FIRST, title="One")), Feed(rss(*TWO[:1], title="Two"))
    with serve({"/one": one, "/two": two}) as server:
        urls = server.url("/one"), server.url("/two")
        sqlite, postgres = Bench.at(tmp_path / "a"), Bench.at(tmp_path / "b", shared_server().new_store())
        with closing(sqlite.store), closing(postgres.store):
            _share_publication_id(sqlite, postgres)
            for day, (first, second) in enumerate(DAYS):
                one.body, two.body = rss(*first, title="One"), rss(*second, title="Two")
                outputs = []
                for bench in (sqlite, postgres):
                    bench.now = NOON + day * 2 * DAY
                    bench.subscribe(*(Subscription(url, tags=("Économie",)) for url in urls))
                    bench.poll()
                    bench.publish()
                    bench.store.index_search()
                    bench.store.forget(bench.now, Keep(3))
                    found = [story.title for story in bench.store.search("bridge", 10).stories]
                    outputs.append((bench.published(), bench.titles(), found))
                assert outputs[0] == outputs[1], day
                assert outputs[0][1], day
                assert len(outputs[0][0]) > 5, day


def _share_publication_id(sqlite: Bench, postgres: Bench) -> None:
    """It is made by chance, and stands in all outputs."""
    own = sqlite.store.publication_id()
    import psycopg

    with psycopg.connect(postgres.place) as connection:
        connection.execute("INSERT INTO meta VALUES ('publication id', %s)", (own,))
    assert postgres.store.publication_id() == own
