"""The RSS output is valid, says what the publication says, and no reader that goes by dates misses a story in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from itertools import pairwise

import feedparser
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.export.arrival import arrival_dates
from aggregator.export.rss import render_bots
from aggregator.models import Publication
from support import valid
from support.publications import BASE, NOON, RICH, STORY, publication, publications


def arrived(made: Publication) -> Publication:
    """The publication with its stories as they arrived, an hour apart."""
    dates = [NOON - timedelta(hours=n) for n in range(len(made.stories))]
    return replace(made, arrivals=tuple(zip(made.stories, dates, strict=True)))


@settings(deadline=None)
@given(publications)
def test_any_publication_renders_to_a_valid_feed_the_same_each_time(made: Publication) -> None:
    data = render_bots(arrived(made))
    valid.rss(data)
    assert render_bots(arrived(made)) == data


def test_item_says_all_that_is_known() -> None:
    channel = valid.rss(render_bots(arrived(publication(RICH))))
    (item,) = channel.findall("item")
    assert item.findtext("title") == "The Daily Example: The bridge reopens after four years"
    assert item.findtext("pubDate") == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert item.findtext("guid") == RICH.atom_id
    enclosure = item.find("enclosure")
    assert enclosure is not None
    assert (enclosure.get("type"), enclosure.get("length")) == ("audio/mpeg", "12345")
    picture = item.find("{http://search.yahoo.com/mrss/}content")
    assert picture is not None
    assert picture.get("url") == RICH.image
    address = channel.find("{http://www.w3.org/2005/Atom}link[@rel='self']")
    assert address is not None
    assert address.get("href") == f"{BASE}bots.rss"


def test_a_reader_reads_it_as_meant() -> None:
    read = feedparser.parse(
        BytesIO(render_bots(arrived(publication(RICH, replace(STORY, id=2, atom_id="urn:x:2")))))
    )
    assert not read.bozo
    assert read.version == "rss20"
    assert [entry.id for entry in read.entries] == [RICH.atom_id, "urn:x:2"]
    assert read.entries[0].author == "Ada Example"
    assert read.entries[0].content[0].value == RICH.content


batches = st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=12)


@given(batches)
def test_dates_rise_strictly_and_one_that_was_given_never_changes(found: Sequence[tuple[int, int]]) -> None:
    """`found`: seconds after the batch before, and how many stories at once."""
    arrivals: list[datetime] = []
    seen: list[datetime] = []
    when = NOON
    for gap, count in found:
        when += timedelta(seconds=gap)
        arrivals += [when] * count
        dates = arrival_dates(arrivals)
        assert dates[: len(seen)] == seen
        # A reader that takes what is dated after the newest it saw takes all of this batch.
        assert all(date > (seen[-1] if seen else NOON - timedelta(days=1)) for date in dates[len(seen) :])
        assert all(one < two for one, two in pairwise(dates))
        seen = dates
