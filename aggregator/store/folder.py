"""The folder that a store and what belongs to it stand in."""

from __future__ import annotations

from pathlib import Path

from aggregator.errors import StoreError


def folder_problem(folder: Path) -> str | None:
    """What stands in the way of a data folder there, and what to do; None where nothing does."""
    if folder.is_dir() or not (folder.exists() or folder.is_symlink()):
        return None
    what = "a file" if folder.exists() else "a link that leads nowhere"
    return f"the data folder {folder} is {what}: move it away, or name another folder with `data:`"


def make_folder(folder: Path, mode: int) -> None:
    """See that it is there. Raises StoreError, and OSError as the system says it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
    except FileExistsError as error:
        raise StoreError(folder_problem(folder) or str(error)) from None
