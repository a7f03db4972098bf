"""The only room that speaks to the network: one polite conditional GET, and manners towards hosts."""

from aggregator.fetch.fetcher import Fetcher
from aggregator.fetch.hosts import Hosts

__all__ = ["Fetcher", "Hosts"]
