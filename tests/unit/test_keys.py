"""Keys of Table Storage made of any text."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.keys import decode_key, encode_key, is_storable


@given(st.text())
def test_every_text_comes_back_from_its_key(text: str) -> None:
    assert decode_key(encode_key(text)) == text


@given(st.text())
def test_a_key_holds_nothing_that_tables_forbid_or_that_we_use_to_separate(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._=-]*", encode_key(text))


def test_guids_and_domain_names_stay_as_they_are() -> None:
    for text in ("11111111-1111-1111-1111-111111111111", "contoso.example"):
        assert encode_key(text) == text


def test_a_key_of_more_than_a_kibibyte_is_not_storable() -> None:
    assert is_storable("x" * 512)
    assert not is_storable("x" * 513)
