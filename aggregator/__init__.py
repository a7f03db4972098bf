"""News-feed aggregator: polls feeds politely, tells each story once, publishes one merged feed.

    from aggregator import open_app

    with open_app("feeds.yaml") as app:
        app.poll()
        app.publish()
        for story in app.latest(5):
            print(story.title, story.link)

Importing it changes nothing: no file is opened, no library patched, no variable of the environment set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregator.app import App, open_app
    from aggregator.errors import AggregatorError, ConfigError, ExportError, StoreError
    from aggregator.models import Feed, PollResult, Story

__version__ = "0.1.0"

__all__ = [
    "AggregatorError",
    "App",
    "ConfigError",
    "ExportError",
    "Feed",
    "PollResult",
    "StoreError",
    "Story",
    "__version__",
    "open_app",
]

# Where each public name stands; imported when it is first asked for, since not all callers need all.
_HOMES = {
    "App": "aggregator.app",
    "open_app": "aggregator.app",
    "AggregatorError": "aggregator.errors",
    "ConfigError": "aggregator.errors",
    "ExportError": "aggregator.errors",
    "StoreError": "aggregator.errors",
    "Feed": "aggregator.models",
    "PollResult": "aggregator.models",
    "Story": "aggregator.models",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
