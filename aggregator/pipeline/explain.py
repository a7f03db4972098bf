"""Why a story is one story: its sightings and their rules, who leads and why, what was nearly the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aggregator import dedupe, links
from aggregator.models import Candidate, Related, Sighting, rank, why_leading
from aggregator.related import stem_of
from aggregator.settings import Config
from aggregator.store.interfaces import Library

_WORDS = {rule.name: rule.words for rule in dedupe.RULES}
_NEWS = {rule.name: rule for rule in dedupe.NEWS_RULES}
_NEAR = timedelta(days=400)  # how far apart something may lie to be called nearly the same
_MOST = 20  # near ones shown


@dataclass(frozen=True, slots=True)
class Near:
    """A sighting of another story that was nearly taken for this one."""

    sighting: Sighting
    of: Sighting  # the one of this story that it is near to
    rule: str
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    story_id: int
    atom_id: str
    sightings: tuple[Sighting, ...]  # the first one first
    leader: Sighting
    why_leader: str
    near: tuple[Near, ...]
    related: tuple[
        Related, ...
    ] = ()  # other stories that probably tell of the same event, the most alike first
    counted: int = 0  # entries whose words were counted in the last weeks
    counts: Mapping[str, int] = field(default_factory=dict)  # how many of them have each word that is shared

    def why(self, sighting: Sighting) -> str:
        """Why this sighting belongs to the story, in plain words."""
        return (
            "the first source of this story"
            if sighting.rule == "new"
            else _WORDS.get(sighting.rule, sighting.rule)
        )


def why_news(sighting: Sighting) -> str:
    """Whether the entry was news or backlog when it came, and why, in plain words."""
    rule = _NEWS.get(sighting.news)
    return f"{'news' if is_news(sighting) else 'backlog'}{f': {rule.words}' if rule else ''}"


def is_news(sighting: Sighting) -> bool:
    """Whether the entry was news when it came."""
    rule = _NEWS.get(sighting.news)
    return rule.is_news if rule else not sighting.entry.backlog


def find(store: Library, wanted: str) -> tuple[int, ...]:
    """Stories that a person can mean by a number, an id or an address."""
    return store.find_stories(wanted.strip(), links.link_key(wanted))


def explain(store: Library, config: Config, story_id: int) -> Explanation:
    """All there is to say of one story."""
    (story,) = store.load_stories([story_id])
    sightings = store.sightings(story_id)
    leading = (sighting for sighting in sightings if sighting.entry.feed_id == story.source.feed_id)
    leader = min(leading, key=lambda sighting: rank(_candidate(sighting)))
    others = [_candidate(sighting) for sighting in sightings if sighting is not leader]
    words = {word for each in story.related for word in each.words}
    known = store.word_counts(sorted(map(stem_of, words)))
    return Explanation(
        story_id,
        story.atom_id,
        sightings,
        leader,
        why_leading(_candidate(leader), others) or "it is the only source",
        _near(store, config, sightings),
        story.related,
        known.entries,
        {word: known.counts.get(stem_of(word), 0) for word in words},
    )


def _candidate(sighting: Sighting) -> Candidate:
    entry = sighting.entry
    return Candidate(
        blocked=entry.blocked,
        subscribed=sighting.subscribed,
        priority=sighting.priority,
        home=entry.home,
        published=entry.published,
        position=sighting.position,
        guid=entry.guid,
    )


def _near(store: Library, config: Config, sightings: Sequence[Sighting]) -> tuple[Near, ...]:
    own = {sighting.entry.id for sighting in sightings}
    found = store.near_sightings([sighting.entry for sighting in sightings], _NEAR)
    near: list[Near] = []
    for other in found.sightings:
        if other.entry.id in own:
            continue
        for sighting in sightings:
            rule = found.noted.get((sighting.entry.id, other.entry.id))
            pair = dedupe.Pair(sighting.entry, replace(other.entry, leads=True))
            judged = dedupe.judge(pair, config.dedupe)
            name = rule or (judged.name if judged else None)
            if name is not None:
                near.append(Near(other, sighting, name, _kept_apart(name)))
                break
    return tuple(sorted(near, key=lambda each: each.sighting.entry.published, reverse=True)[:_MOST])


def _kept_apart(name: str) -> str:
    rule = next((rule for rule in dedupe.RULES if rule.name == name), None)
    if rule is None:
        return name
    if rule.verdict in ("story", "entry"):
        return f"{rule.words}; a possible duplicate, but it was published as another story before"
    return rule.words
