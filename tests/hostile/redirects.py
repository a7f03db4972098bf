"""Redirects to where no feed is, and addresses that no feed may have, however they are spelt."""

from __future__ import annotations

from hostile.case import FEED, Case, document, fails, reads
from hostile.wire import raw
from support.server import Reply, Request, Route, redirect

NOT_HTTP = "the redirect cannot be followed: not an http(s) URL"
CIRCLE = "redirect loop"
TOO_MANY = "more than 5 redirects"

# Every one of them reaches 10.0.0.1, 169.254.169.254 or the like; as a host or as part of a URL.
HOSTS = {
    "private": "10.0.0.1",
    "private, class B": "172.16.0.1",
    "private, class C": "192.168.0.1",
    "metadata": "169.254.169.254",
    "metadata by IPv6": "[fd00:ec2::254]",
    "link-local": "169.254.1.1",
    "shared by a provider": "100.64.0.1",
    "this host": "0.0.0.0",
    "broadcast": "255.255.255.255",
    "multicast": "224.0.0.1",
    "benchmark": "198.18.0.1",
    "documentation": "192.0.2.1",
    "protocol": "192.0.0.8",
    "decimal": "167772161",
    "octal": "012.0.0.1",
    "all octal": "01200000001",
    "hexadecimal": "0xa000001",
    "dotted hexadecimal": "0x0a.0x00.0x00.0x01",
    "mixed": "0xa.0.01",
    "two parts": "10.1",
    "three parts": "10.0.1",
    "a dot at its end": "10.0.0.1.",
    "wide digits": "１０.0.0.1",
    "circled digits": "①⓪.0.0.1",
    "ideographic dots": "10。0。0。1",
    "percent escapes": "%31%30.0.0.1",
    "zeros in front": "010.0.0.1",
    "IPv6 loopback": "[::1]",
    "IPv6 loopback in full": "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "IPv6 unspecified": "[::]",
    "mapped": "[::ffff:10.0.0.1]",
    "mapped hexadecimal": "[::ffff:a00:1]",
    "mapped loopback": "[::ffff:127.0.0.1]",
    "compatible": "[::10.0.0.1]",
    "NAT64": "[64:ff9b::a00:1]",
    "NAT64 of one's own": "[64:ff9b:1::a00:1]",
    "6to4": "[2002:a00:1::1]",
    "Teredo": "[2001:0:a00:1::1]",
    "unique local": "[fc00::1]",
    "IPv6 link-local": "[fe80::1]",
    "site-local": "[fec0::1]",
    "IPv6 multicast": "[ff02::1]",
    "IPv6 documentation": "[2001:db8::1]",
    "a public user": "feeds.example@10.0.0.1",
    "a public user and password": "feeds.example:80@10.0.0.1",
    "a backslash": "10.0.0.1\\@127.0.0.1",
    "a tab": "10.0.\t0.1",
}

TARGETS = {
    "a file": ("file:///etc/passwd", NOT_HTTP),
    "a file of a host": ("file://localhost/etc/passwd", NOT_HTTP),
    "a script": ("javascript:alert(1)", NOT_HTTP),
    "ftp": ("ftp://127.0.0.1/feed", NOT_HTTP),
    "data": ("data:text/xml,<rss/>", NOT_HTTP),
    "gopher": ("gopher://127.0.0.1:70/_GET", NOT_HTTP),
    "dict": ("dict://127.0.0.1:11211/stats", NOT_HTTP),
    "ldap": ("ldap://127.0.0.1/", NOT_HTTP),
    "a mail address": ("mailto:ann@feeds.example", NOT_HTTP),
    "about": ("about:blank", NOT_HTTP),
    "a web socket": ("ws://127.0.0.1/", NOT_HTTP),
    "the source of a page": ("view-source:http://127.0.0.1/", NOT_HTTP),
    "feed:": ("feed://127.0.0.1/feed", NOT_HTTP),
    "a blob": ("blob:http://127.0.0.1/1", NOT_HTTP),
    "a jar": ("jar:http://127.0.0.1/a.jar!/feed", NOT_HTTP),
    "a share": ("\\\\10.0.0.1\\share", "a private address"),
    "no host": ("http:///", ""),
    "no host but a port": ("http://:80/", "cannot be followed"),
    "an empty bracket": ("http://[]/", "cannot be followed"),
    "half a bracket": ("http://[::1/", "cannot be followed"),
    "a space for a host": ("http:// /", "cannot be followed"),
    "a host of 300 letters": (f"http://{'a' * 300}.example/", ""),
    "a host of 100 labels": (f"http://{'a.' * 100}example/", ""),
    "a host of 9,000 letters": (f"http://{'a' * 9_000}/", "cannot be followed"),
    "a host with an escape code": ("http://a\x1b[31mb/", "cannot be followed"),
    "a host that is no IDN": ("http://xn--0/", "cannot be followed"),
    "a host with a NUL": ("http://a%00b/", "cannot be followed"),
    "a port too high": ("http://127.0.0.1:65536/", "cannot be followed"),
    "a port below zero": ("http://127.0.0.1:-1/", "cannot be followed"),
    "a port in words": ("http://127.0.0.1:http/", "cannot be followed"),
    "a port of ssh": ("http://127.0.0.1:22/", "port 22 is reserved for another protocol"),
    "a port of mail": ("http://127.0.0.1:25/", "port 25 is reserved for another protocol"),
    "a port of a database": ("https://127.0.0.1:6379/", "refused"),
    "nothing": ("", "without Location"),
    "spaces": ("   ", ""),
    "itself": ("?", ""),
    "100 KB": ("/" + "x" * 100_000, ""),
    "a line break, escaped": ("/%0d%0aHost:%20evil.example", "404"),
    "dots": ("/../../../../etc/passwd", "404"),
    "a fragment": ("#here", CIRCLE),
    "Latin-1": ("/caf\xe9", "404"),
    "an unknown host": ("http://nobody.invalid/", "nobody.invalid"),
    "a single letter": ("http://a/", ""),
}


def around(first: str, second: str) -> Route:
    """Two addresses that each lead to the other."""
    return lambda request: redirect(second if request.target.endswith(first) else first, 302)


def chain(length: int | None, status: int = 302) -> Route:
    """So many redirects and then the feed; None: without end."""

    def answer(request: Request) -> Reply:
        done = int(request.target.partition("?")[2] or 0)
        if done == length:
            return document(FEED)
        return redirect(f"?{done + 1}", status)

    return answer


LOOPS = {
    "to itself": fails(lambda request: redirect(request.target), CIRCLE),
    "there and back": fails(around("?a", "?b"), CIRCLE),
    "without end": fails(chain(None), TOO_MANY),
    "six": fails(chain(6), TOO_MANY),
    **{f"five by {status}": reads(chain(5, status)) for status in (301, 302, 303, 307, 308)},
    "300": fails(redirect("?x", 300), "300"),
    "305": fails(redirect("?x", 305), "305"),
    "306": fails(redirect("?x", 306), "306"),
    "304 with a Location": fails(redirect("?x", 304), "304"),
    "201 with a Location": fails(redirect("?x", 201), "201"),
    "without Location": fails(Reply(301), "without Location"),
    "two Locations": fails(
        Reply(301, headers=(("Location", "?a"), ("Location", "http://10.0.0.1/"))), CIRCLE
    ),
    "by Refresh": reads(Reply(200, FEED, (("Refresh", "0; url=http://10.0.0.1/"),))),
    "by Content-Location": reads(Reply(200, FEED, (("Content-Location", "http://10.0.0.1/"),))),
    "by Link": reads(Reply(200, FEED, (("Link", '<http://10.0.0.1/>; rel="self"'),))),
    "by a page": fails(
        document('<html><meta http-equiv="refresh" content="0;url=http://10.0.0.1/"></html>'), "an HTML page"
    ),
    "a Location with a NUL": fails(raw(b"HTTP/1.1 301 M\r\nLocation: /a\0b\r\n\r\n"), ""),
    "a Location with a carriage return": fails(raw(b"HTTP/1.1 301 M\r\nLocation: /a\rb\r\n\r\n"), ""),
    "a Location with noise": fails(raw(b"HTTP/1.1 301 M\r\nLocation: " + bytes(range(128, 256)) + b"\r\n\r\n"), ""),
}  # fmt: skip


def where(host: str) -> Route:
    return lambda request: redirect(f"http://{host}/secret".encode(), 302)


CASES: dict[str, Case] = {
    **{f"loop: {name}": case for name, case in LOOPS.items()},
    **{
        f"target: {name}": fails(redirect(url.encode("latin-1")), words)
        for name, (url, words) in TARGETS.items()
    },
    **{f"to: {name}": fails(where(host), "") for name, host in HOSTS.items()},
    **{
        f"feed at: {name}": Case(Reply(404), "", url=f"http://{host}/secret?{number}")
        for number, (name, host) in enumerate(HOSTS.items())
        if "\\" not in host and "\t" not in host
    },
}
