"""What config says about a feeds.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError


def issues_in(folder: Path, content: str | bytes) -> list[str]:
    """Its issues as the user reads them, the folder left out."""
    file = folder / "feeds.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        load(file)
    return [str(issue).replace(f"{folder}/", "") for issue in caught.value.issues]
