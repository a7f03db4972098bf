"""The digest as mail, text and Markdown: correct, the same each time, and plain whatever the feeds say."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given

from aggregator.errors import ExportError
from aggregator.export.mail import render_mail, render_mail_page
from aggregator.export.plain import WIDTH, render_markdown, render_text
from aggregator.models import Publication
from support.publications import NOON, RICH, STORY, publication, publications


def message(made: Publication, **more: str) -> EmailMessage:
    """The message as a mail program reads it, without a defect."""
    data = render_mail(made, **more)  # type: ignore[arg-type]
    read = message_from_bytes(data, policy=policy.default)
    assert isinstance(read, EmailMessage)
    for part in read.walk():
        assert part.defects == []
    assert all(header.defects == () for header in read.values())
    assert data.isascii()
    assert max(map(len, data.splitlines())) <= 78
    return read


def test_headers() -> None:
    read = message(publication(RICH, STORY), to="me@example.org")
    assert read["Subject"] == "News Feed: 2 stories"
    assert read["From"] == "News Feed <news@news.example>"
    assert read["To"] == "me@example.org"
    assert read["Date"].datetime == NOON
    assert re.fullmatch(r"<[0-9a-f-]{36}@news\.example>", read["Message-ID"])
    assert read["MIME-Version"] == "1.0"


def test_text_and_html_stand_beside_each_other_the_better_last() -> None:
    made = publication(RICH)
    read = message(made)
    assert read.get_content_type() == "multipart/alternative"
    text, html = read.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().splitlines() == render_text(made).decode().splitlines()
    assert html.get_content().splitlines() == render_mail_page(made).decode().splitlines()


@given(publications)
def test_any_publication_is_a_message_the_same_each_time(made: Publication) -> None:
    read = message(made)
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert render_mail(made) == render_mail(made)


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://news.example/planet/", "news.example"),
        ("http://127.0.0.1:8080/", "localhost"),
        ("http://[::1]:8080/", "localhost"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
    ],
)
def test_sender_is_of_the_host_where_subscribers_find_us(base: str, host: str) -> None:
    assert message(publication(STORY, base_url=base))["From"].addresses[0].addr_spec == f"news@{host}"


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "a@b\nBcc: x@example.org", "Jane <jane>"])
def test_what_is_no_address_is_refused(address: str) -> None:
    if address:
        with pytest.raises(ExportError, match="no e-mail address"):
            render_mail(publication(STORY), to=address)
    assert (
        message(publication(STORY), sender="me@example.org")["From"].addresses[0].addr_spec
        == "me@example.org"
    )


def test_text() -> None:
    story = replace(RICH, summary="word " * 40)
    lines = render_text(publication(story)).decode().splitlines()
    assert lines[:9] == [
        "News Feed",
        "1 story, https://news.example/planet/",
        "",
        "Monday 23 November 2026",
        "-----------------------",
        "",
        "The bridge reopens after four years",
        "(The Daily Example, 12:00; also at Second Look)",
        "https://daily.example/2026/bridge",
    ]
    assert max(map(len, lines)) <= WIDTH


def test_markdown() -> None:
    assert render_markdown(publication(RICH)).decode().split("\n\n")[2:] == [
        "## Monday 23 November 2026",
        "### [The bridge reopens after four years](<https://daily.example/2026/bridge>)",
        "[The Daily Example](<https://daily.example/>), 12:00."
        " Also at [Second Look](<https://second.example/bridge>)",
        "Traffic crossed the river again on Monday.",
        "Dates and times are in UTC.\n",
    ]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("*bold* _soft_ `code`", r"\*bold\* \_soft\_ \`code\`"),
        ("[a](javascript:b)", r"\[a\](javascript:b)"),
        ("<b>&amp;", r"\<b\>\&amp;"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("# heading", r"\# heading"),
        ("back\\slash", r"back\\slash"),
        ("![x](y)", r"\!\[x\](y)"),
        ("a+b-c=d", "a+b-c=d"),
    ],
)
def test_what_feeds_say_is_no_markdown(title: str, expected: str) -> None:
    made = publication(replace(STORY, title=title, link=None, summary=""))
    assert f"### {expected}\n" in render_markdown(made).decode()


def test_mail_stays_under_100_kb_and_counts_what_it_leaves_out() -> None:
    stories = tuple(
        replace(RICH, id=n, atom_id=f"urn:x:{n}", title=f"Title {n} " * 9, summary="word " * 90)
        for n in range(300)
    )
    assert len(render_mail(publication(*stories))) < 100_000
    read = message(publication(*stories))
    for part in read.iter_parts():
        assert re.search(r"And \d+ more stories", part.get_content(), re.IGNORECASE)


def test_mail_leads_nobody_to_his_own_machine() -> None:
    made = publication(RICH, base_url="http://127.0.0.1:8080/")
    assert b"127.0.0.1" not in render_text(made) + render_mail_page(made) + render_markdown(made)
