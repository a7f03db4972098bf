"""The report as a page in the frame of the others. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from aggregator.errors import ExportError
from aggregator.export.pages import Pages, own_pages
from aggregator.export.text import zone_of
from aggregator.health.report import Report
from aggregator.health.words import facts, in_trouble, summary
from aggregator.models import Publication
from aggregator.times import format_utc

_MOST = 200  # feeds with problems that are listed


def render_health(report: Report, frame: Publication, pages: Pages) -> bytes:
    """The page. A broken template of the operator's is no reason to show none: then it is in our own."""
    zone = zone_of(frame.timezone)
    trouble = in_trouble(report)
    said = summary(report)
    variables: dict[str, Any] = {
        "heading": f"Health: {report.level}",
        "here": "health",
        "page_name": "health",
        "robots": "noindex",
        "summary": f"{said[0].upper()}{said[1:]}.",
        "problems": [
            {"level": each.level, "message": each.message, **_moment(each.since, zone)}
            for each in report.problems
        ],
        "facts": list(facts(report)),
        "feeds": [
            {
                "name": each.name,
                "condition": each.condition,
                "message": each.message,
                **_moment(each.since, zone),
            }
            for each in trouble[:_MOST]
        ],
        "trouble": len(trouble),
    }
    try:
        return pages.render("health.html", frame, **variables)
    except ExportError:
        return own_pages().render("health.html", frame, **variables)


def _moment(when: datetime | None, zone: tzinfo) -> dict[str, str | None]:
    """As `since` (RFC 3339), and in words."""
    if when is None:
        return {"since": None, "since_words": ""}
    return {"since": format_utc(when), "since_words": f"{when.astimezone(zone):%Y-%m-%d %H:%M}"}
