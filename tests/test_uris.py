"""Ids that validators accept: their canonical form, and which can be ids as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.uris import canonical, database_advice, is_sound
from support.w3c import uris

CANONICAL = {
    "HTTP://Example.ORG": "http://example.org/",
    "http://example.org:80/a": "http://example.org/a",
    "https://example.org:0443/": "https://example.org/",
    "https://example.org:8443/": "https://example.org:8443/",
    "http://example.org./": "http://example.org/",
    "http://example.org/a/./b/../c/..": "http://example.org/a/",
    "http://example.org/../..": "http://example.org/",
    "http://example.org/%7euser/%c3%a9": "http://example.org/~user/%C3%A9",
    "http://example.org/e%cc%81": "http://example.org/%C3%A9",
    "http://example.org/a%2fb?c=%3d#%23": "http://example.org/a%2Fb?c=%3D#%23",
    "http://example.org/?": "http://example.org/?",
    "http://@example.org/": "http://example.org/",
    "http://me@Example.org/": "http://me@example.org/",
    "http://[2001:DB8::1]/": "http://[2001:db8::1]/",
    "tag:example.org,2005:a%2Cb": "tag:example.org,2005:a%2Cb",
    "TAG:example.org,2005:a": "tag:example.org,2005:a",
    "http://example.org/100%": None,
    "http://example.org/%zz": None,
    "http://example.org/a#b#c": None,
    "http://example.org/[a]": None,
    "http://example.org/a b": None,
    "http://example.org/é": None,
    "http://example.org/%FF": None,
    "http://example.org/%2541": None,
    "http://[::1/": None,
    "/relative": None,
    "": None,
}


@pytest.mark.parametrize(("uri", "expected"), CANONICAL.items())
def test_canonical_form(uri: str, expected: str | None) -> None:
    assert canonical(uri) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org/2026/post?id=1&x=(a)#part",
        "http://example.org/a%2Fb",
        "tag:blogger.com,1999:blog-1.post-2",
        "tag:me@example.org,2005-01:x/y?z#f",
        "urn:uuid:1225C695-cfb8-4ebb-aaaa-80da344efa6a",
        "urn:isbn:0451450523",
    ],
)
def test_sound(uri: str) -> None:
    assert is_sound(uri)
    assert uris.complaint(uri, full=True) is None
    assert uris.canonical(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        *(uri for uri, form in CANONICAL.items() if uri != form),
        "http://[2001:db8::1]/",
        "tag:Example.org,2005:a",
        "tag:example.org:a",
        "urn:uuid:1225c695",
        "urn:x",
        "yt:video:abc",
        "mailto:me@example.org",
        "javascript:alert(1)",
    ],
)
def test_not_sound(uri: str) -> None:
    assert not is_sound(uri)


_pieces = st.sampled_from(
    "http https tag urn :// : / // . .. ? # % %7e %C3%A9 %c3 %25 %2F %41 [ ] @ : :80 a b.C é ,2005: = & ~ ;".split(
        " "
    )
)


@given(
    st.lists(_pieces, max_size=9).map("".join) | st.lists(_pieces, max_size=9).map("http://ex.org/{}".format)
)
def test_what_is_sound_is_so_to_the_w3c_validator(uri: str) -> None:
    for each in (uri, canonical(uri) or ""):
        if is_sound(each):
            assert uris.complaint(each, full=True) is None
            assert uris.canonical(each) == each


@given(st.lists(_pieces, max_size=9).map(lambda pieces: "http://ex.org/" + "".join(pieces)))
def test_canonical_form_is_its_own(uri: str) -> None:
    form = canonical(uri)
    assert form is None or canonical(form) == form


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db.example/news",
        "postgres://me:${PASSWORD}@db.example:5433,[2001:db8::1]:5432/news?sslmode=require",
        "postgresql://me:p%40ss%25@/news?host=/run/postgresql&options=-csearch_path%3Dnews",
        "postgresql://me@db.example:${PORT}/news",
    ],
)
def test_addresses_of_databases_that_are_right(address: str) -> None:
    assert database_advice(address) is None


@pytest.mark.parametrize("password", ["a@b", "a/b", "a?b", "a#b", "a%b", "a%zz", "a%00", "[a", "a]", "a:/b"])
def test_a_password_that_is_not_escaped_is_told_how_to(password: str) -> None:
    advice = database_advice(f"postgresql://me:{password}@db.example/news?sslmode=require")
    assert advice is not None
    assert "%40" in advice
    assert password not in advice.replace("%", "").replace("@ : / ? #", "")


@pytest.mark.parametrize(
    ("address", "words"),
    [("postgresql://me@db.example:5432x/news", "port"), ("postgresql:db.example", "write it as")],
)
def test_other_addresses_that_are_wrong(address: str, words: str) -> None:
    assert words in str(database_advice(address))
