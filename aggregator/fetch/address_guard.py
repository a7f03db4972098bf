"""Which addresses a feed may not live at, so that nobody's feed list reaches into somebody's network.

`ipaddress.is_global` is not enough: it lets 6to4, NAT64 and multicast through. The table follows the IANA
special-purpose address registries (RFC 6890); whatever lies outside 2000::/3 is not public at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN = """
    0.0.0.0/8        an unspecified address
    10.0.0.0/8       a private address
    100.64.0.0/10    an address shared by a provider's customers (CGNAT)
    127.0.0.0/8      a loopback address
    169.254.0.0/16   a link-local address
    172.16.0.0/12    a private address
    192.0.0.0/24     an address reserved for protocols
    192.0.2.0/24     an address for documentation
    192.88.99.0/24   a 6to4 relay
    192.168.0.0/16   a private address
    198.18.0.0/15    an address for benchmarks
    198.51.100.0/24  an address for documentation
    203.0.113.0/24   an address for documentation
    224.0.0.0/4      a multicast address
    240.0.0.0/4      a reserved address

    ::/128           an unspecified address
    ::1/128          a loopback address
    ::ffff:0:0/96    an IPv4 address in disguise (mapped)
    ::/96            an IPv4 address in disguise (compatible)
    64:ff9b::/96     an IPv4 address in disguise (NAT64)
    64:ff9b:1::/48   an IPv4 address in disguise (NAT64)
    100::/64         an address that discards
    2001::/32        an IPv4 address in disguise (Teredo)
    2001::/23        an address reserved for protocols
    2001:db8::/32    an address for documentation
    2002::/16        an IPv4 address in disguise (6to4)
    3fff::/20        an address for documentation
    2000::/3
    fc00::/7         a private address
    fe80::/10        a link-local address
    fec0::/10        a site-local address
    ff00::/8         a multicast address
    ::/0             an address outside the public internet
"""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks in CIDR form, read; ValueError for one that is not."""
    return tuple(ip_network(text, strict=False) for text in texts)


def _table() -> dict[int, tuple[tuple[Network, str], ...]]:
    rows = [line.split(maxsplit=1) for line in _FORBIDDEN.splitlines() if line.strip()]
    table = [(ip_network(row[0]), row[1] if len(row) > 1 else "") for row in rows]
    return {version: tuple(row for row in table if row[0].version == version) for version in (4, 6)}


_TABLE = _table()


def forbidden(address: Address, allowed: Sequence[Network] = ()) -> str | None:
    """Why a feed may not live there, as "a private address"; None where it may.

    A scope id ("fe80::1%eth0") is refused even where the network is allowed: it names an interface of
    this machine.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "an address with an interface of this machine"
    if any(address.version == network.version and address in network for network in allowed):
        return None
    return next((reason for network, reason in _TABLE[address.version] if address in network), "") or None
