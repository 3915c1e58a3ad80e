"""Contents survive the way into octets and back, in whatever pieces these arrive."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.content_codec import Decoder, decode, encode
from shared.domain.message import Attachment, Content
from tests.support.messages import contents

CONTENT = Content(
    to=("someone@contoso.example",),
    text="Grüße",
    attachments=(
        Attachment("a.bin", "application/octet-stream", b"\x00\xff" * 5),
        Attachment("empty.txt", "text/plain", b""),
        Attachment("logo.png", "image/png", b"png", "logo"),
    ),
)


@settings(max_examples=200, deadline=None)
@given(contents)
def test_a_content_comes_back_as_it_was(content: Content) -> None:
    assert decode(encode(content)) == content


@settings(max_examples=100, deadline=None)
@given(contents, st.integers(1, 40))
def test_a_content_may_arrive_in_pieces(content: Content, size: int) -> None:
    octets = encode(content)
    decoder = Decoder()
    for start in range(0, len(octets), size):
        piece = octets[start : start + size]
        assert decoder.write(piece) == len(piece)
    assert decoder.content() == content


def test_attachments_lie_in_it_as_they_are() -> None:
    assert encode(CONTENT).endswith(b"\x00\xff" * 5 + b"png")


def test_what_breaks_off_is_no_content() -> None:
    octets = encode(CONTENT)
    for end in range(len(octets)):
        with pytest.raises(ValueError, match="breaks off"):
            decode(octets[:end])


def test_what_is_something_else_is_no_content() -> None:
    with pytest.raises(ValueError, match="not the octets of a content"):
        decode(b'{"to": ["someone@contoso.example"]}')
    with pytest.raises(ValueError, match="more than the content"):
        decode(encode(CONTENT) + b"!")
