"""The network as polls find it: names, connections, certificates, the proxy; each with advice. No feed is polled."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aggregator.errors import AggregatorError
from aggregator.fetch import Probe, certificates, probe
from aggregator.health.finding import Finding
from aggregator.links import without_credentials
from aggregator.settings import Config
from aggregator.text import counted

MOST_HOSTS = 20  # that are tried
_SOON = timedelta(days=7)  # until a certificate ends
_STAGES = {"dns": "has an address", "connection": "can be reached", "tls": "has a valid certificate"}

# What to do about a problem whose words these are, the first that fits.
_ADVICE = (
    ("allow_addresses", ""),  # which says what to do
    ("no such host", "Check the host's name in feeds.yaml; remove the feed if the site is gone."),
    ("DNS lookup", "Check the name servers: /etc/resolv.conf, or `resolvectl status`."),
    ("has expired", "Its owner has to renew it. If many have expired, this machine's clock is ahead."),
    ("not yet valid", "Set this machine's clock: `timedatectl set-ntp true`."),
    ("mismatch", "Its server is set up for another name: check the host's name in feeds.yaml."),
    (
        "self-signed|issuer",
        "If you trust its authority, name a file with that authority's and the system's certificates in the variable"
        " SSL_CERT_FILE; else its owner has to send the whole chain. On Debian the system's are in ca-certificates.",
    ),
    ("TLS", "Something on the way does not speak TLS at that port: a wrong port, or a portal that wants a login."),
    ("", "Its server is down, or a firewall or a missing route is in the way."),
)  # fmt: skip


def examine_network(config: Config, now: datetime, fetch: Callable[[str], bytes]) -> Iterator[Finding]:
    """All findings. `fetch`: the document at a URL, through the proxy where there is one."""
    yield from _environment(config)
    urls = {urlsplit(sub.url).netloc: sub.url for sub in reversed(config.feeds)}
    chosen = [*reversed(urls.values())][:MOST_HOSTS]
    if not chosen:
        yield Finding("dns", "ok", "no feeds, so no host to try")
        return
    if config.polling.proxy:
        yield from _through_proxy(chosen[0], fetch)
        return
    try:
        tls = certificates()
    except (OSError, ssl.SSLError) as error:
        file = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
        yield Finding("tls", "critical", f"the certificates in {file} cannot be read: {error.strerror or error}",
                      "SSL_CERT_FILE names a file of certificates in PEM form; correct or unset it.")  # fmt: skip
        return
    probes = asyncio.run(_try(chosen, tls, config.allow_addresses))
    for stage in ("dns", "connection", "tls"):
        yield from _stage(stage, probes, now)
        probes = [each for each in probes if each.failed != stage]
    if len(urls) > len(chosen):
        yield Finding("hosts", "ok", f"{len(chosen)} of {len(urls)} hosts were tried; `aggregator check --online` requests every feed")  # fmt: skip


async def _try(urls: Sequence[str], tls: ssl.SSLContext, allowed: Sequence[str]) -> Sequence[Probe]:
    return await asyncio.gather(*(probe(url, tls, allowed) for url in urls))


def _environment(config: Config) -> Iterator[Finding]:
    proxies = urllib.request.getproxies()
    if proxies and not config.polling.proxy:
        yield Finding(
            "proxy", "warning", f"the environment names a proxy ({', '.join(sorted(proxies))}), which is not used",
            "Set `polling.proxy` in feeds.yaml if feeds are to be polled through it.",
        )  # fmt: skip


def _through_proxy(url: str, fetch: Callable[[str], bytes]) -> Iterator[Finding]:
    """Asks one feed: of a proxy nothing else shows whether it lets us out."""
    shown = without_credentials(url)
    try:
        fetch(url)
    except AggregatorError as error:
        said = str(error).removeprefix(f"{shown}: ")
        if re.search(r"\b407\b", said):
            advice = "It wants a name and password: `proxy: http://NAME:${PASSWORD}@HOST:PORT`."
        else:
            advice = "Check `polling.proxy`, and that the proxy lets this machine out."
        yield Finding("proxy", "warning", f"{shown} through polling.proxy: {said}", advice)
    else:
        yield Finding("proxy", "ok", f"{shown} answers through polling.proxy, which looks names up")


def _stage(stage: str, probes: Sequence[Probe], now: datetime) -> Iterator[Finding]:
    """What came of one stage; `probes`: those that came as far."""
    if stage == "tls":
        probes = [each for each in probes if each.expires is not None or each.failed == "tls"]
    failed = [each for each in probes if each.failed == stage]
    if len(failed) == len(probes) > 1:
        words = f"none of {len(probes)} hosts {_STAGES[stage]}: {failed[0].problem}"
        yield Finding(stage, "critical", words, _for_all(stage, failed[0].problem))
        return
    for each in failed:
        yield Finding(stage, "warning", each.problem, _advice(each.problem))
    well = [each for each in probes if each.failed != stage]
    if well:
        words = f"{counted(len(well), 'host')} {'has' if len(well) == 1 else 'have'}"
        if stage == "dns":
            slowest = max(well, key=lambda each: each.lookup)
            yield Finding(stage, "ok", f"{words} an address, the slowest found in {slowest.lookup:.2f} s ({slowest.host})")  # fmt: skip
        elif stage == "connection":
            yield Finding(stage, "ok", f"{counted(len(well), 'host')} can be reached")
        else:
            yield from _expiry(well, words, now)


def _expiry(probes: Sequence[Probe], words: str, now: datetime) -> Iterator[Finding]:
    yield Finding("tls", "ok", f"{words} a valid certificate")
    for each in probes:
        if each.expires is not None and each.expires - now < _SOON:
            yield Finding("tls", "ok", f"that of {each.host} ends on {each.expires:%Y-%m-%d %H:%M} UTC")


def _advice(problem: str) -> str:
    return next(advice for words, advice in _ADVICE if re.search(words, problem))


def _for_all(stage: str, problem: str) -> str:
    if stage == "dns" and "allow_addresses" not in problem:
        return "This machine has no network, or no name server that answers: /etc/resolv.conf, `resolvectl status`."
    if stage == "connection":
        return "This machine has no way out: its route, its firewall; or set `polling.proxy`."
    return _advice(problem)
