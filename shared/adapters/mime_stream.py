"""The bytes of a message, piece by piece.

The standard library's generator holds the encoded message several times over; a report with 10 MB
would take 60 MB of a worker. Here an attachment is encoded while it is sent.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from email.message import EmailMessage, MIMEPart
from io import BytesIO
from typing import cast

_STEP = 57 * 768
"""Octets that are encoded at a time: whole lines of Base64, each of 57 octets."""
PIECE = 32_768
"""Octets that are sent at a time, at least."""
_LINE_END = re.compile(r"\r\n|\r|\n")


class Base64Content:
    """What a part holds that goes out in Base64; encoded when it is asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        """Lines of 76 characters that end with CR LF (RFC 2045 6.8), many at a time."""
        view = memoryview(self.data)
        for start in range(0, len(view), _STEP):
            yield base64.encodebytes(view[start : start + _STEP]).replace(b"\n", b"\r\n")


class StreamedMessage(EmailMessage):
    """A message whose attachments are `Base64Content`."""

    def as_bytes(self, unixfrom: bool = False, policy: object = None) -> bytes:  # noqa: ARG002
        """All of it, as it is sent."""
        whole = BytesIO()
        whole.writelines(pieces(self))
        return whole.getvalue()


def pieces(part: MIMEPart) -> Iterator[bytes]:
    """A message or a part of one; each line ends with CR LF."""
    yield b"".join(part.policy.fold_binary(name, value) for name, value in part.raw_items())
    yield b"\r\n"
    if part.is_multipart():
        yield from _parts(part)
    else:
        yield from _content(part)


def dot_stuffed(message: Iterable[bytes]) -> Iterator[bytes]:
    """As it follows DATA (RFC 5321 4.5.2), with the dot at its end, in pieces to be sent."""
    pending = bytearray()
    starts_line = True
    for piece in message:
        if not piece:
            continue
        if starts_line and piece.startswith(b"."):
            pending += b"."
        pending += piece.replace(b"\n.", b"\n..") if b"\n." in piece else piece
        starts_line = piece.endswith(b"\n")
        if len(pending) >= PIECE:
            yield bytes(pending)
            pending.clear()
    pending += b".\r\n" if starts_line else b"\r\n.\r\n"
    yield bytes(pending)


def _parts(part: MIMEPart) -> Iterator[bytes]:
    boundary = cast("str", part.get_boundary()).encode("ascii")
    for inner in cast("list[MIMEPart]", part.get_payload()):
        yield b"--" + boundary + b"\r\n"
        yield from pieces(inner)
        yield b"\r\n"
    yield b"--" + boundary + b"--\r\n"


def _content(part: MIMEPart) -> Iterator[bytes]:
    content = cast("str | Base64Content | None", part.get_payload())
    if isinstance(content, Base64Content):
        yield from content
    elif content:
        text = _LINE_END.sub("\r\n", content)
        yield text.encode("ascii", "surrogateescape")
        if not text.endswith("\r\n"):
            yield b"\r\n"
