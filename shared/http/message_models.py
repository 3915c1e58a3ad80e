"""Requests that send mail: what callers may send."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool

from shared.http.fields import ConfigId
from shared.http.message_fields import (
    Address,
    Addresses,
    AttachmentList,
    Content,
    ContentId,
    ContentType,
    FileName,
    Headers,
    Html,
    PlainText,
    Subject,
)
from shared.http.models import RequestModel


def _left_out() -> Any:
    """The default of a field that may be left out and yet not be null."""
    return Field(default=None)


def _one_of(*names: str, **rules: Any) -> dict[str, Any]:
    return {
        "anyOf": [{"required": [name], "properties": {name: {**rules}}} for name in names],
    }


class NewAttachment(RequestModel):
    """A file, or with a `contentId` a picture within the HTML."""

    name: FileName
    content_type: ContentType
    content: Content
    content_id: ContentId = _left_out()


class NewMessage(RequestModel):
    """A message. It has a recipient at least, and a text or HTML or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [_one_of("to", "cc", "bcc", minItems=1), _one_of("text", "html")]
        }
    )

    to: Addresses = Field(default=[])
    cc: Addresses = Field(default=[])
    bcc: Addresses = Field(default=[])
    subject: Subject
    text: PlainText = _left_out()
    html: Html = _left_out()
    attachments: Annotated[list[NewAttachment], AttachmentList] = Field(default=[])
    headers: Headers = Field(default={})
    config_id: Annotated[
        ConfigId,
        Field(description="The config to leave through; the organization's default unless given."),
    ] = _left_out()
    allow_platform_sender: Annotated[
        StrictBool,
        Field(
            description="Whether the platform's own address may send it, with the organization's "
            "Reply-To, while the organization has no verified config."
        ),
    ] = True


class NewTestMessage(RequestModel):
    """Whom to send a test message to."""

    to: Address
