"""Feeds that are new at every poll: thousands of entries, or megabytes of text."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from hostile.case import Case, document
from support.server import Reply, Request, Route

COUNT = itertools.count()


def anew(entries: int, words: int) -> Route:
    """So many entries that nobody has told before, with texts of so many words, dated now."""

    def answer(request: Request) -> Reply:
        date = datetime.now(UTC).isoformat()
        numbers = (next(COUNT) for _ in range(entries))
        text = "word " * words
        items = "".join(
            f"<item><guid>anew {n}</guid><title>Headline {n} that nobody told</title><link>https://anew.example/{n}</link>"
            f"<pubDate>{date}</pubDate><description>{text}</description></item>"
            for n in numbers
        )
        return document(f'<rss version="2.0"><channel><title>Anew</title>{items}</channel></rss>')

    return answer


CASES: dict[str, Case] = {
    **{f"thousands anew, {n}": Case(anew(4_990, 20), status="") for n in range(4)},
    **{f"megabytes anew, {n}": Case(anew(9, 190_000), status="") for n in range(24)},
}
