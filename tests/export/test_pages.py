"""Templates of the operator's own take the place of ours, and a broken one says where."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from aggregator.config.mappings import TOP
from aggregator.errors import ExportError
from aggregator.export.digest import digest_pages, render_digest
from aggregator.export.pages import Pages
from support.publications import RICH, SOURCE, publication

TEMPLATES = Path(__file__).parents[2] / "aggregator/export/templates"
DOCUMENT = Path(__file__).parents[2] / "docs/templates.md"


def test_a_template_of_the_operators_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "digest.html").write_text("{% for day in days %}{{ day.items[0].title }}{% endfor %}")
    assert render_digest(publication(RICH), Pages(tmp_path)).decode() == RICH.title


def test_a_block_can_be_replaced_alone(tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text(
        (TEMPLATES / "base.html").read_text().replace("Dates and times", "Times")
    )
    assert "<p>Times are in UTC.</p>" in render_digest(publication(RICH), Pages(tmp_path)).decode()


def test_a_style_of_the_operators_is_allowed_by_the_policy(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("body { color: red }\n")
    page = render_digest(publication(RICH), Pages(tmp_path)).decode()
    assert "<style>body { color: red }</style>" in page
    assert page.count("sha256-") == 1


def test_what_a_template_shows_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "digest.html").write_text("{{ title }}")
    assert render_digest(publication(title="<b>"), Pages(tmp_path)) == b"&lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n{% for %}", r"digest\.html, line 2: [Ee]xpected"),
        ("\n\n{{ nothing }}", r"digest\.html, line 3: 'nothing' is undefined"),
        ("{{ title.nothing }}", r"digest\.html, line 1: .* has no attribute 'nothing'"),
        ("{% extends 'nowhere.html' %}", r"no template nowhere\.html"),
        ("{{ 1 / 0 }}", r"digest\.html, line 1: division by zero"),
        ("{{ title | nofilter }}", r"digest\.html, line 1: No filter named 'nofilter'"),
        ("{{ title + 1 }}", r"digest\.html, line 1: .*str"),
    ],
)
def test_a_broken_template_says_where_and_what(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "digest.html").write_text(text)
    with pytest.raises(ExportError) as raised:
        render_digest(publication(RICH), Pages(tmp_path))
    assert re.search(words, str(raised.value)), raised.value
    assert "\n" not in str(raised.value)


def test_a_template_that_is_not_utf_8_is_an_error_for_the_user(tmp_path: Path) -> None:
    (tmp_path / "digest.html").write_bytes(b"\xff")
    with pytest.raises(ExportError, match="UTF-8"):
        render_digest(publication(RICH), Pages(tmp_path))


def test_every_template_and_variable_is_documented() -> None:
    document = DOCUMENT.read_text("utf-8")
    for template in filter(Path.is_file, TEMPLATES.iterdir()):
        assert f"`{template.name}`" in document, template.name
    used = set()
    for template in TEMPLATES.glob("*.html"):
        if template.name != "macros.html":
            used |= variables(template.read_text())
    assert not {name for name in used if f"`{name}`" not in document}


def variables(text: str) -> set[str]:
    """Names that a template takes from outside, less the macros that it imports."""
    macros = {
        name for line in re.findall(r"import (.*) with context", text) for name in re.findall(r"\w+", line)
    }
    return set(meta.find_undeclared_variables(Environment(autoescape=True).parse(text))) - macros


@pytest.mark.parametrize("theme", sorted(path.name for path in (TEMPLATES.parent / "themes").iterdir()))
def test_each_theme_is_a_choice_and_keeps_pages_below_100_kb(theme: str) -> None:
    assert theme in TOP["theme"].choices
    stories = (replace(RICH, id=n, atom_id=f"urn:x:{n}", summary="&<> " * 120) for n in range(150))
    pages = list(digest_pages(publication(*stories, search=True, images=True), Pages(theme=theme)))
    assert max(map(len, pages)) < 100_000


def test_the_planet_shows_faces(tmp_path: Path) -> None:
    icon = "https://daily.example/icon.png"
    story = replace(RICH, source=replace(SOURCE, icon=icon))
    page = render_digest(publication(story), Pages(theme="planet")).decode()
    assert '<span class="face f1" aria-hidden="true">DE</span>' in page
    assert icon not in page
    assert (
        f'<img class="face" src="{icon}"'
        in render_digest(publication(story, images=True), Pages(theme="planet")).decode()
    )


def test_a_macro_that_is_given_too_much_says_where(tmp_path: Path) -> None:
    (tmp_path / "digest.html").write_text("{% macro m() %}{% endmacro %}\n{{ m(1) }}")
    with pytest.raises(ExportError, match=r"digest\.html, line 2: macro 'm' takes not more than 0 argument"):
        render_digest(publication(RICH), Pages(tmp_path))
