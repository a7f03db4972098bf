"""`aggregator run --role ROLE` on a machine whose clock is wrong: python shifted.py SECONDS ROLE, in the folder of feeds.yaml."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.app import load_config
from aggregator.app.opening import Clock
from aggregator.logs import configure
from aggregator.models import ROLES
from aggregator.service.service import Service


def main(seconds: str, role: str) -> None:
    configure(logging.INFO, "text")
    shift = timedelta(seconds=float(seconds))
    clock = Clock(lambda: datetime.now(UTC) + shift)
    chosen = next(each for each in ROLES if each == role)
    Service(load_config(Path("feeds.yaml")), clock=clock, role=chosen).run(None, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
