"""The only module that uses the network: one polite conditional GET, and limits on requests to hosts."""

from aggregator.fetch.errors import FetchProblem
from aggregator.fetch.fetcher import Fetcher
from aggregator.fetch.host_limits import HostLimits
from aggregator.fetch.probe import Probe, certificates, probe
from aggregator.fetch.secrets import Secrets

__all__ = ["FetchProblem", "Fetcher", "HostLimits", "Probe", "Secrets", "certificates", "probe"]
