"""feeds.yaml -> Config: reads the file, and explains every setting to editors and readers from one table."""

from aggregator.config.describe import reference, sample, schema, starter_feeds
from aggregator.config.issues import InvalidValue, redact
from aggregator.config.load import load
from aggregator.config.urls import feed_key, is_ours, repaired_url

__all__ = [
    "InvalidValue",
    "feed_key",
    "is_ours",
    "load",
    "redact",
    "reference",
    "repaired_url",
    "sample",
    "schema",
    "starter_feeds",
]
