"""Groups of stories that probably tell of one event: a lead, and those that are linked to it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import timedelta
from heapq import heapify, heappop, heappush

from aggregator.models import Story, StoryGroup

SPAN = timedelta(hours=24)  # before the newest story; not before now, so that the groups stay as they are
LEAST_OUTLETS = 3

MOST_JOINED = 50  # groups that others may join: many more than are shown

Rank = tuple[int, float, float, str]
Outlets = Mapping[int, frozenset[str]]
Cosines = Mapping[tuple[int, int], float]  # of pairs of stories, by their ids, the lower one first


def group_stories(stories: Iterable[Story], cosines: Cosines, outlets: Outlets) -> tuple[StoryGroup, ...]:
    """What two outlets or more report in the last 24 hours of these stories, most covered first.

    A story that was not published (backlog of a feed's first fetch) may be a member, but does not lead.
    `cosines`: of stories that are linked; `outlets`: those that tell each story.
    """
    every = {story.id: story for story in stories}
    leads = {id for id, story in every.items() if story.first_published is not None}
    newest = max((every[id].published for id in leads), default=None)
    recent = {id: story for id, story in every.items() if newest and story.published > newest - SPAN}
    order = {id: (story.published.timestamp(), story.atom_id) for id, story in recent.items()}
    found = (
        _group(every[lead], (every[id] for id in linked), outlets)
        for lead, linked in find_stars(order, cosines, outlets, leads)
        if linked
    )
    return tuple(group for group in found if group.members)


def join_near(
    groups: Sequence[StoryGroup], others: Iterable[Story], near: Cosines, outlets: Outlets
) -> tuple[StoryGroup, ...]:
    """What three outlets or more report: these groups, with those of the others that are near them."""
    known = {story.id: story for story in others}
    stars = [(group.lead.id, [member.id for member in group.members]) for group in groups]
    joining = find_joining(stars, {id: story.atom_id for id, story in known.items()}, near)
    grown = (
        _group(group.lead, (*group.members, *(known[id] for id in joining.get(group.lead.id, ()))), outlets)
        for group in groups
    )
    covered = [group for group in grown if group.outlets >= LEAST_OUTLETS]
    return tuple(sorted(covered, key=lambda group: -group.outlets))


def find_joining(
    stars: Iterable[tuple[int, list[int]]], others: Mapping[int, str], near: Cosines
) -> dict[int, list[int]]:
    """Of each lead which of the others join its group, the nearest first. `others`: their names, which decide ties.

    One joins that is near the lead and a story that is linked to the lead: it may share a person or a place with
    one story that it has nothing to do with, but hardly with two that tell of one event. Of several groups it joins
    that to whose lead it is nearest; of equals, the first.
    """
    alike: dict[int, dict[int, float]] = {}
    for (one, other), cosine in near.items():
        alike.setdefault(one, {})[other] = alike.setdefault(other, {})[one] = cosine
    nearest: dict[int, tuple[float, int]] = {}
    for lead, linked in stars:
        to_linked = {id for other in linked for id in alike.get(other, ())}
        for id, cosine in alike.get(lead, {}).items():
            if id in others and id in to_linked and cosine > nearest.get(id, (0.0, lead))[0]:
                nearest[id] = cosine, lead
    joining: dict[int, list[int]] = {}
    for id in sorted(nearest, key=lambda id: (-nearest[id][0], others[id])):
        joining.setdefault(nearest[id][1], []).append(id)
    return joining


def _group(lead: Story, others: Iterable[Story], outlets: Outlets) -> StoryGroup:
    """The lead, and of the others those that further outlets tell."""
    seen = set(outlets[lead.id])
    members = []
    for story in others:
        if not outlets[story.id] <= seen:
            members.append(story)
            seen |= outlets[story.id]
    return StoryGroup(lead, tuple(members), len(seen))


def find_stars(
    order: Mapping[int, tuple[float, str]],
    cosines: Cosines,
    outlets: Outlets,
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
