"""Groups of stories that probably tell of one event: a lead, and those that are linked to it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import timedelta
from heapq import heapify, heappop, heappush

from aggregator.models import Story, StoryGroup

SPAN = timedelta(hours=24)  # before the newest story; not before now, so that the groups stay as they are
LEAST_OUTLETS = 3

Rank = tuple[int, float, float, str]


def group_stories(
    stories: Iterable[Story],
    cosines: Mapping[tuple[int, int], float],
    outlets: Mapping[int, frozenset[str]],
) -> tuple[StoryGroup, ...]:
    """What three outlets or more report in the last 24 hours of these stories, most covered first.

    A story that was not published (backlog of a feed's first fetch) may be a member, but does not lead. `cosines`: of linked stories, by their ids, the lower one first. `outlets`: those that tell each story.
    """
    every = {story.id: story for story in stories}
    leads = {id for id, story in every.items() if story.first_published is not None}
    newest = max((every[id].published for id in leads), default=None)
    recent = {id: story for id, story in every.items() if newest and story.published > newest - SPAN}
    order = {id: (story.published.timestamp(), story.atom_id) for id, story in recent.items()}
    groups = []
    for lead, linked in find_stars(order, cosines, outlets, leads):
        seen = set(outlets[lead])
        members = []
        for id in linked:
            if not outlets[id] <= seen:
                members.append(every[id])
                seen |= outlets[id]
        if len(seen) >= LEAST_OUTLETS:
            groups.append(StoryGroup(every[lead], tuple(members), len(seen)))
    return tuple(groups)


def find_stars(
    order: Mapping[int, tuple[float, str]],
    cosines: Mapping[tuple[int, int], float],
    outlets: Mapping[int, frozenset[str]],
    leads: Container[int] | None = None,
) -> list[tuple[int, list[int]]]:
    """Each lead with those linked to it, the most alike first; told by most outlets first. One in no link is alone.

    The one whose links reach most outlets leads, and takes those that are linked to itself; then the next among the
    rest. So there are no chains, and the outcome does not depend on any order but `order`, which decides ties.
    `leads`: which may lead; None: all.
    """
    near: dict[int, dict[int, float]] = {id: {} for id in order}
    for (one, other), cosine in cosines.items():
        if one in near and other in near:
            near[one][other] = near[other][one] = cosine

    def rank(id: int) -> Rank:
        told_by = outlets[id].union(*(outlets[other] for other in near[id]))
        return (-len(told_by), -round(sum(near[id].values()), 9), *order[id])

    ranks = {id: rank(id) for id in near}
    waiting = [(ranks[id], id) for id in near if leads is None or id in leads]
    heapify(waiting)
    stars = []
    while waiting:
        found, lead = heappop(waiting)
        if ranks.get(lead) != found:
            continue  # taken by a group, or ranked lower since
        linked = sorted(near[lead], key=lambda id: (-round(near[lead][id], 9), order[id]))
        stars.append((lead, linked))
        gone = {lead, *linked}
        for id in gone:
            del ranks[id]
        touched = {other for id in gone for other in near[id]} - gone
        for id in touched:
            near[id] = {other: cosine for other, cosine in near[id].items() if other not in gone}
            ranks[id] = rank(id)
            if leads is None or id in leads:
                heappush(waiting, (ranks[id], id))
    return stars
