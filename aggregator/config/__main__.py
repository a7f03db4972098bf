"""Prints the JSON Schema of feeds.yaml: `python -m aggregator.config > aggregator/config/feeds.schema.json`."""

from __future__ import annotations

import json

from aggregator.config.describe import schema

print(json.dumps(schema(), indent=2, ensure_ascii=False))
