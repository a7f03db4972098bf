"""The package as a library: importing it changes nothing, and the examples run as they stand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import aggregator
from support.feeds import numbered, rss
from support.server import Feed, serve

EXAMPLES = Path(__file__).parent.parent / "examples"

_WATCH = """
import json, os, sys
import http.client, urllib.request, xml.sax
def names():
    return {(m.__name__, n): id(v) for m in (http.client, urllib.request, xml.sax) for n, v in vars(m).items()}
environment, before = dict(os.environ), names()
import aggregator
for name in aggregator.__all__:
    getattr(aggregator, name)
with aggregator.open_app(sys.argv[1]) as app:
    app.poll()
    assert app.latest()
print(json.dumps({
    "environment": dict(os.environ) == environment,
    "patched": [name for name, value in names().items() if before.get(name, value) != value],
    "planted": [name for name in sys.modules if name.split(".")[0] in ("feedparser", "sgmllib")],
}))
"""


_BEGIN = """
import asyncio, sys
import aggregator
begun = []
sys.addaudithook(lambda event, _: begun.append("httpx" in sys.modules) if event == "subprocess.Popen" else None)
async def begin(app, feeds):
    async with app.ready(feeds):
        print(begun, "httpx" in sys.modules)
with aggregator.open_app(sys.argv[1]) as app:
    asyncio.run(begin(app, app.feeds() if sys.argv[2:] else ()))
"""


def python(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "feeds.yaml"


def test_importing_and_using_it_leaves_the_process_as_it_was(config: Path) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        config.write_text(f"allow_addresses: [127.0.0.0/8]\nfeeds: ['{server.url('/feed')}']\n")
        found = json.loads(python("-c", _WATCH, str(config)))
    assert found == {"environment": True, "patched": [], "planted": []}


def test_reading_processes_start_before_what_polls_is_imported(config: Path) -> None:
    """Only where a feed was never read."""
    config.write_text("feeds: ['https://daily.example/feed']\n")
    assert python("-c", _BEGIN, str(config)) == "[] True\n"
    assert python("-c", _BEGIN, str(config), "with feeds") == "[False] True\n"


@pytest.mark.slow
def test_a_script_that_polls_needs_no_guard(config: Path) -> None:
    """Polling starts processes, and none of them runs the script again."""
    script = config.with_name("script.py")
    script.write_text(
        "from aggregator import open_app\n"
        "print('runs')\n"
        f"with open_app({str(config)!r}) as app:\n"
        "    print(*(result.new for result in app.poll()))\n"
    )
    with serve({"/feed": Feed(rss(*numbered(range(3))))}) as server:
        config.write_text(f"allow_addresses: [127.0.0.0/8]\nfeeds: ['{server.url('/feed')}']\n")
        assert python(str(script)).split() == ["runs", "3"]


def test_importing_it_imports_nothing_heavy() -> None:
    loaded = python("-c", "import sys, aggregator; print(*sys.modules)").split()
    assert not {"httpx", "feedparser", "sqlite3", "lxml", "yaml", "aggregator.app"} & set(loaded)


def test_every_public_name_is_there() -> None:
    assert all(getattr(aggregator, name) for name in aggregator.__all__)
    with pytest.raises(AttributeError):
        aggregator.nothing  # noqa: B018 - that it raises is the point


@pytest.mark.slow
def test_the_examples_run(config: Path) -> None:
    with serve({"/feed": Feed(rss(*numbered(range(3)), title="The One"))}) as server:
        config.write_text(f"allow_addresses: [127.0.0.0/8]\nfeeds: ['{server.url('/feed')}']\n")
        polled = python(str(EXAMPLES / "poll.py"), str(config))
        assert "The One: ok, 3 new" in polled
        assert "Headline" in polled.splitlines()[1]
        assert "The One: new" in python(str(EXAMPLES / "search.py"), str(config), "headline")
        assert "The One: ok, next poll" in python(str(EXAMPLES / "overdue.py"), str(config))


def test_each_example_is_listed() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"[{path.name}]" in listed for path in EXAMPLES.glob("*.py"))
