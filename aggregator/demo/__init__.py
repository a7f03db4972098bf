"""A dozen small feeds of our own, served from loopback, to try the whole program on without a network."""

from aggregator.demo.catalogue import BROKEN, FEEDS, DemoFeed, configuration
from aggregator.demo.server import serve

__all__ = ["BROKEN", "FEEDS", "DemoFeed", "configuration", "serve"]
