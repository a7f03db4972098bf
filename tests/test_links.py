"""Links: made absolute, cleaned for readers, and brought into the form by which they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import links

GHOST = frozenset({"ghost.ex"})


@pytest.mark.parametrize(
    ("url", "base", "want"),
    [
        ("/a/b?c#d", "https://ex.com/x/y", "https://ex.com/a/b?c#d"),
        ("//ex.org/a", "https://ex.com/", "https://ex.org/a"),
        ("  https://ex.com/a b  ", None, "https://ex.com/a%20b"),
        ("HTTPS://EX.com:443/", None, "https://ex.com/"),
        ("javascript:alert(1)", "https://ex.com/", None),
        ("mailto:a@ex.com", "https://ex.com/", None),
        ("a/b", None, None),
        ("http://", None, None),
        ("", "https://ex.com/", None),
        ("https://ex\ud800.com/", None, None),
        ("x" * 9000, "https://ex.com/", None),
        ("日" * 1000, "https://ex.com/", None),  # 9,000 characters as browsers send it
        ("https://../", None, None),
    ],
)
def test_absolute(url: str, base: str | None, want: str | None) -> None:
    assert links.absolute(url, base) == want


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        ("tracking parameters", "https://ex.com/p/1?utm_source=rss&utm_medium=feed", "https://ex.com/p/1"),
        ("scheme", "http://ex.com/p/1", "https://ex.com/p/1"),
        ("www", "https://www.ex.com/p/1", "https://ex.com/p/1"),
        ("mobile host", "https://m.ex.com/p/1", "https://ex.com/p/1"),
        ("upper case and trailing dot", "https://EX.com./p/1", "https://ex.com/p/1"),
        ("default port", "https://ex.com:443/p/1", "http://ex.com:80/p/1"),
        ("trailing slash", "https://ex.com/p/1/", "https://ex.com/p/1"),
        ("index page", "https://ex.com/p/index.html", "https://ex.com/p/"),
        ("AMP path", "https://ex.com/p/1/amp/", "https://ex.com/p/1"),
        ("AMP query", "https://ex.com/p/1?amp=1", "https://ex.com/p/1"),
        ("AMP file", "https://ex.com/p/1.amp.html", "https://ex.com/p/1.html"),
        ("session", "https://ex.com/p;jsessionid=A1B2?x=1", "https://ex.com/p?x=1"),
        ("order of parameters", "https://ex.com/p?b=2&a=1", "https://ex.com/p?a=1&b=2"),
        ("escapes of plain letters", "https://ex.com/%7Ejane/%61", "https://ex.com/~jane/a"),
        ("case of escapes", "https://ex.com/caf%c3%a9", "https://ex.com/café"),
        (
            "slashes in a video",
            "https://www.youtube.com//watch/?v=abcdefghijk",
            "https://youtu.be/abcdefghijk",
        ),
        ("slashes and dots", "https://ex.com//a/./b/../c", "https://ex.com/a/c"),
        ("international host", "https://bücher.example/x1", "https://xn--bcher-kva.example/x1"),
        ("fragment", "https://ex.com/p/1#atom", "https://ex.com/p/1"),
        (
            "google redirect",
            "https://www.google.com/url?rct=j&url=https://ex.com/p/1%3Fa%3D2",
            "https://ex.com/p/1?a=2",
        ),
        ("AMP cache", "https://ex-com.cdn.ampproject.org/c/s/ex.com/p/1", "https://ex.com/p/1"),
        (
            "wrapper in a wrapper",
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%3A%2F%2Fex.com%2Fp",
            "https://ex.com/p",
        ),
        ("own host in ref", "https://ex.com/p/1?ref=ghost.ex", "https://ex.com/p/1"),
        ("channel in source", "https://ex.com/p/1?source=rss----7f60cf5620c9---4", "https://ex.com/p/1"),
        (
            "YouTube",
            "https://youtu.be/dQw4w9WgXcQ?si=abc",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&feature=share",
        ),
        (
            "YouTube shorts",
            "https://youtube.com/shorts/dQw4w9WgXcQ",
            "https://m.youtube.com/watch?v=dQw4w9WgXcQ",
        ),
        (
            "DOI",
            "https://doi.org/10.1002/adma.2020",
            "https://onlinelibrary.wiley.example/doi/full/10.1002/adma.2020",
        ),
        ("arXiv version", "https://arxiv.org/abs/2401.01234v2", "http://arxiv.org/pdf/2401.01234"),
        ("arXiv by DOI", "https://doi.org/10.48550/arXiv.2401.01234", "http://arxiv.org/abs/2401.01234"),
    ],
)
def test_links_that_lead_to_the_same_page_share_a_key(why: str, one: str, other: str) -> None:
    key = links.link_key(one, GHOST)
    assert key is not None
    assert key == links.link_key(other, GHOST)


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        ("id in the query", "https://ex.com/item?id=101", "https://ex.com/item?id=102"),
        (
            "sid is a story",
            "https://slashdot.org/article.pl?sid=99/03/31/0137221",
            "https://slashdot.org/article.pl?sid=99/03/31/0204204",
        ),
        ("case of the path", "https://ex.com/Abc", "https://ex.com/abc"),
        ("another port", "https://ex.com:8443/p", "https://ex.com/p"),
        ("ref that is a page", "https://ex.com/p?ref=42", "https://ex.com/p?ref=43"),
        ("from that is no channel", "https://ex.com/p?from=berlin", "https://ex.com/p"),
        ("hash-bang", "https://ex.com/#!/a", "https://ex.com/#!/b"),
        ("two labels keep their m", "https://m.com/p", "https://com/p"),
        ("YouTube ids", "https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcR"),
    ],
)
def test_links_that_lead_to_other_pages_do_not(why: str, one: str, other: str) -> None:
    assert links.link_key(one) != links.link_key(other)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "not a link",
        "mailto:jane@ex.com",
        "javascript:void(0)",
        "https://ex.com/",
        "https://ex.com/index.html",
        "https://www.ex.com/?utm_source=rss",
        "http://feedproxy.google.com/~r/x/~3/abc/",
        "https://t.co/abc",
        "https://news.google.com/rss/articles/CBMi",
    ],
)
def test_links_that_tell_nothing_have_no_key(url: str | None) -> None:
    assert links.link_key(url) is None


def test_a_feed_may_keep_its_fragments() -> None:
    one, other = "https://ex.com/changelog#v2.1", "https://ex.com/changelog#v2.2"
    assert links.link_key(one) == links.link_key(other)
    assert links.link_key(one, keep_fragment=True) != links.link_key(other, keep_fragment=True)


_PARTS = st.sampled_from(
    ["/", "//", "a", "B", "%7e", "%2F", "%e2%82", ".", "..", "index.html", "amp", ".amp", "?", "&", "=", "utm_x=1",
     "ref=rss", ";jsessionid=1", "#", "!", "é", "+", "%", "10.1234/x", "v=dQw4w9WgXcQ"]
)  # fmt: skip
_HOSTS = st.sampled_from(
    ["ex.com", "www.m.ex.com", "amp.www.ex.org", "youtube.com", "youtu.be", "arxiv.org", "doi.org"]
)


@given(_HOSTS, st.lists(_PARTS, max_size=12).map("".join))
def test_the_key_of_a_key_is_the_key(host: str, rest: str) -> None:
    key = links.link_key(f"https://{host}/{rest}")
    if key is not None and "/" in key and not key.startswith(("youtube:", "doi:", "arxiv:")):
        assert links.link_key(f"https://{key}") == key


@given(st.text(max_size=300))
def test_any_text_has_a_key_or_none(text: str) -> None:
    for url in (text, f"https://ex.com/{text}", f"https://{text}/"):
        key = links.link_key(url)
        assert key is None or key
        links.clean(url)
        links.host(url)


@pytest.mark.parametrize(
    ("url", "want"),
    [
        ("https://ex.com/p?id=1&utm_source=x&fbclid=y", "https://ex.com/p?id=1"),
        ("https://ex.com/p?utm_source=x", "https://ex.com/p"),
        ("https://ex.com/p?UTM_Source=x#part", "https://ex.com/p#part"),
        ("https://ex.com/p#utm_source=rss", "https://ex.com/p"),
        ("https://ex.com/a.jpg?crop/1420x708/webp", "https://ex.com/a.jpg?crop/1420x708/webp"),
        ("https://ex.com/p?name=John%20Doe&b", "https://ex.com/p?name=John%20Doe&b"),
        ("https://ex.com/p?", "https://ex.com/p?"),
        ("https://ex.com/p?ref=ghost.ex", "https://ex.com/p"),
        ("https://ex.com/p?ref=other.ex", "https://ex.com/p?ref=other.ex"),
    ],
)
def test_readers_get_the_link_less_its_tracking(url: str, want: str) -> None:
    assert links.clean(url, GHOST) == want


def test_credentials_are_for_the_server_only() -> None:
    assert links.without_credentials("https://jane:secret@ex.com/feed") == "https://ex.com/feed"
    assert "secret" not in links.without_credentials("https://jane:secret@[bad/feed")
    assert links.without_credentials("https://ex.com/feed") == "https://ex.com/feed"


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("https://Ex.com", "https://ex.com/"),
        ("https://jane@Ex.com", "https://ex.com/"),
        ("http://ex.com:80/a b", "http://ex.com/a%20b"),
        ("https://bücher.ex/ü", "https://xn--bcher-kva.ex/%C3%BC"),
        ("https://ex.com/@jane", "https://ex.com/@jane"),
    ],
)
def test_an_address_is_published_in_one_form_with_credentials_or_not(written: str, published: str) -> None:
    assert links.without_credentials(written) == links.without_secrets(written) == published
