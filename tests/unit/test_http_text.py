"""How single texts are read: what is taken, and in which form it is stored."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http import addresses, text

HOSTS = [
    ("smtp.office365.com", "smtp.office365.com"),
    (" SMTP.Office365.COM ", "smtp.office365.com"),
    ("smtp.office365.com.", "smtp.office365.com"),
    ("localhost", "localhost"),
    ("münchen.example", "xn--mnchen-3ya.example"),
    ("MU\u0308NCHEN.example", "xn--mnchen-3ya.example"),
    ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
    ("192.0.2.1", "192.0.2.1"),
    ("2001:DB8::0:1", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    (f"{'x' * 63}.example", f"{'x' * 63}.example"),
]
ADDRESSES = [
    ("noreply@contoso.com", "noreply@contoso.com"),
    (" No.Reply+x@Contoso.COM ", "No.Reply+x@contoso.com"),
    ("noreply@contoso.example", "noreply@contoso.example"),
    ("noreply@localhost", "noreply@localhost"),
    ("noreply@contoso.local", "noreply@contoso.local"),
    ("grüße@münchen.example", "grüße@münchen.example"),
    (f"{'x' * 64}@contoso.com", f"{'x' * 64}@contoso.com"),
]
CHECKS = [text.line, text.secret, text.client_id, addresses.email_address, addresses.host_name]


@pytest.mark.parametrize(("given_", "stored"), HOSTS)
def test_a_host_is_stored_in_its_ascii_form(given_: str, stored: str) -> None:
    assert addresses.host_name(given_) == stored


@pytest.mark.parametrize(("given_", "stored"), ADDRESSES)
def test_an_address_is_stored_with_its_domain_in_lower_case(given_: str, stored: str) -> None:
    assert addresses.email_address(given_) == stored


@pytest.mark.parametrize(
    ("given_", "hint"),
    [
        ("https://smtp.example", "https://"),
        ("smtp.example:587", "port"),
        ("a b", "name of a server"),
    ],
)
def test_a_wrong_host_is_told_what_is_wrong_with_it(given_: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        addresses.host_name(given_)


def test_a_password_is_stored_to_the_letter() -> None:
    assert text.secret("  päss word\u00a0") == "  päss word\u00a0"


def test_other_texts_lose_the_blanks_around_them() -> None:
    assert text.line("\u00a0 Contoso  Reports ") == "Contoso  Reports"
    assert text.client_id(" a-b.c_d~1 ") == "a-b.c_d~1"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "character", ["\x00", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
)
def test_no_control_character_gets_through_at_any_place(
    check: Callable[[str], str], character: str
) -> None:
    for value in (f"{character}a@b.example", f"a{character}@b.example", f"a@b.example{character}"):
        with pytest.raises(ValueError, match="control characters"):
            check(value)


@pytest.mark.parametrize("check", CHECKS)
@given(value=st.text(max_size=40))
def test_no_text_breaks_a_check_and_what_it_takes_is_one_line(
    check: Callable[[str], str], value: str
) -> None:
    try:
        taken = check(value)
    except ValueError as refusal:
        assert str(refusal).startswith(("must ", "may "))  # noqa: PT017  both ends are right
    else:
        assert taken
        assert taken.isprintable() or "\u00a0" in taken or not taken.isascii()
        assert len(taken.splitlines()) == 1


@pytest.mark.parametrize("given_", ["2000-01-01", "2100-12-31", "2028-02-29"])
def test_a_day_is_a_day_of_the_calendar(given_: str) -> None:
    assert text.day(given_).isoformat() == given_
