"""How well related coverage finds events, and how much of what it links is wrong.

    python benchmarks/related.py CORPUS [--groups] [--links] [--far]

CORPUS: a folder with `real/` (captured feeds, with `index.jsonl`) and `related/` (headlines with outlet, hour and
story; pairs of headlines labelled by people). Word counts come from the entries measured alone, as in a new store;
of captured feeds, in a second table, from all that were captured, as in a store that has counted for weeks.

- captured feeds: links and groups of each span of days with several outlets; `--groups` prints every group, to be
  read and judged; `--far` also what would be linked if entries years apart could be: all of it wrong
- headlines: links of the same story and of another, B-cubed precision and recall of the groups, the most foreign
  members in one group; then the links of 100 random outlets, five draws; `--links` prints those across stories
- labelled pairs: how many are linked, by kind
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.dedupe import strength, title_key
from aggregator.models import Entry, Keys, ReadError, RelatedLink, WeighedEntry, WordCounts
from aggregator.pipeline.read import read
from aggregator.related import entry_words, find_pairs, judge, judge_near, weigh
from aggregator.related.groups import find_joining, find_stars
from aggregator.related.links import COSINE, LEAST_SHARED

SPANS = {
    "2026, English": ("2026-02-08", "2026-02-20"),
    "2022, English": ("2022-03-30", "2022-04-08"),
    "2017, five languages": ("2017-01-02", "2017-01-10"),
    "2017, May": ("2017-05-20", "2017-06-01"),
}


class Weighed:
    """Entries with their telling words by their own counts, and what they were made of."""

    def __init__(self, entries: Iterable[tuple[int, str, Entry]]) -> None:
        """`entries`: each with its feed's number and address."""
        self.entries: dict[int, Entry] = {}
        feeds: dict[int, tuple[int, str]] = {}
        for number, (feed_id, url, entry) in enumerate(entries, 1):
            self.entries[number], feeds[number] = entry, (feed_id, url)
        words = {
            id: entry_words(entry, feeds[id][1])
            for id, entry in self.entries.items()
            if entry.title_strength != "none"
        }
        known = {id: each for id, each in words.items() if each}
        counts = Counter(word for each in known.values() for word in (*each.headline, *each.summary))
        self.counts = WordCounts(len(known), counts)
        self.weighed = {
            id: WeighedEntry(
                id, feeds[id][0], id, self.entries[id].published, each, weigh(each, self.counts), str(id)
            )
            for id, each in known.items()
        }

    def weigh_by(self, counts: WordCounts) -> None:
        """Weighs the words by the counts of other entries, too: as in a store that has counted for weeks."""
        self.weighed = {
            id: replace(each, weights=weigh(each.words, counts)) for id, each in self.weighed.items()
        }

    def links(self) -> list[RelatedLink]:
        found = (judge(one, other) for one, other in find_pairs(self.weighed.values()))
        return [link for link in found if link]

    def groups(self, links: Sequence[RelatedLink]) -> list[tuple[int, list[int]]]:
        cosines = {tuple(sorted((link.entry_id, link.other_id))): link.cosine for link in links}
        order = {id: (each.published.timestamp(), str(id)) for id, each in self.weighed.items()}
        outlets = {id: frozenset([each.words.outlet]) for id, each in self.weighed.items()}
        stars = [star for star in find_stars(order, cosines, outlets) if star[1]]  # type: ignore[arg-type]
        alone = order.keys() - {id for lead, linked in stars for id in (lead, *linked)}
        joining = find_joining(stars, {id: str(id) for id in alone}, self._near())
        return [(lead, linked + joining.get(lead, [])) for lead, linked in stars]

    def _near(self) -> dict[tuple[int, int], float]:
        """What may join a group, though it is not linked."""
        found = (judge_near(one, other) for one, other in find_pairs(self.weighed.values()))
        return {
            (min(link.entry_id, link.other_id), max(link.entry_id, link.other_id)): link.cosine
            for link in found
            if link
        }

    def line(self, id: int) -> str:
        entry = self.entries[id]
        return f"{self.weighed[id].words.outlet}: {entry.title} ({entry.published:%d %H:%M})"


# ---------------------------------------------------------------- captured feeds


def captured(corpus: Path) -> list[tuple[int, str, Entry]]:
    """The entries of all captured feeds that have a date and a headline of their own."""
    now = datetime(2026, 11, 26, tzinfo=UTC)
    found = []
    rows = map(json.loads, (corpus / "real/index.jsonl").read_text(encoding="utf-8").splitlines())
    for feed_id, row in enumerate(rows, 1):
        url = row.get("url") or f"https://{Path(row['file']).stem.replace('_', '-')}.example/"
        document = read((corpus / "real" / row["file"]).read_bytes(), None, url, now)
        if not isinstance(document, ReadError):
            found += [(feed_id, url, e) for e in document.entries if e.date_reason != "first seen"]
    return found


def measure_captured(corpus: Path, show: bool, far: bool) -> None:
    entries = captured(corpus)
    everything = Weighed(entries).counts
    shown: list[str] = []
    for known, by in ((None, "themselves"), (everything, f"all {everything.entries}")):
        print(
            f"| captured feeds, weighed by {by} | entries | outlets | links | groups | of three outlets or more |"
        )
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name, (start, end) in SPANS.items():
            first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end))
            span = Weighed(each for each in entries if first <= each[2].published < last)
            if known:
                span.weigh_by(known)
            shown.append(f"\n{name}, weighed by {by}")
            measure_span(name, span, shown)
        print()
    if show:
        print("\n".join(shown))
    if far:
        measure_far(entries)


def measure_span(name: str, span: Weighed, shown: list[str]) -> None:
    links, outlets = span.links(), {each.words.outlet for each in span.weighed.values()}
    groups = span.groups(links)
    of_three = [
        star for star in groups if len({span.weighed[id].words.outlet for id in (star[0], *star[1])}) > 2
    ]
    print(
        f"| {name} | {len(span.weighed)} | {len(outlets)} | {len(links)} | {len(groups)} | {len(of_three)} |"
    )
    for lead, linked in groups:
        shown.append(f"* {span.line(lead)}")
        for id in linked:
            near = judge_near(span.weighed[lead], span.weighed[id])
            joined = "" if judge(span.weighed[lead], span.weighed[id]) else " joined"
            if near:
                shown.append(f"    {near.cosine:.2f}{joined} {span.line(id)}  [{', '.join(near.words)}]")


def measure_far(entries: Sequence[tuple[int, str, Entry]]) -> None:
    """Entries weeks and years apart, judged as if they came within an hour."""
    everything = Weighed(entries)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    linked = []
    for one, other in find_pairs(everything.weighed.values()):
        if abs(one.published - other.published) > timedelta(days=12):
            link = judge(replace(one, published=now), replace(other, published=now))
            if link:
                linked.append(link)
    print(f"\nof entries over 12 days apart {len(linked)} pairs would be linked")
    for link in linked:
        print(f"    {link.cosine:.2f} {everything.line(link.entry_id)} || {everything.line(link.other_id)}")


# ---------------------------------------------------------------- headlines of many outlets


def headlines(corpus: Path) -> tuple[list[tuple[int, str, Entry]], list[str]]:
    """Each headline as an entry of its outlet's feed, and the story that it belongs to."""
    found, stories = [], []
    feeds: dict[str, int] = {}
    for line in (corpus / "related/headlines.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        feed_id = feeds.setdefault(row["host"], len(feeds) + 1)
        when = datetime.fromtimestamp(row["time"], UTC)
        found.append((feed_id, f"https://{row['host']}/feed", headline(row["title"], when)))
        stories.append(row["story"])
    return found, stories


def headline(title: str, when: datetime) -> Entry:
    key = title_key(title)
    return Entry(title, None, title, when, "source", keys=Keys(title_key=key, title_strength=strength(key)))


def measure_headlines(corpus: Path, show: bool) -> None:
    entries, stories = headlines(corpus)
    every = Weighed(entries)
    story = dict(enumerate(stories, 1))
    links = every.links()
    same = [link for link in links if story[link.entry_id] == story[link.other_id]]
    groups = every.groups(links)
    foreign = max(sum(story[id] != story[lead] for id in linked) for lead, linked in groups)
    precision, recall = b_cubed(groups, story, every.weighed)
    print(
        "\n| headlines of 2014 | entries | links of the same story | of another | B-cubed | most foreign members |"
    )
    print("| --- | ---: | ---: | ---: | --- | ---: |")
    print(
        f"| all outlets | {len(every.weighed)} | {len(same)} | {len(links) - len(same)} | {precision:.3f} / {recall:.3f} | {foreign} |"
    )
    across: dict[str, str] = {}
    for draw in range(5):
        hosts = sorted({url for _, url, _ in entries})
        chosen = set(random.Random(draw).sample(hosts, 100))
        kept = [index for index, (_, url, _) in enumerate(entries) if url in chosen]
        part = Weighed(entries[index] for index in kept)
        its_story = {number: stories[index] for number, index in enumerate(kept, 1)}
        links = part.links()
        right = sum(its_story[link.entry_id] == its_story[link.other_id] for link in links)
        for link in links:
            if its_story[link.entry_id] != its_story[link.other_id]:
                line = (
                    f"    {part.line(link.entry_id)} || {part.line(link.other_id)}  [{', '.join(link.words)}]"
                )
                across.setdefault(line, line)
        print(f"| 100 outlets, draw {draw + 1} | {len(part.weighed)} | {right} | {len(links) - right} | | |")
    if show:
        print("\nacross stories, of the draws:")
        print("\n".join(across))


def b_cubed(
    groups: Sequence[tuple[int, list[int]]], story: Mapping[int, str], every: Iterable[int]
) -> tuple[float, float]:
    """Precision and recall averaged over entries; one that is in no group is a group of its own."""
    group_of = {id: {lead, *linked} for lead, linked in groups for id in (lead, *linked)}
    of_story: defaultdict[str, set[int]] = defaultdict(set)
    for id in every:
        of_story[story[id]].add(id)
    precisions, recalls = [], []
    for id in every:
        mine = group_of.get(id, {id})
        right = len(mine & of_story[story[id]])
        precisions.append(right / len(mine))
        recalls.append(right / len(of_story[story[id]]))
    return sum(precisions) / len(precisions), sum(recalls) / len(recalls)


# ---------------------------------------------------------------- labelled pairs


def kind_of(row: Mapping[str, Any]) -> str:
    if row["label"] != "different":
        return "same event"
    raw = str(row["raw"]).lower()
    return "unrelated" if raw == "bad" else "same topic" if raw == "rel" else "cause, denial, follow-up"


def measure_pairs(corpus: Path) -> None:
    rows = [
        json.loads(line)
        for line in (corpus / "related/labelled-pairs.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    pairs = Weighed(
        (side, f"https://outlet{side}.example/feed", headline(title, now))
        for row in rows
        for side, title in enumerate(row["titles"], 1)
    )
    tried, linked = Counter[str](), Counter[str]()
    for number, row in enumerate(rows):
        one, other = (pairs.weighed.get(2 * number + side) for side in (1, 2))
        tried[kind_of(row)] += 1
        linked[kind_of(row)] += bool(one and other and judge(one, other))
    print("\n| labelled pairs (headlines only) | pairs | linked | |")
    print("| --- | ---: | ---: | ---: |")
    for kind, number in tried.most_common():
        print(f"| {kind} | {number} | {linked[kind]} | {linked[kind] / number:.0%} |")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--groups", action="store_true", help="print every group of the captured feeds")
    parser.add_argument("--links", action="store_true", help="print the links across stories")
    parser.add_argument("--far", action="store_true", help="print what entries far apart would be linked")
    given = parser.parse_args()
    print(f"at least {LEAST_SHARED} words shared, cosine {COSINE} or more\n")
    measure_captured(given.corpus, given.groups, given.far)
    measure_headlines(given.corpus, given.links)
    measure_pairs(given.corpus)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
