"""The only room that speaks to the network: one polite conditional GET, and manners towards hosts."""

from aggregator.fetch.errors import FetchProblem
from aggregator.fetch.fetcher import Fetcher
from aggregator.fetch.host_limits import HostLimits
from aggregator.fetch.secrets import Secrets

__all__ = ["FetchProblem", "Fetcher", "HostLimits", "Secrets"]
