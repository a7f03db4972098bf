"""feeds.yaml -> Config: reads the file, and explains every setting to editors and readers from one table."""

from aggregator.config.describe import reference, schema
from aggregator.config.load import load

__all__ = ["load", "reference", "schema"]
