"""Header fields of messages, encoded and folded (RFC 5322, RFC 2047, RFC 2231).

The standard library's header classes take what looks like an encoded word for one, so that a file
name `=?utf-8?q?=0aX:?=` begins a new header; they lose the quotes of a display name that is folded;
and they encode message ids and URLs that are longer than a line. So the fields are made here, and
`EmailMessage` carries them as they are.
"""

import re
from collections.abc import Iterable, Iterator
from email.header import Header
from email.policy import Policy
from urllib.parse import quote

_LINE = 78
"""Characters of a line, where it can be broken (RFC 5322 2.1.1)."""
_LONGEST_WORD = 900
"""Of what is not encoded: a line may have 998 octets at most."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FIELD = re.compile(r"[!-9;-~]+: ?[^\r\n\0]*(?:\r\n[ \t][^\r\n\0]*[^\r\n\0 \t][^\r\n\0]*)*\r\n")
_PLAIN_FILE_NAME = re.compile(r"[A-Za-z0-9 !#$&'()+,.;=@^_{}~-]{1,50}")
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`{|}~"
_WITH_BRACKETS = frozenset(
    {"in-reply-to", "list-id", "list-unsubscribe", "list-unsubscribe-post", "references"}
)
_BRACKETS = re.compile(r"([^<>]*?)\s*<([^<>]+)>\s*")
_SECTION = re.compile(r"(?:%[0-9A-F]{2}|[^%]){1,18}")


class Field(str):
    """A header's value as text, with the lines that stand for it in the message.

    `EmailPolicy` keeps a value with a `name` as it is, and calls its `fold`.
    """

    __slots__ = ("_lines", "name")

    name: str
    _lines: str

    def __new__(cls, name: str, text: str, lines: str) -> "Field":
        """`lines` are folded, without the field's name and the last CR LF."""
        made = super().__new__(cls, text)
        made.name = name
        made._lines = lines
        return made

    def fold(self, *, policy: Policy) -> str:  # noqa: ARG002
        """The whole field. Raises ValueError if it is more or less than one field."""
        folded = f"{self.name}: {self._lines}\r\n"
        if not _FIELD.fullmatch(folded):
            raise ValueError(f"The header {self.name!r} would not come out as one")
        return folded


def one_line(text: str) -> str:
    """A text without what could end a line or is no character; its ends trimmed."""
    return _CONTROL.sub(" ", text).strip()


def text_field(name: str, text: str) -> Field:
    """A field of free text, or of words that only spaces part, like message ids."""
    text = one_line(text)
    plain = text.isascii() and "=?" not in text and "  " not in text
    if plain and all(len(word) <= _LONGEST_WORD for word in text.split(" ")):
        return Field(name, text, _folded(text.split(" "), " ", len(name) + 2))
    return Field(name, text, _encoded(text, len(name) + 2))


def given_field(name: str, value: str) -> Field:
    """A field that a caller gave. What stands in angle brackets is for programs, which take no
    encoded words: URLs (RFC 2369) and message ids are percent-encoded (RFC 3987 3.1), and of a
    list's id (RFC 2919) no more than the phrase before it is encoded."""
    if value.isascii() or name.lower() not in _WITH_BRACKETS:
        return text_field(name, value)
    brackets = _BRACKETS.fullmatch(value)
    if name.lower() == "list-id" and brackets and brackets[1]:
        return mailbox_field(name, brackets[1], _percent_encoded(brackets[2]))
    return text_field(name, _percent_encoded(value))


def _percent_encoded(text: str) -> str:
    return "".join(letter if letter.isascii() else quote(letter) for letter in one_line(text))


def addresses_field(name: str, addresses: Iterable[str]) -> Field:
    """A field of addresses without names, as they go over the wire."""
    listed = [one_line(address) for address in addresses]
    return Field(name, ", ".join(listed), _folded(listed, ", ", len(name) + 2))


def empty_group(address: str) -> str:
    """An address that a header of ASCII cannot hold, for `addresses_field`: readers see it, and
    nobody can answer to it (RFC 6857 3.1)."""
    words = Header(one_line(address), charset="utf-8", maxlinelen=75).encode(linesep="\n")
    return " ".join(words.split()) + " :;"


def mailbox_field(name: str, display_name: str | None, address: str) -> Field:
    """A field of one address with the name that is shown for it."""
    shown = one_line(display_name or "")
    if not shown:
        return addresses_field(name, [address])
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", shown) + '"'
    if not shown.isascii() or "=?" in shown or len(name) + len(quoted) + 2 > _LINE:
        phrase = _encoded(shown, len(name) + 2)
    else:
        phrase = quoted
    end = f"<{one_line(address)}>"
    room = _LINE - len(phrase.rpartition("\r\n")[2]) - len(name) - 3
    space = " " if len(end) <= room else "\r\n "
    return Field(name, f"{quoted} {end}", phrase + space + end)


def disposition_field(kind: str, file_name: str | None = None) -> Field:
    """Content-Disposition (RFC 2183), with a file name in any alphabet (RFC 2231)."""
    name = "Content-Disposition"
    if file_name is None:
        return Field(name, kind, kind)
    text = f'{kind}; filename="{file_name}"'
    lines = ";\r\n ".join((kind, *_file_name(file_name)))
    return Field(name, text, lines)


def _file_name(file_name: str) -> Iterator[str]:
    """The parameter, or its sections where it is longer than a line."""
    if _PLAIN_FILE_NAME.fullmatch(file_name):
        yield f'filename="{file_name}"'
        return
    encoded = quote(file_name, safe=_ATTRIBUTE_CHARACTERS)
    sections = _SECTION.findall(encoded)
    if len(sections) == 1:
        yield f"filename*=utf-8''{encoded}"
        return
    for number, section in enumerate(sections):
        yield f"filename*{number}*={'' if number else "utf-8''"}{section}"


def _folded(words: Iterable[str], between: str, begun: int) -> str:
    """The words with `between` between them, and a new line where one would become too long."""
    lines = [""]
    for number, word in enumerate(words):
        start = begun if len(lines) == 1 else 1
        separated = between + word if number else word
        if number and start + len(lines[-1]) + len(separated) > _LINE and lines[-1]:
            lines[-1] += between.rstrip()
            lines.append(word)
        else:
            lines[-1] += separated
    return "\r\n ".join(lines)


def _encoded(text: str, begun: int) -> str:
    """Encoded words; no more than 75 characters each."""
    header = Header(text, charset="utf-8", maxlinelen=75, header_name="n" * (begun - 2))
    return header.encode(linesep="\r\n")
