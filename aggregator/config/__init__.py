"""feeds.yaml -> Config: reads the file; `describe` explains every setting to editors and readers from the same table."""

from aggregator.config.issues import InvalidValue, redact
from aggregator.config.load import load
from aggregator.config.urls import feed_key, is_ours, repaired_url

__all__ = [
    "InvalidValue",
    "feed_key",
    "is_ours",
    "load",
    "redact",
    "repaired_url",
]
