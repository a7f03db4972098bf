"""The publication without stories, and how stories are read for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aggregator.export.places import source_slug
from aggregator.export.static import icon_name
from aggregator.links import secrets_in, without_credentials, without_secrets
from aggregator.models import Episode, Publication, Source, Story
from aggregator.records import replace
from aggregator.settings import Config, Subscription
from aggregator.store.interfaces import Stories

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)  # when a feed without stories changed; nobody believes in less


def load_sources(store: Stories, config: Config) -> dict[int, Source]:
    """The sources by the ids of their feeds, as they can be published: without secrets in their addresses.

    Each with what its subscription says of content; a private one has no address at all.
    """
    subscriptions = subscriptions_of(config)
    return told_apart(as_source(each, subscriptions.get(each.url)) for each in store.sources())


def subscriptions_of(config: Config) -> dict[str, Subscription]:
    """By the addresses that the store's sources have."""
    return {without_credentials(sub.url): sub for sub in config.feeds}


def as_source(source: Source, subscription: Subscription | None) -> Source:
    """The source as it can be published, but for `told_apart`."""
    url, secrets = without_secrets(source.url), secrets_in(source.url)
    return replace(
        source,
        **_as_member(subscription),
        link=without_credentials(subscription.site) if subscription and subscription.site else source.link,
        url="" if subscription and subscription.private == "true" else url,
        content=subscription.content if subscription else None,
        slug=source_slug(url),
        last_error=_without(source.last_error, secrets),
        secrets=secrets,
        # Which of these it is changes with each poll, and tells a subscriber nothing.
        status="ok" if source.status in ("unchanged", "paused") else source.status,
    )


def told_apart(sources: Iterable[Source]) -> dict[int, Source]:
    """By the ids of their feeds, each with a page of its own: two addresses may differ in their secrets alone."""
    found: dict[int, Source] = {}
    slugs: set[str] = set()
    for source in sources:
        slug = source.slug
        found[source.feed_id] = replace(source, slug=f"{slug}-{source.feed_id}") if slug in slugs else source
        slugs.add(slug)
    return found


def _as_member(subscription: Subscription | None) -> dict[str, Any]:
    """What feeds.yaml says of who is behind the feed."""
    if subscription is None:
        return {}
    avatar = without_secrets(subscription.avatar) if subscription.avatar else None
    return {"avatar": avatar, "about": subscription.about or "", "extra": subscription.extra}


def load_stories(store: Stories, ids: Sequence[int], sources: Mapping[int, Source]) -> tuple[Story, ...]:
    """These stories, with no more content than the subscriptions of their sources allow."""
    return as_published(store.load_stories(ids), sources)


def as_published(stories: Iterable[Story], sources: Mapping[int, Source]) -> tuple[Story, ...]:
    """The stories with their sources as they can be published."""
    return tuple(
        _published(story, sources.get(story.source.feed_id, story.source), sources) for story in stories
    )


def _published(story: Story, source: Source, sources: Mapping[int, Source]) -> Story:
    """The story as it can be published: where its feed's address holds a secret, it stands nowhere in the story."""

    if not (story.also or story.related or source.secrets):  # as nearly all
        return replace(story, source=source)

    def public(other: Source) -> Source:
        return sources.get(other.feed_id) or replace(other, url=without_secrets(other.url))

    also = tuple(replace(other, source=public(other.source)) for other in story.also)
    related = tuple(replace(other, source=public(other.source)) for other in story.related)
    story = replace(story, source=source, also=also, related=related)
    others = [*(other.source for other in also), *(other.source for other in related)]
    secrets = {secret for each in (source, *others) for secret in each.secrets}
    if not secrets:
        return story
    free = _is_free_of(story.atom_id, secrets)
    return replace(
        story,
        atom_id=story.atom_id if free else f"urn:uuid:{uuid5(NAMESPACE_URL, story.atom_id)}",
        title=_without(story.title, secrets) or "",
        link=_link_without(story.link, secrets),
        summary=_without(story.summary, secrets) or "",
        content=_without(story.content, secrets) or "",
        image=story.image if _is_free_of(story.image, secrets) else None,
        enclosures=tuple(each for each in story.enclosures if _is_free_of(each.url, secrets)),
        episode=_episode_without(story.episode, secrets),
        also=tuple(replace(other, link=_link_without(other.link, secrets)) for other in also),
        related=tuple(
            replace(
                other, link=_link_without(other.link, secrets), title=_without(other.title, secrets) or ""
            )
            for other in related
        ),
    )


def _link_without(link: str | None, secrets: Iterable[str]) -> str | None:
    if link is None or _is_free_of(link, secrets):
        return link
    link = without_secrets(link)
    return link if _is_free_of(link, secrets) else None


def _episode_without(episode: Episode | None, secrets: Collection[str]) -> Episode | None:
    if episode is None:
        return None
    chapters, transcripts = episode.chapters, episode.transcripts
    return replace(
        episode,
        chapters=chapters if chapters and _is_free_of(chapters.url, secrets) else None,
        transcripts=tuple(each for each in transcripts if _is_free_of(each.url, secrets)),
    )


def _is_free_of(text: str | None, secrets: Iterable[str]) -> bool:
    return not any(secret in (text or "") for secret in secrets)


def _without(text: str | None, secrets: Iterable[str]) -> str | None:
    for secret in secrets:
        text = text.replace(secret, "") if text else text
    return text


def without_stories(store: Stories, config: Config, sources: Mapping[int, Source]) -> Publication:
    """The merged feed as feeds.yaml has it, with nothing in it yet."""
    return Publication(
        id=config.id or store.publication_id(),
        title=config.title,
        base_url=config.base_url,
        updated=LONG_AGO,
        stories=(),
        sources=tuple(sources.values()),
        content=config.publish.content,
        search=config.publish.search == "on",
        images=config.publish.images == "on",
        members=config.publish.sources == "members" or config.theme == "planet",
        description=config.description or "",
        timezone=config.timezone,
        attribution=config.publish.attribution == "line",
        icon=icon_name(config.icon),
    )


def newest_update(stories: Iterable[Story]) -> datetime:
    return max((story.updated for story in stories), default=LONG_AGO)
