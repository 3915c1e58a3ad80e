"""Files in JSON bodies: read from the body's own octets, so that no copy of their Base64 is made.

A report of 10 MB is 13 MB of Base64. As a text it would be held by the body, by what is parsed and
by the value; and a single emoji anywhere in the body makes Python keep each character of the text
in four octets.
"""

import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

_LONG = 4096
"""Characters: what is shorter is parsed with the rest."""
_STEP = 65_536
# Nothing but a value can follow the colon, and within a text the quotes would be escaped: so what
# is found is a member's value wherever the body is JSON at all.
_MEMBER = re.compile(
    rb'"content"[ \t\r\n]*:[ \t\r\n]*"([A-Za-z0-9+/=\\]{%d,}+)"' % _LONG,
)


@dataclass(frozen=True, slots=True)
class Base64Text:
    """A part of a body that is yet to be decoded."""

    octets: memoryview | bytearray = field(repr=False)


def lifted(body: bytes) -> tuple[bytes, Mapping[str, Base64Text]]:
    """The body with a short mark in place of each long `content`, and what each mark stands for.

    The marks are random: nobody can send one. What comes out is JSON if, and only if, `body` is.
    """
    found: dict[str, Base64Text] = {}
    view, token = memoryview(body), secrets.token_hex(16)
    pieces: list[memoryview | bytes] = []
    taken = 0
    for member in _MEMBER.finditer(body):
        start, end = member.span(1)
        escapes = body.count(b"\\", start, end)
        if escapes != body.count(b"\\/", start, end):
            continue
        text = view[start:end]
        mark = f"{token}-{len(found)}"
        found[mark] = Base64Text(_without_escapes(text) if escapes else text)
        pieces += (view[taken:start], mark.encode())
        taken = end
    return (b"".join((*pieces, view[taken:])) if found else body), found


def decode(text: str | Base64Text) -> bytes:
    """The octets that Base64 stands for (RFC 4648, 4). Raises `ValueError`."""
    encoded = text.octets if isinstance(text, Base64Text) else text
    try:
        return binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        raise ValueError("must be Base64 (RFC 4648), without line breaks") from None


def _without_escapes(text: memoryview) -> bytearray:
    """Some encoders of JSON put a backslash before each slash."""
    whole = bytearray()
    for start in range(0, len(text), _STEP):
        whole += bytes(text[start : start + _STEP]).translate(None, b"\\")
    return whole
