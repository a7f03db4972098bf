"""The one way into the program, for commands, the web, the service and other programs; holds the real clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aggregator.app.care import AppCare
from aggregator.app.finding import AppFinding
from aggregator.app.network import user_agent
from aggregator.app.opening import now
from aggregator.app.polling import AppPolling
from aggregator.settings import Config

__all__ = ["App", "load_config", "now", "open_app", "user_agent"]


def open_app(config: Config | Path | str = "feeds.yaml", clock: Callable[[], datetime] = now) -> App:
    """The program for a configuration, or for the file that holds it. Use it as a context manager.

    Raises ConfigError. Nothing is opened yet, and no other process is in the way.
    """
    return App(config if isinstance(config, Config) else load_config(Path(config)), clock)


def load_config(file: Path) -> Config:
    """The configuration, with the feeds of the lists that it includes. Raises ConfigError."""
    from aggregator.config import load

    config = load(file)
    if not config.include:
        return config
    from aggregator.pipeline.includes import with_included

    return with_included(config)


class App(AppPolling, AppFinding, AppCare):
    """The program for one configuration. Use as a context manager, in one thread.

    Methods that only read take the store as it is, and make none; `latest`, `search`, `story` and `search_page`
    may be called from any thread. The others open the store once, make it if there is none, and let it mirror
    feeds.yaml. All of them raise StoreError if the store cannot be used.
    """
