"""Documents packed to harm: bombs, stacks, wrong labels, broken and endless streams."""

from __future__ import annotations

import functools
import gzip
import struct
import zlib
from collections.abc import Callable

from hostile.case import FEED, Case, fails, reads
from hostile.wire import flood
from support.server import Reply, Request, Route

PACKED = gzip.compress(FEED, mtime=0)
EMPTY = gzip.compress(b"", mtime=0)
TOO_LARGE = "larger than"
TWICE = "compressed more than once"
BROKEN = "the compressed document is damaged"
CUT = "document is incomplete"
NOT_ASKED = "which we did not request"
BYTES = "no feed"


def packed(body: bytes, coding: str = "gzip") -> Reply:
    return Reply(200, body, (("Content-Type", "application/xml"), ("Content-Encoding", coding)))


def later(make: Callable[[], bytes], coding: str = "gzip") -> Route:
    """A body that is made when it is asked for."""
    made = functools.cache(make)
    return lambda request: packed(made(), coding)


def zeros(megabytes: int, begin: bytes = b"") -> bytes:
    """Gzip that unpacks to so many zeros."""
    engine = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [engine.compress(begin)] + [engine.compress(bytes(1_000_000)) for _ in range(megabytes)]
    return b"".join([*parts, engine.flush()])


def stacked(times: int) -> bytes:
    data = FEED
    for _ in range(times):
        data = gzip.compress(data, mtime=0)
    return data


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(data) + engine.flush()


def with_name(name: bytes) -> bytes:
    """Gzip whose header names the file."""
    return b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name + b"\0" + PACKED[10:]


def by_accept(request: Request) -> Reply:
    """Packs whatever is asked for or not."""
    return packed(gzip.compress(gzip.compress(FEED)), "gzip, gzip")


BOMBS = {
    **{f"{size} MB of zeros": fails(later(functools.partial(zeros, size)), TOO_LARGE) for size in (11, 50, 200)},
    "zeros after the beginning of a feed": fails(later(lambda: zeros(30, FEED[:100])), TOO_LARGE),
    "zeros as deflate": fails(later(lambda: zlib.compress(bytes(50_000_000), 9), "deflate"), TOO_LARGE),
    "zeros as raw deflate": fails(later(lambda: raw_deflate(bytes(50_000_000)), "deflate"), TOO_LARGE),
    "zeros without a label": fails(lambda _: Reply(200, zeros(50)), TOO_LARGE),
    "zeros in zeros": fails(later(lambda: gzip.compress(zeros(100))), "gzip data inside of what was decompressed"),
    "zeros in many members": fails(later(lambda: gzip.compress(bytes(1_000_000)) * 50), TOO_LARGE),
    "just too large": fails(later(lambda: gzip.compress(b" " * 10_000_001)), TOO_LARGE),
    "spaces to the limit": fails(later(lambda: gzip.compress(b" " * 10_000_000)), "empty document"),
    "an endless member": fails(flood(_head := b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + EMPTY[:10],
                                     zeros(1)[10:60] * 20), BROKEN),
    "members without end and without content": fails(flood(_head[:-10], EMPTY * 500), ""),
    "a name without end": fails(flood(_head[:-10] + with_name(b"")[:10], b"x" * 9_999), TOO_LARGE),
}  # fmt: skip

STACKS = {
    **{f"{times} times, said {times} times": fails(packed(stacked(times), ", ".join(["gzip"] * times)), TWICE)
       for times in (2, 3, 10, 100)},
    **{f"{times} times, said once": fails(packed(stacked(times)), "gzip data inside") for times in (2, 3, 10)},
    "in two headers": fails(
        Reply(200, stacked(2), (("Content-Encoding", "gzip"), ("Content-Encoding", "gzip"))), TWICE
    ),
    "gzip and deflate": fails(packed(zlib.compress(PACKED), "gzip, deflate"), TWICE),
    "gzip and br": fails(packed(PACKED, "br, gzip"), TWICE),
    "gzip and identity": reads(packed(PACKED, "identity, gzip")),
    "whatever is accepted": fails(by_accept, TWICE),
}  # fmt: skip

LABELS = {
    **{f"packed as {name}": fails(packed(b"\x0b\x02\x80" + FEED, name), NOT_ASKED)
       for name in ("br", "zstd", "compress", "x-compress", "lzma", "bzip2", "xz", "exi", "pack200-gzip",
                    "aes128gcm", "dcb", "dcz", "sdch", "gzip;q=1", "g zip", "'gzip'", "*", "x" * 5_000,
                    "\x7f", "../gzip", "chunked", "base64")},
    **{f"said to be {name}, and is plain": reads(packed(FEED, name))
       for name in ("gzip", "x-gzip", "GZIP", "identity", "none", "utf-8", "", ",", " , gzip")},
    **{f"said to be {name!r}, and is gzip": reads(packed(PACKED, name))
       for name in ("gzip", "x-gzip", "GZip", "identity", "none", "utf-8", "", "deflate")},
    "deflate": reads(packed(zlib.compress(FEED), "deflate")),
    "raw deflate": reads(packed(raw_deflate(FEED), "deflate")),
    "deflate, and is plain": fails(packed(FEED, "deflate"), BROKEN),
    "deflate said to be gzip": fails(packed(zlib.compress(FEED)), ""),
    "gzip without a label": reads(Reply(200, PACKED)),
    "an octet stream": reads(Reply(200, PACKED, (("Content-Type", "application/octet-stream"),))),
}  # fmt: skip

BROKEN_STREAMS = {
    **{f"cut after {size} bytes": fails(packed(PACKED[:size]), CUT) for size in (2, 3, 9, 10, 11, 100)},
    **{f"cut {size} bytes before its end": fails(packed(PACKED[:-size]), CUT) for size in (1, 4, 8, 9, 20)},
    "cut after one byte": fails(packed(PACKED[:1]), ""),
    "a wrong checksum": fails(packed(PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:]), BROKEN),
    "a wrong length": fails(packed(PACKED[:-4] + b"\0\0\0\0"), BROKEN),
    "a wrong method": fails(packed(PACKED[:2] + b"\x07" + PACKED[3:]), BROKEN),
    "all flags": fails(packed(PACKED[:3] + b"\xff" + PACKED[4:]), ""),
    "a flipped bit": fails(packed(PACKED[:40] + bytes([PACKED[40] ^ 1]) + PACKED[41:]), BROKEN),
    "noise": fails(packed(PACKED[:10] + bytes(range(256)) * 20), BROKEN),
    "noise without a head": fails(packed(bytes(range(1, 256)) * 20), ""),
    "a name of a megabyte": reads(packed(with_name(b"x" * 1_000_000))),
    "a name with escape codes": reads(packed(with_name(b"\x1b]0;x\x07"))),
    "an extra field": reads(
        packed(b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", 65_535) + bytes(65_535) + PACKED[10:])
    ),
    "rubbish after it": reads(packed(PACKED + b"rubbish" * 9_999)),
    "zeros after it": reads(packed(PACKED + bytes(99_999))),
    "half a member after it": fails(packed(PACKED + PACKED[:20]), CUT),
    "in two members": reads(packed(gzip.compress(FEED[:99]) + gzip.compress(FEED[99:]))),
    "an empty member first": reads(packed(EMPTY + PACKED)),
    "100 empty members first": reads(packed(EMPTY * 100 + PACKED)),
    "200,000 empty members": fails(later(lambda: EMPTY * 200_000), ""),
    "a member a byte": fails(later(lambda: b"".join(gzip.compress(b"<", mtime=0) for _ in range(90_000))), ""),
    "an empty member": fails(packed(EMPTY), "empty document"),
    "nothing": fails(packed(b""), "empty document"),
}  # fmt: skip

CASES: dict[str, Case] = {
    f"{kind}: {name}": case
    for kind, table in {"bomb": BOMBS, "stack": STACKS, "label": LABELS, "stream": BROKEN_STREAMS}.items()
    for name, case in table.items()
}
