"""Contents of messages as octets: a head in JSON, and the attachments as they are.

    magic "OMC1" | length of the head, 4 octets, big-endian | head | attachment | attachment...

Attachments are the bulk, and each octet of them is copied once in each direction.
"""

import json
from collections.abc import Generator
from io import BytesIO
from typing import Any

from shared.domain.message import Attachment, Content

_MAGIC = b"OMC1"
_LENGTH = 4
_LONGEST_HEAD = 2 ** (8 * _LENGTH) - 1


def encode(content: Content) -> bytes:
    """The content as octets."""
    head = json.dumps(
        {
            "to": content.to,
            "cc": content.cc,
            "bcc": content.bcc,
            "subject": content.subject,
            "text": content.text,
            "html": content.html,
            "headers": content.headers,
            "attachments": [
                {
                    "name": attachment.name,
                    "contentType": attachment.content_type,
                    "contentId": attachment.content_id,
                    "size": len(attachment.data),
                }
                for attachment in content.attachments
            ],
        },
        separators=(",", ":"),
    ).encode("ascii")
    if len(head) > _LONGEST_HEAD:
        raise ValueError("The content is too long.")
    length = len(head).to_bytes(_LENGTH)
    return b"".join((_MAGIC, length, head, *(one.data for one in content.attachments)))


class Decoder:
    """Takes octets as they arrive, piece by piece, and makes the content of them."""

    def __init__(self) -> None:
        self._content: Content | None = None
        self._parts = self._parse()
        self._missing = next(self._parts)
        self._part = BytesIO()

    def write(self, octets: bytes) -> int:
        """Take the next piece; its length. Raises `ValueError` for what `encode` did not make."""
        rest = memoryview(octets)
        while rest:
            if self._content is not None:
                raise ValueError("There is more than the content.")
            taken = self._part.write(rest[: self._missing])
            self._missing -= taken
            rest = rest[taken:]
            self._advance()
        return len(octets)

    def content(self) -> Content:
        """The content. Raises `ValueError` if it is not complete."""
        if self._content is None:
            raise ValueError("The content breaks off.")
        return self._content

    def _advance(self) -> None:
        """Hand over what is complete; parts can be empty."""
        while not self._missing and self._content is None:
            octets = self._part.getvalue()  # without a copy, as nothing else holds it
            self._part = BytesIO()
            try:
                self._missing = self._parts.send(octets)
            except StopIteration as end:
                self._content = end.value

    def _parse(self) -> Generator[int, bytes, Content]:
        """Yields how long the next part is, and is sent it."""
        if (yield len(_MAGIC)) != _MAGIC:
            raise ValueError("These are not the octets of a content.")
        head = json.loads((yield int.from_bytes((yield _LENGTH))))
        attachments = []
        for item in head.pop("attachments"):
            data = yield item["size"]
            attachments.append(
                Attachment(item["name"], item["contentType"], data, item["contentId"])
            )
        return _content_of(head, attachments)


def decode(octets: bytes) -> Content:
    """The content of octets that are all there."""
    decoder = Decoder()
    decoder.write(octets)
    return decoder.content()


def _content_of(head: dict[str, Any], attachments: list[Attachment]) -> Content:
    return Content(
        to=tuple(head["to"]),
        cc=tuple(head["cc"]),
        bcc=tuple(head["bcc"]),
        subject=head["subject"],
        text=head["text"],
        html=head["html"],
        attachments=tuple(attachments),
        headers=tuple((name, value) for name, value in head["headers"]),
    )
