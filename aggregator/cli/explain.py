"""`aggregator explain`: why a story is one story."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from aggregator.app import App
from aggregator.cli.common import common_options, configuration
from aggregator.cli.text import dim, iso, local, width, wrap
from aggregator.links import without_credentials
from aggregator.models import Sighting
from aggregator.pipeline.explain import Explanation, is_news, why_news
from aggregator.text import counted

_MOST = 5  # stories explained at once


@click.command("explain")
@click.argument("wanted", metavar="STORY|URL|ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of text.")
@common_options
def command(wanted: str, as_json: bool) -> None:
    """Show why entries are one story: their keys, the rule of each, which one leads, what was nearly the same.

    STORY is a story's number or Atom id (`aggregator latest --json` has both), URL its link in any form, ID the id
    that a source gave it.

    \b
    Examples:
      aggregator explain 42
      aggregator explain https://example.org/news/1
    """
    with App(configuration()) as app:
        stories = app.find_stories(wanted)
        explained = [each for story_id in stories[:_MOST] if (each := app.explain(story_id))]
    if not explained:
        raise click.UsageError(
            f"no story {wanted!r}: give its number as in `aggregator latest`, its link or its id"
        )
    if as_json:
        click.echo(json.dumps([_as_dict(each) for each in explained], ensure_ascii=False, indent=2))
        return
    click.echo("\n\n".join("\n".join(_lines(each, width())) for each in explained))
    if len(stories) > _MOST:
        click.echo(f"\n{len(stories) - _MOST} more stories match.")


def _lines(each: Explanation, columns: int) -> Iterable[str]:
    leader = each.leader
    yield from (click.style(line, bold=True) for line in wrap(leader.title, columns))
    yield dim(f"story {each.story_id}  {each.atom_id}")
    count = len(each.sightings)
    yield ""
    if count == 1:
        yield "One source."
    else:
        lead = f"{count} sources; title, link and content are those of the one marked *, since {each.why_leader}."
        yield from wrap(lead, columns)
    for sighting in each.sightings:
        yield ""
        yield from _sighting(sighting, "*" if sighting == leader else " ", columns)
        yield from _indented(f"{sighting.rule}: {each.why(sighting)}", columns)
    if each.near:
        yield ""
        yield "Nearly the same, and kept apart:"
    for near in each.near:
        yield ""
        yield from _sighting(near.sighting, " ", columns)
        yield from _indented(f"{near.rule}: {near.words}", columns)
    if each.related:
        yield ""
        yield "Related: other outlets that probably report the same event"
    for related in each.related:
        yield ""
        yield f"  {related.source.name}, story {related.story_id}"
        yield from _indented(f"“{related.title}”", columns)
        if related.link:
            yield dim(f"    {related.link}")
        shared = ", ".join(f"“{word}” ({each.counts[word]})" for word in related.words)
        yield from _indented(
            f"shares {shared}: in so many of {counted(each.counted, 'entry', 'entries')}; cosine {related.cosine:.2f}",
            columns,
        )


def _sighting(sighting: Sighting, mark: str, columns: int) -> Iterable[str]:
    entry = sighting.entry
    yield f"{mark} {sighting.feed}, {local(entry.published)} (date: {sighting.date_reason})"
    yield from _indented(f"“{sighting.title}”", columns)
    if sighting.link:
        yield dim(f"    {sighting.link}")
    yield dim(f"    link key   {entry.link_key or 'none: the link identifies nothing'}")
    yield dim(f"    title key  {entry.title_key or 'none'}")
    yield dim(f"               {_STRENGTH[entry.title_strength]}")
    yield from _indented(why_news(sighting), columns)


_STRENGTH = {
    "strong": "strong: identifies a story across sites",
    "medium": "medium: identifies a story within a site",
    "none": "too short or too common to identify a story",
}


def _indented(text: str, columns: int) -> list[str]:
    return [f"    {line}" for line in wrap(text, columns - 4)]


def _as_dict(each: Explanation) -> dict[str, Any]:
    return {
        "id": each.story_id,
        "atom_id": each.atom_id,
        "title": each.leader.title,
        "leader": {"entry": each.leader.entry.id, "why": each.why_leader},
        "sightings": [_row(sighting) | {"why": each.why(sighting)} for sighting in each.sightings],
        "near": [
            _row(near.sighting)
            | {"story": near.sighting.entry.story_id, "rule": near.rule, "why": near.words}
            for near in each.near
        ],
        "related": [
            {
                "story": related.story_id,
                "source": related.source.name,
                "title": related.title,
                "link": related.link,
                "cosine": related.cosine,
                "words": [{"word": word, "entries": each.counts[word]} for word in related.words],
            }
            for related in each.related
        ],
        "counted_entries": each.counted,
    }


def _row(sighting: Sighting) -> dict[str, Any]:
    entry = sighting.entry
    return {
        "entry": entry.id,
        "source": sighting.feed,
        "feed": without_credentials(sighting.feed_url),
        "title": sighting.title,
        "link": sighting.link,
        "guid": entry.guid,
        "published": iso(entry.published),
        "date_reason": sighting.date_reason,
        "link_key": entry.link_key,
        "title_key": entry.title_key,
        "title_strength": entry.title_strength,
        "rule": sighting.rule,
        "key": sighting.key,
        "decided_at": iso(sighting.decided_at),
        "news": is_news(sighting),
        "news_rule": sighting.news,
        "news_why": why_news(sighting),
    }
