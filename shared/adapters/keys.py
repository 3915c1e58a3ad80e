"""Keys of Table Storage made of any text, reversibly.

Keys forbid / \\ # ? and control characters, and hold at most 1 KiB in UTF-16
(https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model).
GUIDs and domain names stay as they are. "~" and "=" never come out of plain text, so that "~" can
separate parts and mark rows of our own.
"""

import re

LONGEST_KEY = 512
"""UTF-16 units."""

_PLAIN = re.compile(rb"[A-Za-z0-9._-]")
_ENCODED = re.compile(rb"=([0-9A-F]{2})")


def encode_key(text: str) -> str:
    """Text as a key: UTF-8, in which every byte that is not plain becomes `=XX`."""
    # Lone surrogates come in through JSON; they must not raise, nor collide with anything.
    raw = text.encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if _PLAIN.match(bytes([byte])) else f"={byte:02X}" for byte in raw)


def decode_key(key: str) -> str:
    """What `encode_key` was given."""
    raw = _ENCODED.sub(lambda match: bytes.fromhex(match[1].decode()), key.encode("ascii"))
    return raw.decode("utf-8", "surrogatepass")


def is_storable(key: str) -> bool:
    """Whether a key is short enough to be in a table."""
    return len(key) <= LONGEST_KEY
