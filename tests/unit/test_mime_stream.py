"""Messages become the lines that follow DATA."""

import smtplib
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.mime_stream import Base64Content, dot_stuffed, pieces

LINES = st.lists(st.text("ab.\r", max_size=4).map(lambda text: text.replace("\r", "")), max_size=9)


def told(*given: bytes) -> bytes:
    return b"".join(dot_stuffed(given))


@settings(deadline=None)
@given(LINES, st.integers(1, 7))
def test_dots_are_doubled_wherever_the_pieces_end(lines: list[str], step: int) -> None:
    whole = "".join(f"{line}\r\n" for line in lines).encode()
    cut = [whole[start : start + step] for start in range(0, len(whole), step)]

    assert told(*cut) == smtplib._quote_periods(whole) + b".\r\n"  # type: ignore[attr-defined]


def test_a_last_line_without_an_end_gets_one() -> None:
    assert told(b"x") == b"x\r\n.\r\n"
    assert told() == b".\r\n"


def test_small_pieces_are_sent_together() -> None:
    assert len(list(dot_stuffed([b"line\r\n"] * 1000))) == 1
    assert len(list(dot_stuffed([b"x" * 40_000 + b"\r\n"] * 3))) > 1


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 57 * 768 - 1, 57 * 768, 57 * 768 + 1, 200_000])
def test_files_are_encoded_in_lines_of_76(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    encoded = b"".join(Base64Content(data[:size]))

    lines = encoded.split(b"\r\n")
    assert all(len(line) == 76 for line in lines[:-2])
    assert lines[-1] == b""
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    part = EmailMessage(policy=SMTP)
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(encoded.decode())
    assert part.get_payload(decode=True) == data[:size]


def test_the_standard_librarys_own_messages_come_out_the_same() -> None:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Hello"
    message.set_content("one\ntwo\n")
    message.add_alternative("<p>one</p>", subtype="html")
    message.set_boundary("b")

    assert b"".join(pieces(message)).rstrip() == message.as_bytes().rstrip()
