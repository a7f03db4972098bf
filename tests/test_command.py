"""How the tests run commands: several at once, each sees its own folder and answers with its own output."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.command import Folder


def test_commands_in_several_threads_do_not_take_each_others_output(tmp_path: Path) -> None:
    folders = [Folder(tmp_path / str(number)) for number in range(4)]
    for number, folder in enumerate(folders):
        folder.path.mkdir()
        folder.configure([f"https://feed{number}.example/"])
    with ThreadPoolExecutor(len(folders)) as pool:
        rows = list(pool.map(lambda folder: folder.run("feeds", "--json").json, folders))
    assert [row["url"] for (row,) in rows] == [f"https://feed{number}.example/" for number in range(4)]
