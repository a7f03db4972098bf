"""Man pages say what --help says."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from aggregator.cli.man import pages
from aggregator.cli.root import COMMANDS


def test_every_command_has_a_page() -> None:
    found = pages()
    assert {f"aggregator-{name}.1" for name in COMMANDS} | {"aggregator.1"} <= set(found)
    for name, page in found.items():
        assert page.startswith('.TH "AGGREGATOR'), name
        assert name == "aggregator.1" or ".SH EXAMPLES" in page, name
    assert "\\-\\-since" in found["aggregator-latest.1"]
    assert "141" in found["aggregator.1"]


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_the_pages_are_troff() -> None:
    for name, page in pages().items():
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww"], input=page.encode(), capture_output=True, check=True
        )
        assert not done.stderr, (name, done.stderr)
