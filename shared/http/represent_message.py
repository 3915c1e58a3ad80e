"""Messages as callers see them. The models in `message_resources` say the same as types."""

import re
from typing import Any

from shared.domain import delivery
from shared.domain.config import Config, Occurrence
from shared.domain.message import Message
from shared.domain.reasons import CATALOGUE, Owner, delivery_reasons
from shared.domain.reasons.words import CUT
from shared.http.represent import iso_time, represent_reason, without_none
from shared.services.progress import Progress
from shared.services.trial_messages import TrialOutcome

_PLATFORM = "platform_sender_unavailable"
_REFUSED = "smtp_refused"
_OF_MESSAGES = (frozenset(reason.code for reason in delivery_reasons.REASONS) | {_REFUSED}) - {
    "relay_denied"
}
"""What the organization that submitted a message may know of it, through whosever mailbox."""


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
    message, config = progress.message, progress.config
    reason = _why(progress)
    document = {
        "sender": config.sender if config else None,
        "attempts": message.attempts,
        "nextAttemptAt": iso_time(progress.next_attempt_at),
        "sentAt": iso_time(message.sent_at),
        "serverReply": _server_reply(message, config),
        "refusedRecipients": [one.recipient for one in message.refused] or None,
        "pendingRecipients": [one.recipient for one in message.deferred] or None,
        "refusals": _refusals(message, config, redirect_uri) or None,
        "reason": reason and _reason(message, reason, config, redirect_uri),
    }
    return represent_accepted(message) | without_none(document)


def _why(progress: Progress) -> Occurrence | None:
    """What keeps the message, or what the last attempt met."""
    message, held = progress.message, progress.held
    if held is None:
        return message.reason
    if held.rest_reason is None:
        return Occurrence(delivery.HELD_UP, message.created_at)
    # Another message has met it, unless it is this one's own, with the server's words.
    return message.reason or Occurrence(held.rest_reason, message.created_at)


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
    shown = _of_the_platform(message, reason, config)
    return represent_reason(shown, None, redirect_uri)


def _of_the_platform(message: Message, reason: Occurrence, config: Config | None) -> Occurrence:
    """What the platform's own mailbox suffers from is nothing for its customers to read, and not
    theirs to mend."""
    # A message that no server was asked to take has its reason from the sign-in.
    of_the_sign_in = reason.code == _REFUSED and message.data_begun_at is None
    if reason.code not in _OF_MESSAGES or of_the_sign_in:
        waits = CATALOGUE[reason.code].owner is Owner.WAIT if reason.code in CATALOGUE else False
        return Occurrence(reason.code if waits else _PLATFORM, reason.at)
    if reason.code == delivery.EXPIRED:  # its details are of what did not pass in time
        return Occurrence(reason.code, reason.at)
    return Occurrence(reason.code, reason.at, _without_account(reason.detail, config))


def _server_reply(message: Message, config: Config | None) -> str | None:
    if message.config_organization == message.organization:
        return message.server_reply
    return _without_account(message.server_reply, config)


def _without_account(words: str | None, config: Config | None) -> str | None:
    """A server's words without the account behind the platform's address."""
    if not words or config is None or config.user_name == config.sender:
        return words
    return re.sub(re.escape(config.user_name), CUT, words, flags=re.IGNORECASE)
