from __future__ import annotations

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.body import coding, read_body
from aggregator.fetch.errors import FetchProblem

TEXT = b"<rss>" + bytes(range(256)) * 40 + b"</rss>"
LIMIT = 1_000_000


def read(pieces: Iterable[bytes], name: str = "", limit: int = LIMIT) -> bytes:
    async def sent() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return bytes(asyncio.run(read_body(sent(), name, limit)))


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


READABLE = {
    "plain": ("", TEXT),
    "gzip": ("gzip", gzip.compress(TEXT)),
    "gzip under its old name": ("x-gzip", gzip.compress(TEXT)),
    "gzip of two members": ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
    "gzip with padding": ("gzip", gzip.compress(TEXT) + b"\0" * 512),
    "gzip with rubbish": ("gzip", gzip.compress(TEXT) + b"<!-- cached -->"),
    "gzip unsaid": ("", gzip.compress(TEXT)),
    "gzip said, plain sent": ("gzip", TEXT),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "deflate without its header": ("deflate", raw_deflate(TEXT)),
    "deflate said, gzip sent": ("deflate", gzip.compress(TEXT)),
}


@pytest.mark.parametrize("size", [1, 2, 7, 4096, 10**6])
@pytest.mark.parametrize(("name", "sent"), READABLE.values(), ids=READABLE.keys())
def test_a_body_is_read_however_it_arrives(name: str, sent: bytes, size: int) -> None:
    assert read((sent[at : at + size] for at in range(0, len(sent), size)), name) == TEXT


@pytest.mark.parametrize("sent", [b"", b"x", b"\x1f"])
@pytest.mark.parametrize("name", ["", "gzip", "deflate"])
def test_next_to_nothing_stays_what_it_is(name: str, sent: bytes) -> None:
    assert read([sent] if sent else [], name) == sent


BROKEN = {
    "gzip cut short": ("gzip", gzip.compress(TEXT)[:-9], "incomplete"),
    "gzip without its checksum": ("gzip", gzip.compress(TEXT)[:-8], "incomplete"),
    "second member cut short": ("gzip", gzip.compress(TEXT) + gzip.compress(TEXT)[:50], "incomplete"),
    "gzip header and no more": ("gzip", b"\x1f\x8b", "incomplete"),
    "gzip with a wrong checksum": ("gzip", gzip.compress(TEXT)[:-8] + b"\1" * 8, "is damaged"),
    "gzip with damage": ("gzip", gzip.compress(TEXT)[:10] + b"\x07" * 20, "is damaged"),
    "deflate that is neither": ("deflate", b"<rss/>" * 10, "is damaged"),
}


@pytest.mark.parametrize(("name", "sent", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_packing_is_said_to_be_so(name: str, sent: bytes, words: str) -> None:
    with pytest.raises(FetchProblem, match=words) as caught:
        read([sent], name)
    assert caught.value.kind == "encoding"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ""),
        ("identity", ""),
        ("none", ""),
        ("UTF-8", ""),
        ("GZIP", "gzip"),
        (" gzip , identity", "gzip"),
        ("x-gzip", "x-gzip"),
        (",", ""),
    ],
)
def test_codings_are_read_as_they_are_meant(header: str, expected: str) -> None:
    assert coding(header) == expected


@pytest.mark.parametrize("header", ["br", "zstd", "gzip, gzip", "gzip, br", "compress", "x" * 5000])
def test_codings_that_nobody_asked_for_are_refused(header: str) -> None:
    with pytest.raises(FetchProblem) as caught:
        coding(header)
    assert caught.value.kind == "encoding"
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("size", [99, 100, 101])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_limit_is_met_to_the_byte(size: int, pack: type[bytes]) -> None:
    if size <= 100:
        assert len(read([pack(b"x" * size)], limit=100)) == size
    else:
        with pytest.raises(FetchProblem, match=r"polling\.max_body") as caught:
            read([pack(b"x" * size)], limit=100)
        assert caught.value.kind == "size"


def test_a_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    taken = 0

    def pieces() -> Iterable[bytes]:
        nonlocal taken
        for at in range(0, len(bomb), 1000):
            taken += 1000
            yield bomb[at : at + 1000]

    with pytest.raises(FetchProblem, match="larger than 1 MB"):
        read(pieces(), "gzip")
    assert taken < 5000


@given(st.lists(st.binary(max_size=300), max_size=6), st.integers(1, 50))
def test_members_of_any_number_and_cut_give_the_same(members: list[bytes], size: int) -> None:
    sent = b"".join(gzip.compress(member) for member in members)
    assert read((sent[at : at + size] for at in range(0, len(sent), size)), "gzip") == b"".join(members)


@given(st.binary(max_size=400), st.sampled_from(["", "gzip", "deflate"]))
def test_no_bytes_raise_anything_but_a_problem(sent: bytes, name: str) -> None:
    with contextlib.suppress(FetchProblem):
        read([sent], name)
