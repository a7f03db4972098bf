"""Links as browsers read them (WHATWG URL), cleaned for readers, and the canonical key to compare them by."""

from aggregator.links.keys import link_key
from aggregator.links.secrets import secrets_in, without_secrets
from aggregator.links.tracking import clean
from aggregator.links.urls import absolute, feed_name, host, is_loopback, site, without_credentials

__all__ = [
    "absolute",
    "clean",
    "feed_name",
    "host",
    "is_loopback",
    "link_key",
    "secrets_in",
    "site",
    "without_credentials",
    "without_secrets",
]
