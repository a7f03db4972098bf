"""The only room that speaks to the network: one polite conditional GET, and manners towards hosts."""

from aggregator.fetch.fetcher import Fetcher
from aggregator.fetch.hosts import Hosts
from aggregator.fetch.problem import Problem
from aggregator.fetch.secrets import Secrets

__all__ = ["Fetcher", "Hosts", "Problem", "Secrets"]
