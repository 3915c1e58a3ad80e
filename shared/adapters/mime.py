"""Messages as they go out: `EmailMessage`, with From, Reply-To, signature, pictures and files."""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from datetime import UTC
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from urllib.parse import quote

from shared.adapters.html_text import to_text
from shared.adapters.mime_addresses import ascii_domain, is_mailable, on_the_wire
from shared.adapters.mime_headers import (
    Field,
    addresses_field,
    empty_group,
    given_field,
    mailbox_field,
    one_line,
    text_field,
)
from shared.adapters.mime_parts import (
    MailPolicy,
    file_part,
    multipart,
    text_part,
    usable_content_id,
)
from shared.adapters.mime_stream import StreamedMessage
from shared.domain.config import Config
from shared.domain.message import Attachment, Content, Message

_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_OURS = re.compile(
    r"from|sender|reply-to|to|cc|bcc|subject|date|message-id|mime-version|return-path|received"
    r"|(?:content|resent|arc|dkim|authentication)-.*",
    re.IGNORECASE,
)
"""Headers that a caller cannot give, whatever the door lets in."""
_EMBEDDED = re.compile(r"data:image/(png|jpeg|gif);base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_BODY_END = re.compile(r"</body", re.IGNORECASE)
_HTML_END = re.compile(r"</html", re.IGNORECASE)
_SIGNATURE_MARK = "-- "
"""On a line of its own, the space included: readers fold away what follows (RFC 3676 4.3)."""


def addresses_of(config: Config, message: Message, content: Content) -> tuple[str, ...]:
    """All addresses of a message, in its envelope and its header."""
    reply_to = message.reply_to or config.reply_to
    return (config.sender, *content.recipients, *((reply_to,) if reply_to else ()))


def needs_utf8(config: Config, message: Message, content: Content) -> bool:
    """Whether the message can leave through a server with SMTPUTF8 alone."""
    return not all(map(is_mailable, addresses_of(config, message, content)))


def compose(
    config: Config, message: Message, content: Content, *, smtputf8: bool = False
) -> EmailMessage:
    """The message. It is the same at each attempt, but for the boundaries of its parts.

    `smtputf8` says that the server takes addresses in UTF-8. Otherwise domains go as A-labels.
    Each line of it is ASCII (of the header: UTF-8 with `smtputf8`) and fit for any server. Bcc
    stays in the envelope. Raises `MailServerError`: smtputf8_not_offered for sender or Reply-To.
    """
    policy = (SMTPUTF8 if smtputf8 else SMTP).clone(cte_type="7bit")
    body = _body(config, content, policy)
    whole = StreamedMessage(policy)
    for field in _header(config, message, content, smtputf8=smtputf8):
        whole[field.name] = field
    whole["MIME-Version"] = "1.0"
    for name, value in body.raw_items():
        whole[name] = value
    whole.set_payload(body.get_payload())
    return whole


def _header(
    config: Config, message: Message, content: Content, *, smtputf8: bool
) -> Iterator[Field]:
    def wire(address: str) -> str:
        return on_the_wire(address, smtputf8=smtputf8)

    def shown(address: str) -> str:
        return wire(address) if smtputf8 or is_mailable(address) else empty_group(address)

    yield mailbox_field("From", config.from_name, wire(config.sender))
    reply_to = message.reply_to or config.reply_to
    if reply_to:
        yield addresses_field("Reply-To", [wire(reply_to)])
    if content.to:
        yield addresses_field("To", map(shown, content.to))
    if content.cc:
        yield addresses_field("Cc", map(shown, content.cc))
    if not content.to and not content.cc:
        yield text_field("To", "undisclosed-recipients:;")
    yield text_field("Subject", content.subject)
    yield text_field("Date", format_datetime(message.created_at.astimezone(UTC)))
    yield text_field("Message-ID", _message_id(message))
    yield from _given(content)


def _message_id(message: Message) -> str:
    left, at, domain = one_line(message.message_id).strip("<>").partition("@")
    if not domain.isascii():
        domain = ascii_domain(domain)
    return f"<{left}{at}{domain}>".replace(" ", "")


def _given(content: Content) -> Iterator[Field]:
    """The caller's own headers, each once; mail of a program says so (RFC 3834)."""
    seen: set[str] = set()
    for name, value in content.headers:
        if name.lower() in seen or not _HEADER_NAME.fullmatch(name) or _OURS.fullmatch(name):
            continue
        seen.add(name.lower())
        yield given_field(name, value)
    if "auto-submitted" not in seen:
        yield text_field("Auto-Submitted", "auto-generated")


def _body(config: Config, content: Content, policy: MailPolicy) -> MIMEPart:
    signature, logos = _with_pictures(config.signature or "")
    parts = [_texts(content, config, signature, logos, policy)]
    shown = _pictures(content)
    parts += [file_part(one, policy) for one in content.attachments if one not in shown]
    return multipart("mixed", parts, policy)


def _texts(
    content: Content,
    config: Config,
    signature: str,
    logos: list[Attachment],
    policy: MailPolicy,
) -> MIMEPart:
    """The text, and the HTML with its pictures: the richest last (RFC 2046 5.1.4)."""
    text = _text(content, config.signature or "")
    if content.html is None:
        return text_part(text or "", "plain", policy)
    rich = text_part(_signed(content.html, signature), "html", policy)
    pictures = [file_part(one, policy, inline=True) for one in (*_pictures(content), *logos)]
    rich = multipart("related", [rich, *pictures], policy)
    plain = [] if text is None else [text_part(text, "plain", policy)]
    return multipart("alternative", [*plain, rich], policy)


def _text(content: Content, signature: str) -> str | None:
    """The plain text with the signature's; made from the HTML where none was given, and None
    where that says nothing."""
    text = content.text
    if text is None and content.html is not None:
        text = to_text(content.html)
        if not text:
            return None
    text = text or ""
    below = to_text(signature)
    if not below:
        return text
    return f"{text.rstrip()}\n\n{_SIGNATURE_MARK}\n{below}\n".lstrip("\n")


def _signed(body: str, signature: str) -> str:
    """The HTML with the signature at the end of its body."""
    if not signature:
        return body
    ends = list(_BODY_END.finditer(body)) or list(_HTML_END.finditer(body))
    end = ends[-1].start() if ends else len(body)
    return f"{body[:end]}<br><div>{signature}</div>{body[end:]}"


def _pictures(content: Content) -> tuple[Attachment, ...]:
    """The attachments that the HTML shows. One that it does not show would be seen nowhere."""
    if content.html is None:
        return ()
    source = html.unescape(content.html)
    return tuple(one for one in content.attachments if _is_shown(one, source))


def _is_shown(attachment: Attachment, source: str) -> bool:
    content_id = usable_content_id(attachment)
    if content_id is None:
        return False
    spelt = f"{re.escape(content_id)}|{re.escape(quote(content_id))}"
    return re.search(rf"""cid:(?:{spelt})(?:["'\s>)]|$)""", source) is not None


def _with_pictures(signature: str) -> tuple[str, list[Attachment]]:
    """The signature with its embedded pictures as parts: most mail readers show no data: URLs."""
    pictures: list[Attachment] = []

    def replaced(found: re.Match[str]) -> str:
        try:
            data = base64.b64decode(found[2])
        except binascii.Error:
            return found[0]
        kind = found[1].lower()
        content_id = f"signature-{len(pictures) + 1}"
        name = f"{content_id}.{kind}"
        pictures.append(Attachment(name, f"image/{kind}", data, content_id))
        return f"cid:{content_id}"

    return _EMBEDDED.sub(replaced, signature), pictures
