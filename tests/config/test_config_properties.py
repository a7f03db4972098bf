"""Whatever stands in the file, it loads or is refused with issues; nothing else happens."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from aggregator.config import load
from aggregator.config.describe import schema
from aggregator.config.issues import Issues
from aggregator.config.mappings import FEED, SECTIONS, TOP
from aggregator.config.tree import Mapping, Node, Sequence, compose
from aggregator.errors import ConfigError, ConfigIssue
from aggregator.settings import Config

VALIDATOR = Draft202012Validator(schema())

# Words that matter to YAML or to the settings, so that nonsense comes near to sense.
WORDS = (
    *("feeds", "url", "name", "tags", "every", "polling", "floor", "dedupe", "by", "title", "data", "link"),
    *("https://example.org/feed", "https://a:b@example.org/", "example.org", "1h", "30", "10MB", "off", "no"),
    *("12:30:45", "2024-13-41", "0x_", "1_000", "~", "<<", "*a", "&a ", "!!str ", "!x ", "!!int ", "'", '"'),
    *("[", "]", "{", "}", ",", ": ", ":", "- ", "\n", "\n  ", "\n- ", "\t", "#", "|", ">", "?", "%", "---\n"),
    *("\\x", "\\U", "\ufeff", "\u2028", "\x85", "é"),
)
NEAR_YAML = st.lists(st.sampled_from(WORDS) | st.text(max_size=3)).map("".join)

VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-10, 10**7)
    | st.floats(allow_nan=False)
    | st.sampled_from(("1h", "45m", "2 days", "10MB", "5 kb", "off", "both", "link", "summary", "10.0.0.0/8"))
    | st.sampled_from(("https://example.org/feed", "http://example.com", "example.org", "~/news", "no", "7"))
    | st.text(max_size=5)
)
LOOSE = VALUES | st.lists(VALUES, max_size=3)


def keys(settings: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from((*settings, "other")), LOOSE, max_size=4)


DOCUMENTS = st.fixed_dictionaries(
    {"feeds": st.lists(st.just("https://example.org/a") | VALUES | keys(FEED), max_size=3) | LOOSE},
    optional={
        **{name: LOOSE | keys(settings) for name, settings in SECTIONS.items()},
        **dict.fromkeys(TOP, LOOSE),
    },
)


def loaded(content: bytes) -> Config | None:
    """The Config, or None where it is refused, with sound issues."""
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(content)
        file.flush()
        found: tuple[ConfigIssue, ...] = ()
        try:
            return load(Path(file.name))
        except ConfigError as error:
            found = error.issues
    lines = [issue.line for issue in found]
    assert lines
    assert lines == sorted(lines)
    assert all(issue.problem and str(issue).isprintable() for issue in found)
    return None


@given(st.binary())
def test_any_bytes(content: bytes) -> None:
    loaded(content)


@given(st.text() | NEAR_YAML)
def test_any_text(text: str) -> None:
    loaded(text.encode("utf-8", "replace"))


@given(NEAR_YAML)
def test_any_value(text: str) -> None:
    loaded(f"feeds:\n- url: https://example.org/\n  name: {text}\n".encode("utf-8", "replace"))


@given(DOCUMENTS)
def test_what_loads_is_right_by_the_schema(document: dict[str, Any]) -> None:
    if loaded(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "replace")):
        assert not list(VALIDATOR.iter_errors(document))


@given(NEAR_YAML)
def test_without_libyaml_nothing_else_happens(text: str) -> None:
    with contextlib.suppress(ConfigError):
        compose(text, Issues("feeds.yaml"), yaml.SafeLoader)


def plain(node: Node | None) -> Any:
    if isinstance(node, Mapping):
        return {name: (entry.line, plain(entry.value)) for name, entry in node.entries.items()}
    return [plain(item) for item in node.items] if isinstance(node, Sequence) else node


@given(DOCUMENTS)
def test_with_and_without_libyaml_the_same_is_read(document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document)
    issues = Issues("feeds.yaml")
    with_it, without = compose(text, issues), compose(text, issues, yaml.SafeLoader)
    assert plain(with_it) == plain(without)
    issues.raise_any()


@pytest.mark.parametrize(
    "text", ['a: "\\UFFFFFFFF"', "%YAML " + "9" * 5000 + ".1\n---\n", "a: \ufeff", "? ? ? ?", "!<x> a", "&a"]
)
def test_odd_texts(text: str) -> None:
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        with contextlib.suppress(ConfigError):
            compose(text, Issues("feeds.yaml"), loader)
