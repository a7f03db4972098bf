"""Related coverage: links what was saved, and groups what most outlets report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator import related
from aggregator.links import without_credentials
from aggregator.models import Story, StoryGroup
from aggregator.settings import Config
from aggregator.store.interfaces import Library, PublishStore

Load = Callable[[Sequence[int]], Sequence[Story]]

_MOST_LOOKED_AT = 3_000  # stories among which groups are looked for


def relate(store: PublishStore, config: Config, now: datetime) -> int:
    """Links the entries that were saved since the last time to those of the last days; how many links.

    Not as each document is saved: so it makes no difference in which order the feeds of a round answered, and a
    new store counts its words before it judges by them.
    """
    settings = {without_credentials(sub.url): sub.related or config.related for sub in config.feeds}
    off = {source.feed_id for source in store.sources() if settings.get(source.url, config.related) == "off"}
    return store.relate(now, off, related.weigh, related.choose_links, related.display_words)


def most_covered(published: Sequence[Story], load: Load) -> tuple[StoryGroup, ...]:
    """What three outlets or more report of these stories, in the 24 hours before the newest; most covered first.

    `load`: stories by their ids; those that are related and not published themselves are members, too.
    """
    known = {story.id for story in published}
    others = load(sorted({each.story_id for story in published for each in story.related} - known))
    return _grouped((*published, *(replace(story, first_published=None) for story in others)))


def _grouped(stories: Iterable[Story]) -> tuple[StoryGroup, ...]:
    stories = tuple(stories)
    cosines = {
        (min(story.id, each.story_id), max(story.id, each.story_id)): each.cosine
        for story in stories
        for each in story.related
    }
    return related.group_stories(stories, cosines, {story.id: _outlets(story) for story in stories})


def covered_now(library: Library) -> tuple[StoryGroup, ...]:
    """The same of all published stories, as the store has them now."""
    newest = library.latest(1)
    if not newest:
        return ()
    recent = library.latest(_MOST_LOOKED_AT, since=newest[0].published - related.SPAN)
    return _grouped(recent)


def _outlets(story: Story) -> frozenset[str]:
    """All outlets that report it, by its link or its headline included."""
    reports = ((story.link, story.source), *((also.link, also.source) for also in story.also))
    return frozenset(related.outlet(link, source.url) for link, source in reports)
