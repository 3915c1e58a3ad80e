"""Messages as callers see them. The models in `message_resources` say the same as types."""

import re
from typing import Any

from shared.domain import delivery
from shared.domain.config import Config, Occurrence
from shared.domain.message import Message, MessageStatus
from shared.domain.reasons import CATALOGUE, Owner, delivery_reasons
from shared.domain.reasons.words import CUT
from shared.http.represent import iso_time, represent_reason, without_none
from shared.services.progress import Progress
from shared.services.trial_messages import TrialOutcome

_PLATFORM = "platform_sender_unavailable"
_OF_MESSAGES = frozenset(reason.code for reason in delivery_reasons.REASONS) | {"smtp_refused"}


def represent_accepted(message: Message) -> dict[str, Any]:
    """What is known of a message when it is submitted, and does not change."""
    platform = message.config_organization != message.organization
    document = {
        "id": message.id,
        "status": message.status.value,
        "configId": None if platform else message.config_id,
        "platformSender": platform,
        "recipients": message.recipients,
        "size": message.size,
        "messageId": message.message_id,
        "createdAt": iso_time(message.created_at),
        "createdBy": message.created_by,
        "expiresAt": iso_time(message.expires_at),
    }
    return without_none(document)


def represent_message(progress: Progress, redirect_uri: str) -> dict[str, Any]:
    """The message with what became of it."""
    message, config, held_until = progress.message, progress.config, progress.held_until
    reason = message.reason
    if held_until is not None:
        reason = Occurrence(delivery.HELD_UP, message.created_at)
    planned = message.due_at if message.status is MessageStatus.RETRYING else None
    document = {
        "sender": config.sender if config else None,
        "attempts": message.attempts,
        "nextAttemptAt": iso_time(held_until or planned),
        "sentAt": iso_time(message.sent_at),
        "serverReply": message.server_reply,
        "refusedRecipients": [one.recipient for one in message.refused] or None,
        "pendingRecipients": [one.recipient for one in message.deferred] or None,
        "refusals": _refusals(message, config, redirect_uri) or None,
        "reason": reason and _reason(message, reason, config, redirect_uri),
    }
    return represent_accepted(message) | without_none(document)


def represent_trial(outcome: TrialOutcome, redirect_uri: str) -> dict[str, Any]:
    """What became of a test message."""
    reason, accepted = outcome.reason, outcome.accepted
    document = {
        "outcome": "failed" if accepted is None else "sent",
        "messageId": outcome.message_id,
        "serverReply": accepted and accepted.reply,
        "reason": reason and _reason_of_trial(reason, outcome.config, redirect_uri),
    }
    return without_none(document)


def _reason_of_trial(reason: Occurrence, config: Config, redirect_uri: str) -> dict[str, Any]:
    """A test message is not tried again by itself."""
    document = represent_reason(reason, config, redirect_uri)
    if document["owner"] == Owner.WAIT:
        document["remedy"] = "Send the test message again in a few minutes."
    return document


def _refusals(message: Message, config: Config | None, redirect_uri: str) -> list[dict[str, Any]]:
    return [
        {
            "recipient": one.recipient,
            "reason": _reason(message, one.reason, config, redirect_uri),
        }
        for one in (*message.refused, *message.deferred)
    ]


def _reason(
    message: Message, reason: Occurrence, config: Config | None, redirect_uri: str
) -> dict[str, Any]:
    if message.config_organization == message.organization:
        return represent_reason(reason, config, redirect_uri)
    return represent_reason(_of_the_platform(reason, config), None, redirect_uri)


def _of_the_platform(reason: Occurrence, config: Config | None) -> Occurrence:
    """What the platform's own mailbox suffers from is nothing for its customers to read, and not
    theirs to mend."""
    if reason.code not in _OF_MESSAGES:
        waits = CATALOGUE[reason.code].owner is Owner.WAIT if reason.code in CATALOGUE else False
        return Occurrence(reason.code if waits else _PLATFORM, reason.at)
    detail = reason.detail
    if detail and config is not None and config.user_name != config.sender:
        detail = re.sub(re.escape(config.user_name), CUT, detail, flags=re.IGNORECASE)
    return Occurrence(reason.code, reason.at, detail)
