"""Related coverage: links what was saved, and groups what most outlets report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator import related
from aggregator.links import without_credentials
from aggregator.models import Related, RelatedLink, Story, StoryGroup
from aggregator.settings import Config
from aggregator.store.interfaces import Library, PublishStore, Stories

Load = Callable[[Sequence[int]], Sequence[Story]]

_MOST_LOOKED_AT = 3_000  # stories among which groups are looked for


def relate(store: PublishStore, config: Config, now: datetime) -> int:
    """Links the entries that were saved since the last time to those of the last days; how many links.

    Not as each document is saved: so it makes no difference in which order the feeds of a round answered, and a
    new store counts its words before it judges by them.
    """
    off: set[int] = set()
    if "off" in {config.related, *(sub.related for sub in config.feeds)}:
        settings = {without_credentials(sub.url): sub.related or config.related for sub in config.feeds}
        sources = store.sources()
        off = {each.feed_id for each in sources if settings.get(each.url, config.related) == "off"}
    return store.relate(now, off, related.weigh, related.choose_links, related.display_words)


def most_covered(published: Sequence[Story], store: Stories, load: Load) -> tuple[StoryGroup, ...]:
    """What three outlets or more report of these stories, in the 24 hours before the newest; most covered first.

    `load`: stories by their ids; those that are related and not published themselves are members, too.
    """
    known = {story.id for story in published}
    others = _unpublished(load, {each.story_id for story in published for each in story.related} - known)
    return _grouped((*published, *others), store, load)


def covered_now(library: Library) -> tuple[StoryGroup, ...]:
    """The same of all published stories, as the store has them now."""
    newest = library.latest(1)
    if not newest:
        return ()
    recent = library.latest(_MOST_LOOKED_AT, since=newest[0].published - related.SPAN)
    return _grouped(recent, library, library.load_stories)


def _unpublished(load: Load, ids: Collection[int]) -> Iterator[Story]:
    """These stories, as members of groups that do not lead."""
    return (replace(story, first_published=None) for story in load(sorted(ids)))


def _grouped(stories: Sequence[Story], store: Stories, load: Load) -> tuple[StoryGroup, ...]:
    cosines = {
        (min(story.id, each.story_id), max(story.id, each.story_id)): each.cosine
        for story in stories
        for each in story.related
    }
    groups = related.group_stories(stories, cosines, {story.id: _outlets(story) for story in stories})
    if not groups:
        return ()
    since = max(story.published for story in stories if story.first_published) - related.SPAN
    grouped = {story.id: story for group in groups for story in (group.lead, *group.members)}
    links = _near(store, groups[: related.MOST_JOINED])
    known = {story.id: story for story in stories}
    near = {id for pair in links for id in pair} - grouped.keys()
    others = [known[id] for id in near & known.keys()] + [*_unpublished(load, near - known.keys())]
    return related.join_near(
        groups,
        [_with_words(story, links, grouped) for story in others if story.published > since],
        {pair: link.cosine for pair, link in links.items()},
        {story.id: _outlets(story) for story in (*grouped.values(), *others)},
    )


def _near(store: Stories, groups: Iterable[StoryGroup]) -> dict[tuple[int, int], RelatedLink]:
    """What is near stories of these groups, by pairs of stories; of several entries of one, the nearest."""
    ids = [story.id for group in groups for story in (group.lead, *group.members)]
    found: dict[tuple[int, int], RelatedLink] = {}
    for one, other in store.near_entries(ids):
        link = related.judge_near(one, other)
        if link:
            pair = min(one.story_id, other.story_id), max(one.story_id, other.story_id)
            found[pair] = max(link, found.get(pair, link), key=lambda each: each.cosine)
    return found


def _with_words(
    story: Story, links: Mapping[tuple[int, int], RelatedLink], others: Mapping[int, Story]
) -> Story:
    """The story with what it is near to among its related ones, too."""
    near = (
        Related(
            other.id,
            other.source,
            other.link,
            other.title,
            related.display_words(link.words, story.title, story.summary),
            link.cosine,
        )
        for pair, link in links.items()
        if story.id in pair
        for other in (others.get(pair[0]) or others[pair[1]],)
    )
    return replace(story, related=(*story.related, *near))


def _outlets(story: Story) -> frozenset[str]:
    """All outlets that report it, by its link or its headline included."""
    reports = ((story.link, story.source), *((also.link, also.source) for also in story.also))
    return frozenset(related.outlet(link, source.url) for link, source in reports)
