"""Responses about messages, as the OpenAPI document shows them; `represent_message` makes them."""

from typing import Any, Literal

from pydantic import Field

from shared.domain.message import MessageStatus
from shared.http.resources import Id, Reason, Resource, Time


def _optional(description: str) -> Any:
    return Field(default=None, description=description)


class AcceptedMessage(Resource):
    """A message that was submitted. `Location` says where to look what becomes of it."""

    id: Id
    status: MessageStatus
    config_id: Id = _optional("The config it leaves through; absent with the platform's sender.")
    platform_sender: bool = Field(description="Whether the platform's own address sends it.")
    recipients: int = Field(ge=1, description="How many addresses it goes to.")
    size: int = Field(ge=0, description="Octets of its content.")
    message_id: str = Field(
        description="Its Message-ID header, the same at each attempt.",
        examples=["<0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11@contoso.com>"],
    )
    created_at: Time
    created_by: str
    expires_at: Time = Field(description="It is tried until then.")


class RecipientReason(Resource):
    """Why one recipient does not have a message."""

    recipient: str
    reason: Reason


class Message(AcceptedMessage):
    """A message and what became of it."""

    sender: str = _optional("The address it is sent from.")
    attempts: int = Field(ge=0)
    next_attempt_at: Time = _optional(
        "While it is retrying: the next attempt. One that waits for its mailbox leaves earlier, as "
        "soon as that is verified. While the pace of its mailbox holds it up: when the first of "
        "those that wait may leave."
    )
    sent_at: Time = _optional(
        "When the mail server took it; while it is retrying for some recipients, for the others."
    )
    server_reply: str = _optional("What the mail server said as it took it.")
    refused_recipients: list[str] = _optional(
        "Those who will not get it: refused by the mail server, or put off until the time was up."
    )
    pending_recipients: list[str] = _optional(
        "While it is retrying: those who are still to get it, where the mail server has decided "
        "about the others. They alone are tried again."
    )
    refusals: list[RecipientReason] = _optional(
        "Why, for each of the refused and the pending recipients."
    )
    reason: Reason = _optional("Why it is retrying, held up, or failed.")


class TestMessageOutcome(Resource):
    """What became of a test message."""

    outcome: Literal["sent", "failed"]
    message_id: str = _optional("Its Message-ID header, if it got as far.")
    server_reply: str = _optional("What the mail server said as it took it.")
    reason: Reason = _optional("Why it failed.")
