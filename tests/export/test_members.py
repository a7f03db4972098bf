"""Members: what feeds.yaml says of who is behind a feed reaches the pages, and loads nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from aggregator.export.about import render_about
from aggregator.export.digest import render_digest
from aggregator.export.pages import Pages
from aggregator.models import Person
from support.publications import OTHER, SOURCE, STORY, publication

ANN = replace(
    SOURCE,
    avatar="https://pictures.example/ann.png?size=80",
    about="Writes about <bread>.",
    extra=(("mastodon", "https://social.example/@ann"), ("irc", "ann"), ("bad", "javascript:alert(1)")),
)


def policy(page: LexborHTMLParser) -> str:
    node = page.css_first("meta[http-equiv]")
    assert node is not None
    return node.attributes["content"] or ""


def words(page: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text() for node in page.css(selector)]


def test_members_are_listed_with_faces_words_and_links() -> None:
    page = LexborHTMLParser(render_about(publication(STORY, sources=(ANN, OTHER), members=True)).decode())
    faces = [node.attributes["src"] for node in page.css(".members img")]
    assert faces == [ANN.avatar]
    assert [node.text() for node in page.css(".members span.face")] == ["SL"]
    assert "Writes about <bread>." in words(page, ".members p")
    assert [node.text() for node in page.css(".members [rel=me]")] == ["mastodon"]
    assert "javascript:" not in (page.html or "")
    assert not page.css("table")


def test_only_the_hosts_of_the_faces_may_be_asked_for_pictures() -> None:
    with_face = LexborHTMLParser(render_about(publication(STORY, sources=(ANN, OTHER))).decode())
    assert "img-src data: https://pictures.example;" in policy(with_face)
    odd = replace(ANN, avatar="https://p.example;script-src/x.png")
    for source in (SOURCE, odd):
        page = LexborHTMLParser(render_about(publication(STORY, sources=(source,))).decode())
        assert "img-src data:;" in policy(page)


def test_a_planet_shows_faces_and_authors() -> None:
    story = replace(STORY, source=ANN, authors=(Person("Ann Adler"), Person("The Daily Example")))
    page = LexborHTMLParser(render_digest(publication(story, sources=(ANN,)), Pages(theme="planet")).decode())
    assert [node.attributes["src"] for node in page.css("article img.face")] == [ANN.avatar]
    assert words(page, "article .by span") == ["Ann Adler"]
    assert "https://pictures.example" in policy(page)


def test_keys_of_ones_own_reach_templates(tmp_path: Path) -> None:
    (tmp_path / "article.html").write_text(
        "{% macro article(item) %}<b>{{ item.extra.irc }}</b>{% endmacro %}"
    )
    story = replace(STORY, source=ANN)
    page = render_digest(publication(story, sources=(ANN,)), Pages(tmp_path)).decode()
    assert "<b>ann</b>" in page
