"""Prints feeds.schema.json: `python -m aggregator.config.schema > feeds.schema.json`."""

from __future__ import annotations

import json

from aggregator.config import describe


def main() -> None:
    print(json.dumps(describe.schema(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
