"""HTML is said as text."""

import tracemalloc

import pytest

from shared.adapters.html_text import LIMIT, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Kind regards<br><b>Contoso &amp; Söhne</b></p>", "Kind regards\nContoso & Söhne"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("Just text", "Just text"),
        ("<p>2020. That *was* a_b_c # no</p>", "2020. That *was* a_b_c # no"),
        ("<ul><li>one</li><li>two</li></ul>", "  * one\n  * two"),
        ("<table><tr><td>Phone</td><td>+49</td></tr><tr><td>Web</td></tr></table>",
         "Phone +49\nWeb"),
        ('<a href="https://contoso.com/a?b=1">our site</a>, now',
         "our site (https://contoso.com/a?b=1), now"),
        ('<a href="https://contoso.com/">https://contoso.com</a>', "https://contoso.com"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ("<p>one</p><hr><p>two</p>", "one\n\n--------------------\n\ntwo"),
        ("one<script>alert(1)</script><style>p{}</style> two", "one two"),
        ('<div style="display: none">preview</div><p>shown</p>', "shown"),
        ("<html><head><title>T</title></head><body>x</body></html>", "x"),
        ("x\x00y &#0; \ud800 😀 &#x1F600;", "xy � 😀 😀"),
        ("", ""),
        ("<!-- nothing -->", ""),
        ('<img src="cid:logo" alt="">', ""),
        ("<p><br></p>", ""),
    ],
)  # fmt: skip
def test_what_html_says_is_said_as_text(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 40_000,
        "<a" * 90_000,
        "<table><tr><td>" + "x" * 90_000 + "<tr><td>" * 10_000,
        "<td colspan=99999999>x" * 9_000,
        '<p style="margin: 99999em; padding-left: 99999em">x' * 3_900,
        '<table width=99999999 style="width: 99999999px"><tr><td>x',
    ],
)
def test_html_that_wants_to_be_large_stays_small(html: str) -> None:
    assert len(html) <= LIMIT
    tracemalloc.start()
    try:
        to_text(html)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_html_beyond_the_limit_is_not_read() -> None:
    assert to_text("<p>" + "x" * LIMIT) == ""
