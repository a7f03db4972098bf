"""What the service serves over HTTP, and who may read it, for the configuration in use."""

from __future__ import annotations

import logging
import socket
from base64 import b64decode
from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import ip_address
from urllib.parse import urlsplit

from aggregator import links
from aggregator.app import App
from aggregator.errors import AggregatorError
from aggregator.fetch import Secrets
from aggregator.service.health import Health
from aggregator.settings import Config
from aggregator.web import make_app
from aggregator.web.feeds import FeedSettings
from aggregator.web.gate import Access, Gate
from aggregator.web.server import WebServer
from aggregator.web.sockets import UNIX, address_of, listen

log = logging.getLogger(__name__)


class Site:
    """The web server over the outputs. Use as a context manager; it serves as long as the block runs."""

    def __init__(
        self, config: Config, health: Health, host: str | None, port: int, max_age: Callable[[], int]
    ) -> None:
        """`host`: None for no web server. Raises ServerError, and AggregatorError where a secret is missing."""
        self._max_age, self._health = max_age, health
        self._server: WebServer | None = None
        self.address: str | None = None
        if host is None:
            return
        access = access_of(config)
        listener = listen(host, port)
        self.address = address_of(listener)
        self._server = WebServer(listener, self._application(config, access), config.web.trusted_proxies)
        log.info("serving %s at %s", config.public_path, self.address)
        _advise(config, host, self.address)

    def __enter__(self) -> Site:
        self._running = ExitStack()
        if self._server is not None:
            self._running.enter_context(self._server)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def is_alive(self) -> bool:
        return self._server is None or self._server.is_alive

    def use(self, config: Config) -> None:
        """Serves by another configuration from now on. Raises AggregatorError where a secret is missing."""
        if self._server is not None:
            self._server.app = self._application(config, access_of(config))

    def _application(self, config: Config, access: Access) -> Gate:
        prefix = urlsplit(config.base_url).path
        pages = make_app(
            config.public_path,
            self._max_age,
            prefix,
            search=App(config).search_page,
            story=App(config).story_page,
            private=access.authorization is not None,
            health=self._health.answer,
            feeds=FeedSettings(
                config.base_url,
                config.publish.hub,
                config.publish.cors == "on",
                config.publish.aliases,
            ),
        )
        return Gate(pages, access)


def access_of(config: Config) -> Access:
    """Who may read, with the password looked up. Raises AggregatorError where it is missing."""
    secrets = Secrets(config.file.parent)
    own = {links.host(config.base_url), socket.gethostname().lower()}
    return Access(
        hosts=frozenset(own | {name.lower() for name in config.web.hosts}),
        authorization=_password(secrets.authorization(config.web.auth)) if config.web.auth else None,
        rate=config.web.rate,
    )


def _password(authorization: bytes) -> bytes:
    """The header that readers have to send. Raises AggregatorError where it would hold no password."""
    scheme, _, sent = authorization.partition(b" ")
    secret = sent if scheme == b"Bearer" else b64decode(sent).partition(b":")[2]
    if not secret:
        raise AggregatorError(
            "web.auth has no password, so that anybody could read: write `basic NAME:PASSWORD`"
        )
    return authorization


def _advise(config: Config, host: str, address: str) -> None:
    """Says what an operator may not expect of this address."""
    if not host.startswith(UNIX) and not _is_loopback(host) and not config.web.auth:
        log.warning(
            "whoever reaches this machine at %s can read all that is published; `web.auth` asks for a password",
            address,
        )
    if links.is_loopback(config.base_url) and config.base_url != address:
        log.info("Published links use %s; set base_url if that is wrong", config.base_url)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
