"""The files last asked for are kept in memory, and never more than a small service has room for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.web.file_cache import MOST_BYTES, MOST_KEPT, Body, FileCache, read


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        pytest.param(100, MOST_KEPT, id="small"),
        pytest.param(4_000_000, MOST_BYTES // 4_000_000, id="archives, which a search engine asks for one after the other"),
        pytest.param(MOST_BYTES + 1, 0, id="one that is larger than all that is kept"),
    ],
)  # fmt: skip
def test_as_many_are_kept_as_there_is_room_for_the_last_ones(tmp_path: Path, size: int, kept: int) -> None:
    cache, data = FileCache(tmp_path), bytes(size)
    names = [f"{number}.atom" for number in range(2 * MOST_KEPT)]
    for name in names:
        (tmp_path / name).write_bytes(b"<feed/>")
        document = read(tmp_path / name)
        for _ in range(2):  # two readers at once
            cache.keep(name, replace(document, plain=Body(data, '"a"'), packed=None))
    assert [name for name in names if cache.fresh(name)] == names[len(names) - kept :]
