"""News-feed aggregator: polls feeds politely, tells each story once, publishes one merged feed."""

__version__ = "0.1.0"
