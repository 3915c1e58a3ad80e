"""The parts of a message's body: texts, pictures, attachments (RFC 2045, RFC 2046)."""

import re
import secrets
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from typing import Any, cast

from shared.adapters.mime_headers import Field, disposition_field, one_line
from shared.adapters.mime_stream import Base64Content
from shared.domain.message import Attachment

type MailPolicy = EmailPolicy[EmailMessage]

_TEXT_IN_MEMORY = 65_536
"""Characters: longer texts are encoded while they are sent."""
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]{1,60}"
_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})\s*(?:;.*)?", re.DOTALL)
_CHARSET = re.compile(rf";\s*charset\s*=\s*\"?({_TOKEN})\"?\s*(?:;|$)", re.IGNORECASE)
_CONTENT_ID = re.compile(r"[!#-;=?-~]{1,200}")  # no quotes, no angle brackets
_OTHER_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_ANY_TYPE = "application/octet-stream"


def text_part(text: str, subtype: str, policy: MailPolicy) -> MIMEPart:
    """Text in lines that any mail server takes."""
    part = MIMEPart(policy)
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are no characters
    if len(text) > _TEXT_IN_MEMORY:
        part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
        _set_data(part, _LINE_END.sub("\r\n", text).encode("utf-8"))
    else:
        # Control characters may not go as they are (RFC 5322 2.3).
        encoding = "quoted-printable" if _OTHER_CONTROL.search(text) else None
        part.set_content(text, subtype=subtype, charset="utf-8", cte=encoding)
        del part["MIME-Version"]
    return part


def multipart(subtype: str, parts: list[MIMEPart], policy: MailPolicy) -> MIMEPart:
    """Several parts in one; the only part itself where there is but one."""
    if len(parts) == 1:
        return parts[0]
    whole = MIMEPart(policy)
    # Random, so that no content holds it, and nothing has to be searched for it.
    whole["Content-Type"] = f'multipart/{subtype}; boundary="=_{secrets.token_hex(16)}"'
    whole.set_payload(cast("Any", parts))
    return whole


def file_part(attachment: Attachment, policy: MailPolicy, *, inline: bool = False) -> MIMEPart:
    """A file, or with `inline` a picture within the HTML."""
    part = MIMEPart(policy)
    part["Content-Type"] = _content_type(attachment.content_type)
    name = one_line(attachment.name) or "attachment"
    part["Content-Disposition"] = disposition_field("inline" if inline else "attachment", name)
    content_id = usable_content_id(attachment)
    if content_id is not None:
        part["Content-ID"] = Field("Content-ID", f"<{content_id}>", f"<{content_id}>")
    _set_data(part, attachment.data)
    return part


def usable_content_id(attachment: Attachment) -> str | None:
    """The id by which HTML can show a picture, if it is one."""
    content_id = (attachment.content_id or "").strip("<> ")
    return content_id if _CONTENT_ID.fullmatch(content_id) else None


def _set_data(part: MIMEPart, data: bytes) -> None:
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(cast("Any", Base64Content(data)))


def _content_type(given: str) -> str:
    """A media type; parts and messages may not go in Base64 (RFC 2046 5.1, 5.2.1), so they go as
    files of no known type."""
    found = _TYPE.fullmatch(given.strip())
    kind = found[1].lower() if found else _ANY_TYPE
    if kind.startswith(("multipart/", "message/")):
        return _ANY_TYPE
    charset = _CHARSET.search(given)
    if kind.startswith("text/") and charset:
        return f'{kind}; charset="{charset[1].lower()}"'
    return kind
