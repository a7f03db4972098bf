"""Reads a body, decompressed and bounded in size whatever the server sends.

httpx decompresses what one read has brought before any limit can act (64 KB become 67 MB), and stacked codings
multiply: 24 KB of `gzip, gzip` took 3 GB.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile

from aggregator.fetch.errors import FetchProblem
from aggregator.models import Body

_PIECE = 64 * 1024  # bytes decompressed at a time
_IN_MEMORY = 128 * 1024  # bytes; what is larger waits on disk until it is read
# Chunks of a byte take time in which nothing else is done: so many are allowed, and so many more for larger ones.
_FEW_PIECES, _MOST_PIECES = 12_000, 50_000
_SMALL_PIECE = 32  # bytes
_MOST_MEMBERS = 5_000  # of gzip; one with nothing in it is 20 bytes, and a stream of them has no end
_GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB = 47  # zlib's window bits: find out which
_RAW = -zlib.MAX_WBITS

_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
_NOT_COMPRESSED = frozenset(
    {"identity", "none", "utf-8", "utf8", "binary", "8bit"}
)  # what some servers write


def coding(content_encoding: str) -> str:
    """The one coding of a body, "" for none; raises FetchProblem for several, or one that was not asked for."""
    names = [name.strip() for name in content_encoding.lower().split(",")]
    names = [name for name in names if name and name not in _NOT_COMPRESSED]
    if len(names) > 1:
        raise FetchProblem("encoding", "the document is compressed more than once (Content-Encoding)")
    if names and names[0] not in _COMPRESSED:
        name = names[0][:20].encode("ascii", "replace").decode()  # soft hyphens are no words for people
        raise FetchProblem("encoding", f"the document is compressed as {name}, which we did not request")
    return names[0] if names else ""


class SpooledBody:
    """A large document in an unnamed temporary file, read into memory only when it is needed."""

    def __init__(self, folder: Path | None) -> None:
        self._file = SpooledTemporaryFile[bytes](_IN_MEMORY, dir=str(folder) if folder else None)
        self._size = 0

    def write(self, part: bytes) -> None:
        self._file.write(part)
        self._size += len(part)

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return bytes, (bytes(self),)  # in another process it is bytes again

    def __del__(self) -> None:
        self._file.close()


async def read_body(
    pieces: AsyncIterator[bytes], coding: str, limit: int, folder: Path | None = None
) -> Body:
    """The body, decompressed; raises FetchProblem if it is larger than `limit` bytes, broken, or breaks off.

    `folder`: for the file that a large one waits in; it is gone when the body is.
    """
    begin = b""
    count = size = 0
    unpack: Callable[[bytes], Iterator[bytes]] | None = None
    body = SpooledBody(folder)
    async for piece in pieces:
        count += 1
        size += len(piece)
        if size > limit:  # even if nothing comes of it: a packed stream can begin with a name without an end
            raise too_large(limit)
        most = min(_MOST_PIECES, _FEW_PIECES + size // _SMALL_PIECE)
        if count > most:
            raise FetchProblem("protocol", f"the document comes in more than {most:,} chunks")
        if unpack is None:
            begin = piece = begin + piece
            if len(begin) < len(_GZIP):
                continue
            unpack = _decompressor(begin, coding)
        for part in unpack(piece):
            body.write(part)
            if len(body) > limit:
                raise too_large(limit)
    if isinstance(unpack, _Inflate):
        unpack.check_end()
    if unpack is None:
        return begin
    return body if len(body) > _IN_MEMORY else bytes(body)


def too_large(limit: int) -> FetchProblem:
    """What to say of a document, or of a Content-Length, above the limit."""
    size = f"{limit / 1_000_000:g} MB" if limit >= 1_000_000 else f"{limit / 1000:g} KB"
    return FetchProblem("size", f"the document is larger than {size} (polling.max_body in feeds.yaml)")


def _decompressor(begin: bytes, coding: str) -> Callable[[bytes], Iterator[bytes]]:
    """By the first bytes: some servers pack without saying so, others say gzip and do not pack."""
    if begin.startswith(_GZIP):
        return _Inflate(_GZIP_OR_ZLIB)
    if coding == "deflate":  # zlib by RFC 9110, 8.4.1.2; without its header by some servers
        is_zlib = begin[0] & 0x0F == 8 and int.from_bytes(begin[:2], "big") % 31 == 0
        return _Inflate(_GZIP_OR_ZLIB if is_zlib else _RAW)
    return _plain


def _plain(data: bytes) -> Iterator[bytes]:
    yield data


class _Inflate:
    """Decompresses gzip, of one member or several, and deflate."""

    def __init__(self, window_bits: int) -> None:
        self._engine = zlib.decompressobj(window_bits)
        self._members = 1
        self._begin = b""  # of what follows a member, while too short to know
        self._padding = False  # padding after the last member: ignored, as browsers do

    def __call__(self, data: bytes) -> Iterator[bytes]:
        try:
            yield from self._unpack(data)
        except zlib.error as error:
            raise FetchProblem("encoding", f"the compressed document is damaged: {error}") from error

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        more = False  # decompressed, but not handed out yet
        while data or more:
            if self._engine.eof:
                data = self._next_member(data)
                if not data:
                    return
            part = self._engine.decompress(data, _PIECE)
            yield part
            data = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
            more = len(part) == _PIECE and not self._engine.eof

    def _next_member(self, data: bytes) -> bytes:
        """The data, if it begins another member; nothing otherwise."""
        data, self._begin = self._begin + data, b""
        if self._padding or len(data) < len(_GZIP):
            self._begin = b"" if self._padding else data
            return b""
        if not data.startswith(_GZIP):
            self._padding = True
            return b""
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise FetchProblem(
                "encoding", f"the compressed document has more than {_MOST_MEMBERS:,} gzip members"
            )
        self._engine = zlib.decompressobj(_GZIP_OR_ZLIB)
        return data

    def check_end(self) -> None:
        """Raises FetchProblem if the last member is not complete."""
        if not self._engine.eof:
            raise FetchProblem("encoding", "the compressed document is incomplete")
