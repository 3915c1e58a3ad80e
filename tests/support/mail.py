"""Configs and messages to be sent, and how a receiver reads what came out."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTPUTF8
from typing import Any

from shared.domain.config import AuthType, Config, Security
from shared.domain.message import Content, Message, MessageStatus

NOW = datetime(2026, 11, 3, 10, 0, 7, tzinfo=UTC)
MAILBOX = "noreply@contoso.example"

_CONFIG = Config(
    id="c-1",
    organization="o-1",
    auth_type=AuthType.BASIC,
    host_name="localhost",
    port=587,
    security=Security.STARTTLS,
    user_name=MAILBOX,
    created_at=NOW,
    created_by="u-1",
    updated_at=NOW,
    updated_by="u-1",
)
_MESSAGE = Message(
    id="m-1",
    organization="o-1",
    config_organization="o-1",
    config_id="c-1",
    status=MessageStatus.SENDING,
    content_hash="0",
    recipients=1,
    size=1,
    message_id="<m-1@contoso.example>",
    created_at=NOW,
    created_by="u-1",
)


def a_config(**changes: Any) -> Config:
    """A config that sends as its own mailbox."""
    return replace(_CONFIG, **changes)


def a_message(**changes: Any) -> Message:
    """A message on its way."""
    return replace(_MESSAGE, **changes)


def a_content(*to: str, **changes: Any) -> Content:
    """A content for one recipient, unless others are given."""
    usual = Content(to or ("you@fabrikam.example",), subject="Hello", text="Hello.\n")
    return replace(usual, **changes)


def received(raw: bytes) -> EmailMessage:
    """A message as a receiver reads it; nothing about it may be wrong."""
    parsed = BytesParser(EmailMessage, policy=SMTPUTF8).parsebytes(raw)
    for part in parsed.walk():
        assert not part.defects, part.defects
    return parsed
