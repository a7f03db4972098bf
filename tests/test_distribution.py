"""What is shipped: the wheel has every file that the program reads, the source distribution all of the project."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from aggregator.demo import FEEDS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both distributions."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> dict[str, bytes]:
    (file,) = built.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: dict[str, bytes]) -> Message:
    (data,) = (content for name, content in wheel.items() if name.endswith("/METADATA"))
    return message_from_bytes(data)


def test_the_wheel_has_every_file_of_the_package(wheel: dict[str, bytes]) -> None:
    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "aggregator").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert package <= wheel.keys()
    assert {f"aggregator/demo/feeds/{feed.file}" for feed in FEEDS} <= package
    assert "aggregator/py.typed" in package


def test_the_source_distribution_has_all_that_the_tests_read(built: Path) -> None:
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    wanted = set(kept.stdout.splitlines()) or {"README.md", "docs/digest.png", ".ci/run", "tests/conftest.py"}
    assert wanted <= names


def test_the_readme_holds_on_a_package_index(metadata: Message) -> None:
    text = str(metadata.get_payload())
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert len(targets) > 5
    assert [target for target in targets if not re.match(r"https://|#", target)] == []
    assert re.search(r"!\[[^\]]+\]\(https://\S+/raw/main/docs/digest\.png\)", text)


def test_the_metadata_says_who_and_where(metadata: Message) -> None:
    assert metadata["Author"]
    assert {"Homepage", "Source", "Changelog"} <= {
        url.partition(",")[0] for url in metadata.get_all("Project-URL", [])
    }
    assert "Programming Language :: Python :: 3.14" in metadata.get_all("Classifier", [])
